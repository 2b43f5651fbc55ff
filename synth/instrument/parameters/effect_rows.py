"""The controls of the effects, one row each; `table` lists them with all others.

Each effect has a switch `…_on`, a few controls, and `…_place`: effects are passed in the order of their places, and
of equal places in the order of `EFFECTS`.
"""

from collections.abc import Mapping

from synth.instrument.parameters.note_lengths import NOTE_LENGTH_NAMES, note_length
from synth.instrument.parameters.parameter import Curve, Display, Page, Parameter, Widget

EFFECTS: dict[str, str] = {
    "drive": "Drive",
    "chorus": "Chorus",
    "delay": "Delay",
    "reverb": "Reverb",
    "eq": "Equaliser",
}
"""Titles by the beginning of the controls' ids, in the usual order."""
_PAGE: Page = "effects"
SMOOTHING_S = 0.01
"""How long the sound takes to follow a change; switches and places cross-fade over `CROSS_FADE_S`."""
CROSS_FADE_S = 0.03
ECHO_CROSS_FADE_S = 0.05
"""How long one delay time takes to replace another."""
LONGEST_DELAY_S = 4.0
LOWEST_CUT_HZ, HIGHEST_CUT_HZ = 20.0, 20000.0
"""There a cut of the equaliser is off."""
LONGEST_DECAY_S = 20.0


def effects_order(values: Mapping[str, float]) -> tuple[str, ...]:
    """The effects by their places, of equal ones in the usual order."""
    return tuple(sorted(EFFECTS, key=lambda name: values[f"{name}_place"]))


def _row(
    id: str,
    label: str,
    unit: str,
    display: Display,
    values: tuple[float, float, float],
    help: str,
    *,
    smoothing_s: float = SMOOTHING_S,
    exponential: bool = False,
    modulatable: bool = True,
) -> Parameter:
    """`values` are minimum, maximum and default."""
    curve: Curve = "exponential" if exponential else "linear"
    return Parameter(id, label, unit, display, *values, curve, smoothing_s, "output", "preset", modulatable, None, help)


def _display(
    id: str,
    name: str,
    unit: str = "",
    *,
    factor: float = 1.0,
    step: float = 0.01,
    nudge: int = 5,
    signed: bool = False,
    widget: Widget = "knob",
    page: Page = _PAGE,
    choices: tuple[str, ...] = (),
) -> Display:
    group = EFFECTS[id.partition("_")[0]].upper()
    return Display(name, unit, factor, step, nudge, signed, group, widget, page, choices)


def _switch(id: str, label: str, name: str, help: str) -> Parameter:
    display = _display(id, name, widget="switch")
    return Parameter(
        id, label, "", display, False, True, False, "switch", CROSS_FADE_S, "output", "preset", False, None, help
    )


def _place(id: str, label: str) -> Parameter:
    place = 1.0 + list(EFFECTS).index(id.partition("_")[0])
    display = _display(id, "Place", step=1.0, nudge=1, page="elsewhere")
    help = "Place of this effect among the five: 1 comes first."
    return _row(id, label, "", display, (1.0, 5.0, place), help, smoothing_s=CROSS_FADE_S, modulatable=False)


def _share(id: str, label: str, name: str, values: tuple[float, float, float], help: str) -> Parameter:
    return _row(id, label, "×", _display(id, name, "%", factor=100.0, step=1.0), values, help)


def _hertz(
    id: str, label: str, name: str, values: tuple[float, float, float], help: str, step: float = 1.0
) -> Parameter:
    return _row(id, label, "Hz", _display(id, name, "Hz", step=step), values, help, exponential=True)


def _decibels(id: str, label: str, name: str, values: tuple[float, float, float], help: str) -> Parameter:
    display = _display(id, name, "dB", step=0.1, nudge=5, signed=values[0] < 0)
    return _row(id, label, "dB", display, values, help)


def _time(
    id: str, label: str, name: str, values: tuple[float, float, float], help: str, smoothing_s: float = SMOOTHING_S
) -> Parameter:
    return _row(id, label, "s", _display(id, name, "s"), values, help, smoothing_s=smoothing_s, exponential=True)


_GAIN_DB = (-15.0, 15.0, 0.0)

