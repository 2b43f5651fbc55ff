"""Two presets on one culture, or on one each: how much of each cell is the second one's, and what is read of both."""
