"""The voices of an instrument: who plays which note, and how each begins, moves and ends."""
