"""The embedded vocoder: sines where the recording has partials, shaped noise for the rest."""
