"""The instrument's continuous controls: values, ranges, units.

`Controls` is the one message that carries all of them; `PARAMETERS` describes each for the window, the command line
and validation.
"""

import math
from dataclasses import asdict, dataclass, fields, replace

from synth.errors import UsageError


@dataclass(frozen=True)
class Controls:
    """Every control value; immutable, replaced whole."""

    steps_per_frame: float = 1.0
    weather_depth: float = 1.0
    weather_speed: float = 1.0
    playhead_speed: float = 1.0
    note: float = 0.0
    fine_cents: float = 0.0
    width: float = 0.6
    tilt_db: float = 0.0
    volume_db: float = 0.0
    fade_in_s: float = 0.04
    fade_out_s: float = 0.12
    frozen: bool = False
    follow_hand: bool = True

    def pitch_ratio(self, root_hz: float) -> float:
        """Transposition against a root; 1 for note 0 (the preset's own pitch) or an unpitched preset."""
        if self.note <= 0 or root_hz <= 0:
            ratio = 1.0
        else:
            ratio = 440.0 * 2 ** ((self.note - 69) / 12) / root_hz
        return float(ratio * 2 ** (self.fine_cents / 1200))


@dataclass(frozen=True)
class Parameter:
    """One continuous control as a user meets it."""

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    default: float
    help: str

    def check(self, value: float) -> float:
        """The value, or `UsageError` in one sentence when it is not a number within range."""
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise UsageError(
                f"{self.label} of {value:g}{self.unit and ' ' + self.unit} is outside its range: choose "
                f"{self.minimum:g} to {self.maximum:g}."
            )
        return value


_DEFAULT = Controls()


def _parameter(name: str, label: str, unit: str, low: float, high: float, text: str) -> Parameter:
    return Parameter(name, label, unit, low, high, float(getattr(_DEFAULT, name)), text)


PARAMETERS: dict[str, Parameter] = {
    p.name: p
    for p in (
        _parameter(
            "steps_per_frame",
            "Evolution",
            "steps/frame",
            0,
            4,
            "How fast the culture lives; 0 holds it still.",
        ),
        _parameter("weather_depth", "Weather depth", "×", 0, 2, "How strongly slow weather moves the timbre."),
        _parameter("weather_speed", "Weather speed", "×", 0, 4, "How fast the weather changes; 0 freezes it."),
        _parameter("playhead_speed", "Playhead speed", "×", -2, 2, "How fast and which way the culture is read."),
        _parameter("note", "Note", "MIDI", 0, 127, "Pitch as a MIDI note; 0 is the preset's own."),
        _parameter("fine_cents", "Fine", "cents", -100, 100, "Fine tuning."),
        _parameter("width", "Width", "×", 0, 1, "Stereo: how far apart two playheads read; 0 is exact mono."),
        _parameter("tilt_db", "Tilt", "dB/octave", -6, 6, "Darker or brighter: turns the spectrum about 1 kHz."),
        _parameter("volume_db", "Volume", "dB", -60, 12, "Output level; 0 dB plays at −18 LUFS."),
        _parameter("fade_in_s", "Fade in", "s", 0.005, 10, "How long Play takes to full level."),
        _parameter("fade_out_s", "Fade out", "s", 0.005, 10, "How long Stop takes to silence."),
    )
}


def checked(controls: Controls) -> Controls:
    """`controls` when every value is in range, else `UsageError` naming the first that is not."""
    for name, parameter in PARAMETERS.items():
        parameter.check(float(getattr(controls, name)))
    return controls


def from_settings(settings: dict[str, float]) -> Controls:
    """Controls from a preset's suggestions; names it does not know and values out of range are left at default."""
    known = {f.name for f in fields(Controls)}
    usable = {}
    for name, value in settings.items():
        if name in known and name in PARAMETERS:
            p = PARAMETERS[name]
            if math.isfinite(value) and p.minimum <= value <= p.maximum:
                usable[name] = float(value)
    return with_values(Controls(), usable)


def with_values(controls: Controls, values: dict[str, float]) -> Controls:
    """`controls` with the named continuous parameters replaced."""
    return replace(controls, **values)  # type: ignore[arg-type]


def as_settings(controls: Controls) -> dict[str, float]:
    """The inverse of `from_settings`."""
    return {name: float(value) for name, value in asdict(controls).items() if name in PARAMETERS}
