"""What other threads ask of the engine, and the queue that it comes through."""
