"""From a recording to what is measured of it."""
