"""Sound files of any kind: opened whatever their names, headers and endings are like, and written by their suffix."""
