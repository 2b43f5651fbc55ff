"""Presets: the model, its file, cards for a browser, and the folders presets lie in."""
