"""Modulation in the window: its routes, the Motion page, the rings on knobs."""
