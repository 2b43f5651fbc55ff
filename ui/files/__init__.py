"""The user's files as the window handles them: dialogs, the trash, folders."""
