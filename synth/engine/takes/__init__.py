"""The engine's side of takes: recorded, played, and rendered again."""
