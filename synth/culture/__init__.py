"""A preset's automaton alive: stepped, touched, saved and restored, undone, and moved when its device is lost."""
