"""What is measured of vocoders on this machine, and the material they are measured on."""
