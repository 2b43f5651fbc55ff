"""MIDI: bytes, ports, files and controllers become the note events and parameter values that the engine obeys."""
