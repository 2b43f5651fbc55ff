"""The program: starts Qt, opens the window, keeps and restores the session."""
