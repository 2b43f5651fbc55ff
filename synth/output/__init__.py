"""From the instrument's sound to the device's: effects' stage, master, limiter, test tone, offline rendering."""
