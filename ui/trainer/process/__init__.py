"""The child process that trains, and what it says."""