EFFECT_ROWS: tuple[Parameter, ...] = (
    _switch("drive_on", "Drive on", "On", "Distort the sound as an overdriven amplifier does."),
    _decibels(
        "drive_db",
        "Drive amount",
        "Amount",
        (0.0, 36.0, 12.0),
        "How strongly the sound is distorted; its level stays the same.",
    ),
    _share(
        "drive_bias",
        "Drive bias",
        "Bias",
        (0.0, 1.0, 0.0),
        "How differently the upper and lower half of the wave are distorted.",
    ),
    _hertz(
        "drive_tone_hz",
        "Drive tone",
        "Tone",
        (625.0, 20000.0, 10000.0),
        "Above this frequency the distorted sound gets quieter.",
    ),
    _decibels("drive_level_db", "Drive level", "Level", (-24.0, 12.0, 0.0), "Level of the driven sound."),
    _place("drive_place", "Drive place"),
    _switch("chorus_on", "Chorus on", "On", "Thicken the sound with copies whose pitch goes up and down."),
    _hertz(
        "chorus_rate_hz",
        "Chorus rate",
        "Rate",
        (0.06, 6.0, 0.6),
        "How often per second the copies go up and down.",
        0.01,
    ),
    _share("chorus_depth", "Chorus depth", "Depth", (0.0, 1.0, 0.4), "How far the copies go up and down in pitch."),
    _share(
        "chorus_width",
        "Chorus width",
        "Width",
        (0.0, 1.0, 1.0),
        "How different the copies on the left and on the right are.",
    ),
    _share("chorus_mix", "Chorus mix", "Mix", (0.0, 1.0, 0.5), "Share of the copies in the sound."),
    _place("chorus_place", "Chorus place"),
    _switch("delay_on", "Delay on", "On", "Repeat the sound."),
    _time(
        "delay_time_s",
        "Delay time",
        "Time",
        (0.01, LONGEST_DELAY_S, 0.35),
        "From a sound to its echo, where the delay does not follow the tempo.",
        ECHO_CROSS_FADE_S,
    ),
    _row(
        "delay_note",
        "Delay note length",
        "",
        _display("delay_note", "Note", step=1.0, nudge=1, choices=NOTE_LENGTH_NAMES),
        (0.0, len(NOTE_LENGTH_NAMES) - 1.0, note_length("1/8.")),
        f"From a sound to its echo, where the delay follows the tempo; halved until it is {LONGEST_DELAY_S:g} s or "
        "less.",
        smoothing_s=ECHO_CROSS_FADE_S,
        modulatable=False,
    ),
    _switch("delay_sync", "Delay follows tempo", "Sync", "Set the time of the echo by a note length of the tempo."),
    _share("delay_feedback", "Delay feedback", "Feedback", (0.0, 0.95, 0.35), "How much of an echo is repeated."),
    _hertz(
        "delay_tone_hz", "Delay tone", "Tone", (625.0, 20000.0, 5000.0), "Above this frequency each echo gets quieter."
    ),
    _share("delay_width", "Delay width", "Ping-pong", (0.0, 1.0, 0.0), "How far echoes jump from side to side."),
    _share("delay_mix", "Delay mix", "Mix", (0.0, 1.0, 0.3), "Share of the echoes in the sound."),
    _place("delay_place", "Delay place"),
    _switch("reverb_on", "Reverb on", "On", "Put the sound into a room."),
    _time(
        "reverb_decay_s",
        "Reverb decay",
        "Decay",
        (0.3, LONGEST_DECAY_S, 2.5),
        "How long the room takes to become 60 dB quieter, at frequencies below Damping.",
    ),
    _time(
        "reverb_predelay_s",
        "Reverb pre-delay",
        "Pre-delay",
        (0.001, 0.25, 0.01),
        "Time between a sound and the reverb that follows it.",
        ECHO_CROSS_FADE_S,
    ),
    _hertz(
        "reverb_damping_hz",
        "Reverb damping",
        "Damping",
        (625.0, 20000.0, 5000.0),
        "Far above this frequency the reverb decays four times as fast.",
    ),
    _share("reverb_width", "Reverb width", "Width", (0.0, 1.0, 1.0), "How different left and right are; 0 is mono."),
    _share("reverb_mix", "Reverb mix", "Mix", (0.0, 1.0, 0.25), "Share of the reverb in the sound."),
    _switch("reverb_freeze", "Reverb freeze", "Freeze", "Hold the reverb as it is for as long as this is on."),
    _place("reverb_place", "Reverb place"),
    _switch("eq_on", "Equaliser on", "On", "Shape the spectrum."),
    _hertz(
        "eq_low_cut_hz",
        "Low cut",
        "Low cut",
        (LOWEST_CUT_HZ, 1000.0, LOWEST_CUT_HZ),
        "Below this frequency the sound falls by 12 dB per octave; the lowest value cuts nothing.",
    ),
    _decibels("eq_low_db", "Low shelf", "Low", _GAIN_DB, "Level below about 150 Hz."),
    _hertz("eq_mid_hz", "Middle frequency", "Mid freq", (125.0, 8000.0, 1000.0), "Frequency of the middle band."),
    _decibels("eq_mid_db", "Middle level", "Mid", _GAIN_DB, "Level of the middle band."),
    _decibels("eq_high_db", "High shelf", "High", _GAIN_DB, "Level above about 5 kHz."),
    _hertz(
        "eq_high_cut_hz",
        "High cut",
        "High cut",
        (1000.0, HIGHEST_CUT_HZ, HIGHEST_CUT_HZ),
        "Above this frequency the sound falls by 12 dB per octave; the highest value cuts nothing.",
    ),
    _place("eq_place", "Equaliser place"),
)
