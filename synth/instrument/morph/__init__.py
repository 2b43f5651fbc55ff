"""Two presets on one culture: how much of each cell is the second one's, and what is read of both."""
