"""Which parameters routes can move, and which of them each voice has for itself.

A parameter of one voice is moved by the sources of this voice. Every other parameter is one for all: a source that
each voice has for itself then is that of the note that began last.
"""

from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import PARAMETERS

PER_VOICE_ALWAYS: tuple[str, ...] = (
    "voice_level_db",
    "voice_pan",
    "fine_cents",
    "tilt_db",
    "sustain",
    "key_follow",
    "contour_attack",
    "contour_decay",
    "contour_release",
    "velocity_level",
    "velocity_tilt_db",
    "pressure_level_db",
    "pressure_tilt_db",
    "timbre_tilt_db",
    "wheel_vibrato_cents",
    "unison_spread",
)
"""Moved for each voice in every frame."""
PER_VOICE_AT_START: tuple[str, ...] = (
    "delay_s",
    "attack_s",
    "hold_s",
    "decay_s",
    "release_s",
    "glide_s",
    "unison_detune_cents",
    "voice_place",
    "envelope2_delay_s",
    "envelope2_attack_s",
    "envelope2_decay_s",
    "envelope2_release_s",
)
"""Taken for each voice as it begins, is struck again or is let go, and kept from there on."""
PER_VOICE = frozenset((*PER_VOICE_ALWAYS, *PER_VOICE_AT_START, "envelope2_sustain"))


def modulatable() -> tuple[Parameter, ...]:
    """Every parameter that a route can move, in the order of the table."""
    return tuple(row for row in PARAMETERS.values() if row.modulatable)


def how_it_is_moved(row: Parameter) -> str:
    """For lists of controls: "" where routes cannot move it."""
    if not row.modulatable:
        return ""
    if row.id in PER_VOICE_AT_START:
        return "each voice, as it begins"
    return "each voice" if row.id in PER_VOICE else "all together"
