"""Which frequency each key has: equal temperament, or a Scala scale (.scl) with or without a keyboard map (.kbm).

The formats are Scala's (https://www.huygens-fokker.org/scala/scl_format.html): pitches need not ascend, and the last
one is the interval after which the scale repeats, which may be anything. Scala allows a scale of no notes; a keyboard
has nothing to play then, and it is refused. Lines are checked here, so that a fault is named with its line; the tables
are computed by tuning-library, Surge's own. As there, a keyboard map's first and last key are read and not used.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import tuning_library

from synth.errors import TuningError
from synth.presets.tuning import N_KEYS, Tuning, equal_temperament

__all__ = ["N_KEYS", "Tuning", "equal_temperament", "read_tuning"]

_LARGEST_BYTES = 1 << 20
_MOST_NOTES = 1024
_LOWEST_HZ, _HIGHEST_HZ = 1.0, 30_000.0
"""Keys tuned to what nobody hears stay silent, as those that a keyboard map leaves out."""
_FURTHEST_CENTS = 120_000.0
_RATIO = re.compile(r"(\d+)(?:/(\d+))?")
_CENTS = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_MAP_FIELDS = (
    "the size of the map",
    "the first key",
    "the last key",
    "the middle key",
    "the reference key",
    "the reference frequency",
    "the scale degree of an octave",
)


def read_tuning(scale: Path | None, keyboard_map: Path | None = None) -> Tuning:
    """The tuning of a .scl file, of a .kbm file over equal temperament, or of both; `TuningError` names file and line.

    Without a keyboard map middle C is the scale's first note, tuned as in equal temperament.
    """
    try:
        scale_text = None if scale is None else _checked_scale(scale)
        map_text = None if keyboard_map is None else _checked_map(keyboard_map)
        tones = (
            tuning_library.even_temperament_12_note_scale()
            if scale_text is None
            else tuning_library.parse_scl_data(scale_text)
        )
        mapping = tuning_library.KeyboardMapping() if map_text is None else tuning_library.parse_kbm_data(map_text)
        table = tuning_library.Tuning(tones, mapping)
        hz = [_audible(table.frequency_for_midi_note(key)) for key in range(N_KEYS)]
        hz = [f if table.is_midi_note_mapped(key) else math.nan for key, f in enumerate(hz)]
    except tuning_library.TuningError as error:
        files = " with ".join(f"“{path.name}”" for path in (scale, keyboard_map) if path is not None)
        raise TuningError(f"The tuning {files} cannot be used: {_sentence(str(error))}") from error
    return Tuning((scale or keyboard_map or Path("equal")).stem, tuple(hz))


def _sentence(text: str) -> str:
    return text.strip().splitlines()[0].rstrip(".") + "."


def _audible(hz: float) -> float:
    return hz if _LOWEST_HZ <= hz <= _HIGHEST_HZ else math.nan


@dataclass(frozen=True)
class _Line:
    """One line of a file that is no comment."""

    number: int
    text: str


def _lines(path: Path) -> list[_Line]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise TuningError(f"“{path.name}” is no tuning file: it is larger than a megabyte.")
        # Scala's files are Latin-1; every byte is a character there.
        text = path.read_text("latin-1")
    except OSError as error:
        raise TuningError(f"“{path}” cannot be read: {error.strerror}.") from error
    lines = [_Line(i, line.strip()) for i, line in enumerate(text.splitlines(), start=1)]
    return [line for line in lines if not line.text.startswith("!")]


def _fault(path: Path, line: _Line, what: str) -> TuningError:
    shown = line.text if len(line.text) <= 40 else line.text[:40] + "…"
    return TuningError(f"“{path.name}”, line {line.number}: “{shown}” {what}.")


def _checked_scale(path: Path) -> str:
    """The scale's text, cleaned for the parser."""
    lines = _lines(path)
    if len(lines) < 2:
        raise TuningError(f"“{path.name}” is no Scala scale: it ends before the number of its notes.")
    title, count_line, pitches = lines[0], lines[1], [line for line in lines[2:] if line.text]
    count = _whole(count_line)
    if count is None or count > _MOST_NOTES:
        raise _fault(path, count_line, f"should be the number of notes, 1 to {_MOST_NOTES}")
    if count == 0:
        raise _fault(path, count_line, "is the number of notes, and a keyboard needs at least one")
    if len(pitches) < count:
        raise _fault(path, count_line, f"is the number of notes, but only {len(pitches)} follow")
    cleaned = [_pitch(path, line) for line in pitches[:count]]
    return "\n".join([title.text or "scale", str(count), *cleaned]) + "\n"


def _pitch(path: Path, line: _Line) -> str:
    """A pitch as the parser reads it; what follows it on its line is a remark."""
    word = line.text.split()[0]
    if _CENTS.fullmatch(word):
        if abs(float(word)) <= _FURTHEST_CENTS:
            return f"{float(word):.10f}"
        raise _fault(path, line, "is further away than 100 octaves")
    ratio = _RATIO.fullmatch(word)
    if ratio is None:
        raise _fault(path, line, "is neither a number of cents with a point nor a ratio like 3/2")
    over, under = (int(part or 1) for part in ratio.groups())
    if over == 0 or under == 0 or max(over, under) >= 1 << 62:
        raise _fault(path, line, "is a ratio of nothing, or of numbers too large")
    return f"{over}/{under}"


def _checked_map(path: Path) -> str:
    """The keyboard map's text, cleaned for the parser."""
    lines = [line for line in _lines(path) if line.text]
    if len(lines) < len(_MAP_FIELDS):
        raise TuningError(f"“{path.name}” is no keyboard map: it ends before {_MAP_FIELDS[len(lines)]}.")
    values = []
    for i, (line, name) in enumerate(zip(lines, _MAP_FIELDS, strict=False)):
        whole = _whole(line)
        if i == 5:
            number = _NUMBER.fullmatch(line.text.split()[0])
            if number is None or not _LOWEST_HZ <= float(number[0]) <= _HIGHEST_HZ:
                raise _fault(path, line, f"should be {name}, {_LOWEST_HZ:g} to {_HIGHEST_HZ:g} Hz")
            values.append(f"{float(number[0]):.10f}")
        elif whole is None or whole >= (_MOST_NOTES if i in (0, 6) else N_KEYS):
            raise _fault(path, line, f"should be {name}, a whole number")
        else:
            values.append(str(whole))
    entries = [_map_entry(path, line) for line in lines[len(_MAP_FIELDS) :][: int(values[0])]]
    # Scala: entries that are missing at the end are keys that play nothing.
    entries += ["x"] * (int(values[0]) - len(entries))
    return "\n".join([*values, *entries]) + "\n"


def _map_entry(path: Path, line: _Line) -> str:
    if line.text.lower() == "x":
        return "x"
    degree = _whole(line)
    if degree is None or degree >= _MOST_NOTES:
        raise _fault(path, line, "should be a degree of the scale, or x for a key that plays nothing")
    return str(degree)


def _whole(line: _Line) -> int | None:
    word = line.text.split()[0] if line.text else ""
    return int(word) if re.fullmatch(r"\d{1,9}", word) else None
