"""What is read from the culture: where the playhead is, the columns there, and their tilt."""
