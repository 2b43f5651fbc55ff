"""Before a training: a recording is read, shown, heard, and its region chosen."""
