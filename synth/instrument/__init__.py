"""The instrument without a device: parameters, events, playhead, column reader, vocoder slot."""
