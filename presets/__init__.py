"""The bundled presets, as package data."""
