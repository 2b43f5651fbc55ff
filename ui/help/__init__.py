"""Help, About and the tour of the first start."""
