"""The cellular automaton: its rules, one step of them, the weather it lives in, and what a hand does to cells."""
