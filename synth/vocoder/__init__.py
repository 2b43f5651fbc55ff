"""Vocoders: log-mel frames in, sound out."""
