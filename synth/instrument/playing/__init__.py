"""What an instrument does in each frame: notes, modulation, morph, evolution; the frame, given away by pieces."""
