"""Loops compiled by numba: where they are kept, and the vectors that the innermost are written in."""
