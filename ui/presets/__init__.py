"""The preset browser."""
