"""What follows the tempo: the song's position in beats."""
