"""Every source of modulation, one row each: what the window, the command line and the engine iterate over.

A source is a number from 0 to 1 in each frame, or one for each voice. Ids are in files on other people's disks: they
stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SourceScope = Literal["common", "voice", "either"]
"""One number for the whole instrument; one for each voice; or which of the two its control `ID_run` says."""
N_LFOS, N_MACROS = 3, 4
RUN_COMMON, RUN_VOICE = 0.0, 1.0
"""Values of the controls `lfo1_run` … `lfo3_run`."""


@dataclass(frozen=True)
class Source:
    """One source."""

    id: str
    label: str
    scope: SourceScope
    bipolar: bool
    """True where it has a middle, 0.5, that it goes to either side of: a new route from it is bipolar."""
    help: str
    """What it is, in one sentence."""


def _lfo(n: int) -> Source:
    return Source(
        f"lfo{n}", f"LFO {n}", "either", True, f"A repeating wave; the controls of LFO {n} set its shape and rate."
    )


def _macro(n: int) -> Source:
    return Source(f"macro{n}", f"Macro {n}", "common", False, f"The control Macro {n}.")


SOURCES: dict[str, Source] = {
    s.id: s
    for s in (
        *(_lfo(n) for n in range(1, N_LFOS + 1)),
        Source("envelope2", "Envelope 2", "voice", False, "An envelope of each note, only for moving controls."),
        Source("velocity", "Velocity", "voice", False, "How hard the note's key was struck."),
        Source(
            "key", "Key", "voice", True, "The note's key; C4 is the middle, its ends are five octaves below and above."
        ),
        Source("wheel", "Wheel", "voice", False, "The modulation wheel of the note's channel."),
        Source(
            "bend",
            "Pitch bend",
            "voice",
            True,
            "Pitch bend of the note and its channel; its ends are two semitones below and above.",
        ),
        Source("pressure", "Pressure", "voice", False, "How hard the note's key is held down."),
        Source("timbre", "Timbre", "voice", True, "A controller's timbre, or where the finger is on its key."),
        Source("random", "Random", "voice", True, "A random value for every note."),
        *(_macro(n) for n in range(1, N_MACROS + 1)),
        Source("culture_activity", "Culture activity", "common", False, "How fast the culture changes in its region."),
        Source("culture_strength", "Culture strength", "common", False, "How strong the culture is in its region."),
        Source("follower", "Level follower", "common", False, "How loud the instrument is now."),
    )
}
"""By id, in the order of the window."""


def is_per_voice(source: Source, controls: Mapping[str, float]) -> bool:
    """True where each voice has a number of its own."""
    if source.scope == "either":
        return controls[f"{source.id}_run"] == RUN_VOICE
    return source.scope == "voice"
