"""What can go wrong, in words a musician can act on.

Each message is one sentence that names the file, field or device and says what to do. The command prints it and
exits with code 2; the window shows it in a banner.
"""


def of_the_program(problem: BaseException) -> str:
    """What is said when not the user's file or device failed but Petrichord; the traceback goes to the log."""
    return f"Petrichord failed here by an error of its own ({type(problem).__name__}): try it again."


class PetrichordError(Exception):
    """Base of every expected error."""


class PresetError(PetrichordError):
    """A preset file is missing, damaged or not for this version."""


class VocoderUnavailable(PetrichordError):
    """A vocoder cannot be used: no weights, wrong mel format, package missing."""


class AudioDeviceError(PetrichordError):
    """An output device is unknown, busy or gone."""


class MidiError(PetrichordError):
    """A MIDI file cannot be read, or a MIDI port cannot be used."""


class RecordingError(PetrichordError):
    """A take cannot be written, or an audio file cannot be read."""


class TuningError(PetrichordError):
    """A tuning file cannot be used."""


class TrainingError(PetrichordError):
    """A recording cannot be trained on."""


class DeviceLost(PetrichordError):
    """A graphics card failed while it was being played on; its message says what plays on instead."""


class UsageError(PetrichordError):
    """An argument of the command is absurd."""
