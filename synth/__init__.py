"""Petrichord's instrument: automaton, vocoders, engine. Usable without Qt; imports nothing at package level."""

__version__ = "0.1.0"
