"""The controls of tempo and arpeggiator, one row each; `table` lists them with all others."""

from typing import Literal, get_args

from synth.instrument.parameters.note_lengths import NOTE_LENGTH_NAMES, note_length
from synth.instrument.parameters.parameter import Curve, Display, Page, Parameter, Scope

SLOWEST_BPM, FASTEST_BPM = 20.0, 300.0
USUAL_BPM = 120.0
ArpeggioMode = Literal["up", "down", "up-down", "as played", "random", "chord"]
ARPEGGIO_MODES: tuple[ArpeggioMode, ...] = get_args(ArpeggioMode)


def _row(
    id: str,
    label: str,
    display: Display,
    values: tuple[float, float, float],
    help: str,
    *,
    unit: str = "",
    curve: Curve = "linear",
    scope: Scope = "culture",
) -> Parameter:
    """`values` are minimum, maximum and default. All of these are the player's: another preset keeps to the song."""
    return Parameter(id, label, unit, display, *values, curve, 0.0, scope, "player", False, None, help)


def _choice(
    id: str, label: str, name: str, group: str, page: Page, choices: tuple[str, ...], default: float, help: str
) -> Parameter:
    display = Display(name, "", 1.0, 1.0, 1, group=group, page=page, choices=choices)
    return _row(id, label, display, (0.0, len(choices) - 1.0, default), help)


def _switch(id: str, label: str, name: str, group: str, help: str, *, page: Page = "arpeggiator") -> Parameter:
    display = Display(name, group=group, widget="switch", page=page)
    return _row(id, label, display, (False, True, False), help, curve="switch", scope="voice")


def _percent(id: str, label: str, name: str, values: tuple[float, float, float], help: str) -> Parameter:
    display = Display(name, "%", 100.0, 1.0, group="STEPS", page="arpeggiator")
    return _row(id, label, display, values, help, unit="×")


_LOOP = Parameter(
    "loop_length",
    "Loop length",
    "",
    Display("Loop", "", 1.0, 1.0, 1, group="READING", page="voices", choices=("free", *NOTE_LENGTH_NAMES)),
    0.0,
    float(len(NOTE_LENGTH_NAMES)),
    0.0,
    "linear",
    0.0,
    "voice",
    "preset",
    False,
    None,
    "How long the playhead takes through the culture at a speed of ×1: its own time, or a note length of the tempo.",
)

TEMPO_ROWS: tuple[Parameter, ...] = (
    _LOOP,
    _row(
        "tempo_bpm",
        "Tempo",
        Display("Tempo", "bpm", 1.0, 0.1, 10, group="TEMPO", widget="slider", page="elsewhere"),
        (SLOWEST_BPM, FASTEST_BPM, USUAL_BPM),
        "Beats in a minute, for everything that follows the tempo; a beat is a quarter note.",
        unit="bpm",
    ),
    _switch(
        "midi_clock",
        "MIDI clock",
        "MIDI",
        "TEMPO",
        "Take tempo and song position from the MIDI clock of a port that is listened to.",
        page="elsewhere",
    ),
    _switch(
        "arp_on",
        "Arpeggiator",
        "On",
        "ARPEGGIATOR",
        "Play the keys that are held one after another, in time with the tempo.",
    ),
    _switch(
        "latch",
        "Latch",
        "Latch",
        "NOTES",
        "Hold the notes you play until this is off; the arpeggiator holds them until you play others.",
        page="elsewhere",
    ),
    _choice(
        "arp_mode",
        "Arpeggio",
        "Order",
        "ARPEGGIATOR",
        "arpeggiator",
        ARPEGGIO_MODES,
        0.0,
        "In which order held keys are played: by pitch, as they were pressed, by chance, or all together.",
    ),
    _row(
        "arp_octaves",
        "Arpeggio octaves",
        Display("Octaves", "", 1.0, 1.0, 1, group="ARPEGGIATOR", page="arpeggiator"),
        (1.0, 4.0, 1.0),
        "Over how many octaves the held keys are repeated.",
    ),
    _choice(
        "arp_rate",
        "Arpeggio rate",
        "Rate",
        "STEPS",
        "arpeggiator",
        NOTE_LENGTH_NAMES,
        note_length("1/16"),
        "Length of a step as a note length; T is a triplet, a dot makes it half as long again.",
    ),
    _percent(
        "arp_gate",
        "Arpeggio gate",
        "Gate",
        (0.05, 2.0, 0.8),
        "How much of its step a note lasts; above 100 % it lasts into the next one.",
    ),
    _percent(
        "arp_swing",
        "Arpeggio swing",
        "Swing",
        (0.5, 0.75, 0.5),
        "Where the second of two steps begins: half-way at 50 %, as in a triplet at 67 %.",
    ),
)
