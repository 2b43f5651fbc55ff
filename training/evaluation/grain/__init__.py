"""The recording's grain: what lies between the partials and how it moves, which no mel shows."""
