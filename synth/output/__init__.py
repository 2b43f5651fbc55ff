"""From the instrument's sound to the device's: master, limiter, meter, test tone, offline rendering."""
