"""Modulation in the window: its routes, what the Motion page is made of, the rings on knobs."""
