"""Effects between the instruments and the master, one file each, behind one contract."""
