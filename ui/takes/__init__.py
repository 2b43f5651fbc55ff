"""The sheet of takes."""
