"""The instrument's controls: knobs, states A and B, vary, the history of changes."""
