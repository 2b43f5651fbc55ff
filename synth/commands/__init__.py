"""The `petrichord` command: one file per subcommand."""
