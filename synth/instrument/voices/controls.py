"""What the instrument's parameters say about voices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.voices.contour import ContourAmounts
from synth.instrument.voices.envelope import EnvelopeShape
from synth.instrument.voices.expression import ExpressionSettings
from synth.instrument.voices.glide import GlideMeasure, GlideSettings, GlideWhen
from synth.instrument.voices.notes import NotePriority, VoiceMode, VoiceSettings
from synth.instrument.voices.playheads import PlayheadStart

_MODES: tuple[VoiceMode, ...] = ("poly", "mono", "legato")
_PRIORITIES: tuple[NotePriority, ...] = ("last", "low", "high")
_GLIDES: tuple[GlideWhen, ...] = ("legato", "always")
_MEASURES: tuple[GlideMeasure, ...] = ("time", "rate")
_STARTS: tuple[PlayheadStart, ...] = ("follow", "place", "random")


@dataclass(frozen=True)
class VoiceControls:
    """Everything that parameters say about voices."""

    voices: VoiceSettings = field(default_factory=VoiceSettings)
    envelope: EnvelopeShape = field(default_factory=EnvelopeShape)
    sustain: float = 1.0
    glide: GlideSettings = field(default_factory=GlideSettings)
    expression: ExpressionSettings = field(default_factory=ExpressionSettings)
    contour: ContourAmounts = field(default_factory=ContourAmounts)
    detune_cents: float = 12.0
    """Between a note's outermost unison voices."""
    transpose: float = 0.0
    """Semitones added to every note."""
    start: PlayheadStart = "follow"
    place: float = 0.0
    """Where voices begin to read with `start` = "place", 0 … 1 of the loop."""


def voice_controls(values: Mapping[str, float], most_voices: int) -> VoiceControls:
    """The voices' side of all parameter values; no more voices than the vocoder plays."""
    return VoiceControls(
        voices=VoiceSettings(
            _MODES[int(values["voice_mode"])],
            _PRIORITIES[int(values["note_priority"])],
            max(1, min(round(values["voice_limit"]), most_voices)),
            round(values["unison"]),
            # The arpeggiator holds keys itself: a latch on the notes it makes would never end them.
            bool(values["latch"]) and not values["arp_on"],
        ),
        envelope=EnvelopeShape(
            _seconds(values, "delay_s"),
            _seconds(values, "attack_s"),
            _seconds(values, "hold_s"),
            _seconds(values, "decay_s"),
            _seconds(values, "release_s"),
            values["attack_curve"],
            values["decay_curve"],
            values["release_curve"],
        ),
        sustain=values["sustain"],
        glide=GlideSettings(
            _seconds(values, "glide_s"), _GLIDES[int(values["glide_when"])], _MEASURES[int(values["glide_by"])]
        ),
        expression=ExpressionSettings(
            values["velocity_level"],
            values["velocity_tilt_db"],
            values["pressure_level_db"],
            values["pressure_tilt_db"],
            values["timbre_tilt_db"],
            values["wheel_vibrato_cents"],
            values["vibrato_hz"],
            values["unison_spread"],
        ),
        contour=ContourAmounts(values["contour_attack"], values["contour_decay"], values["contour_release"]),
        detune_cents=values["unison_detune_cents"],
        transpose=values["fine_cents"] / 100,
        start=_STARTS[int(values["voice_start"])],
        place=values["voice_place"],
    )


def _seconds(
    values: Mapping[str, float], id: Literal["delay_s", "attack_s", "hold_s", "decay_s", "release_s", "glide_s"]
) -> float:
    """At its lowest a time is none."""
    seconds = values[id]
    return 0.0 if seconds <= PARAMETERS[id].minimum else seconds
