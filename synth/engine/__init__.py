"""The real-time engine: its thread, its protocol and what keeps its sound whole."""
