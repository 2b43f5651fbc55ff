"""How a recording's partials move: how wide their lines are, how they shimmer, how they follow a vibrato."""
