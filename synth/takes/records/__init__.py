"""Parts of an instrument's state as they are kept beside a take, and read again."""
