"""How like its recording a preset sounds, how alive it is, and how it lasts."""
