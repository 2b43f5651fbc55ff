"""Which files may be recordings."""

from synth.sound_files.system_decoder import FOREIGN_SUFFIXES

SUFFIXES = FOREIGN_SUFFIXES | {
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".mp3",
    ".caf", ".au", ".snd",
}  # fmt: skip
