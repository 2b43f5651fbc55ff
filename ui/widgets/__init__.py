"""Widgets that know nothing of the instrument."""
