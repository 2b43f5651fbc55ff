"""The parts the window is put together from, and the desks that carry messages between them and the engine."""
