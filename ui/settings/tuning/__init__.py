"""Which pitches keys have: the user's choice, what the preset suggests, and the page on which it is chosen."""
