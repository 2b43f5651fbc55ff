"""A training as it goes on."""
