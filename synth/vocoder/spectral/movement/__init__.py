"""How partials move besides what mel frames say: lines, vibrato, shimmer."""
