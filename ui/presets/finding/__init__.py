"""What the list of presets shows, and in which order."""
