"""The controls: what each is, the table of all, their values, how they glide, how notes are named."""
