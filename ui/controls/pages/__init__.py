"""The control panel's pages: their tabs, and how the controls of each are laid out."""
