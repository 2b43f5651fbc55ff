"""Colours, icons, units and keys: how things look and are written, everywhere alike."""
