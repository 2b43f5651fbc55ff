"""Help, About and hints."""
