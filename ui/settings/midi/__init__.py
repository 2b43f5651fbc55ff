"""MIDI in the window: the ports that are listened to, and the page on which they are chosen."""
