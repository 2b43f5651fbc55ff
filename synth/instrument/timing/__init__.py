"""What is done in which frame, and the frame that is given away piece by piece."""
