"""The settings sheet; only `desk` is imported before it is opened for the first time."""
