"""The settings sheet; `desk` and `opener` are imported with the window, the pages when it is first opened."""
