"""Recordings to presets: measuring, training, evaluation."""
