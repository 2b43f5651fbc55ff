"""The culture on screen, and the brushes a hand touches it with."""
