"""Names of notes: "A4" is MIDI note 69."""

import re

from synth.errors import UsageError
from synth.instrument.parameters.typed_numbers import typed_number

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d)")
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_HIGHEST = 127.0


def note_number(text: str) -> float:
    """MIDI number of "A4", "C#3", "Eb5" or "69"; A4 is 69."""
    match = _NOTE.fullmatch(text.strip())
    try:
        if match:
            letter, accidental, octave = match.groups()
            shift = {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(accidental, 0)
            value = float(_STEPS[letter.upper()] + shift + 12 * (int(octave) + 1))
        else:
            value = typed_number(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _HIGHEST:
        raise UsageError(f"“{text}” is not a note: write A4, C#3 or a MIDI number from 1 to 127.")
    return value


def note_name(number: float) -> str:
    """ "A4" for 69; the nearest note for fractions."""
    nearest = round(number)
    return f"{_NAMES[nearest % 12]}{nearest // 12 - 1}"
