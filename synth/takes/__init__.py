"""Takes: recorded, kept with what they began with, listed and played."""
