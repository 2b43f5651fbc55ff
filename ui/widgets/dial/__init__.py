"""The parts of a knob: its value, its face, its value as text."""
