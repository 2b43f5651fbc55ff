"""What the instrument's parameters say about voices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.lfo import lfo_rates
from synth.instrument.modulation.sources import N_LFOS
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.voices.bank_frame import BankState
from synth.instrument.voices.contour import ContourAmounts
from synth.instrument.voices.envelope import EnvelopeShape
from synth.instrument.voices.expression import ExpressionSettings
from synth.instrument.voices.glide import GlideMeasure, GlideSettings, GlideWhen
from synth.instrument.voices.notes import NotePriority, VoiceMode, VoiceSettings
from synth.instrument.voices.playheads import PlayheadStart

Values = NDArray[np.float64]

_MODES: tuple[VoiceMode, ...] = ("poly", "mono", "legato")
_PRIORITIES: tuple[NotePriority, ...] = ("last", "low", "high")
_GLIDES: tuple[GlideWhen, ...] = ("legato", "always")
_MEASURES: tuple[GlideMeasure, ...] = ("time", "rate")
_STARTS: tuple[PlayheadStart, ...] = ("follow", "place", "random")


@dataclass(frozen=True)
class VoiceControls:
    """Everything that parameters say about voices: a number for all of them, or (V,) where routes tell them apart."""

    voices: VoiceSettings = field(default_factory=VoiceSettings)
    envelope: EnvelopeShape = field(default_factory=EnvelopeShape)
    sustain: float | Values = 1.0
    glide: GlideSettings = field(default_factory=GlideSettings)
    expression: ExpressionSettings = field(default_factory=ExpressionSettings)
    contour: ContourAmounts = field(default_factory=ContourAmounts)
    detune_cents: float | Values = 12.0
    """Between a note's outermost unison voices."""
    transpose: float | Values = 0.0
    """Semitones added to every note."""
    start: PlayheadStart = "follow"
    place: float | Values = 0.0
    """Where voices begin to read with `start` = "place", 0 … 1 of the loop."""
    key_follow: float | Values = 1.0
    level_db: float | Values = 0.0
    pan: float | Values = 0.0
    tilt_db: float | Values = 0.0
    """dB per octave beside what all voices have in common."""
    envelope2: EnvelopeShape = field(default_factory=EnvelopeShape)
    envelope2_sustain: float | Values = 0.0
    lfo_hz: tuple[float, ...] = (1.0,) * N_LFOS
    """Cycles per second of the LFOs that belong to voices."""
    again: Callable[[BankState, float], "VoiceControls"] | None = field(default=None, compare=False)
    """The same for these voices as they are by now, so many seconds after the beginning of the frame; None where no
    route tells voices apart."""

    def now(self, state: BankState, at_s: float) -> "VoiceControls":
        """The same for voices that began or were struck since it was made."""
        return self if self.again is None else self.again(state, at_s)


def voice_controls(
    values: Mapping[str, float], most_voices: int, of_voices: Mapping[str, Values] | None = None
) -> VoiceControls:
    """The voices' side of all parameter values; no more voices than the vocoder plays.

    `of_voices` (V,) each are the values of parameters that routes move for each voice, in place of the others.
    """
    own: Mapping[str, float | Values] = {**values, **of_voices} if of_voices else values
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
            _seconds(own, "delay_s"),
            _seconds(own, "attack_s"),
            _seconds(own, "hold_s"),
            _seconds(own, "decay_s"),
            _seconds(own, "release_s"),
            values["attack_curve"],
            values["decay_curve"],
            values["release_curve"],
        ),
        sustain=own["sustain"],
        glide=GlideSettings(
            _seconds(own, "glide_s"), _GLIDES[int(values["glide_when"])], _MEASURES[int(values["glide_by"])]
        ),
        expression=ExpressionSettings(
            own["velocity_level"],
            own["velocity_tilt_db"],
            own["pressure_level_db"],
            own["pressure_tilt_db"],
            own["timbre_tilt_db"],
            own["wheel_vibrato_cents"],
            values["vibrato_hz"],
            own["unison_spread"],
        ),
        contour=ContourAmounts(own["contour_attack"], own["contour_decay"], own["contour_release"]),
        detune_cents=own["unison_detune_cents"],
        transpose=own["fine_cents"] / 100,
        start=_STARTS[int(values["voice_start"])],
        place=own["voice_place"],
        key_follow=own["key_follow"],
        level_db=own["voice_level_db"],
        pan=own["voice_pan"],
        tilt_db=own["tilt_db"] - values["tilt_db"] if of_voices else 0.0,
        envelope2=EnvelopeShape(
            _seconds(own, "envelope2_delay_s"),
            _seconds(own, "envelope2_attack_s"),
            0.0,
            _seconds(own, "envelope2_decay_s"),
            _seconds(own, "envelope2_release_s"),
        ),
        envelope2_sustain=own["envelope2_sustain"],
        lfo_hz=lfo_rates(values, values["tempo_bpm"] / 60),
    )


def _seconds(values: Mapping[str, float | Values], id: str) -> float | Values:
    """At its lowest a time is none."""
    seconds, shortest = values[id], PARAMETERS[id].minimum
    if isinstance(seconds, np.ndarray):
        return np.where(seconds <= shortest, 0.0, seconds)
    return 0.0 if seconds <= shortest else seconds
