"""The controls of what moves controls, one row each: LFOs, the second envelope, macros; `table` lists them all."""

from synth.instrument.parameters.note_lengths import NOTE_LENGTH_NAMES, note_length
from synth.instrument.parameters.parameter import FRAME_S, Curve, Display, Parameter

LFO_SHAPES = ("sine", "triangle", "saw", "square", "steps", "wander")
"""`steps` holds a number drawn by chance for each cycle, `wander` goes smoothly from one to the next."""
_SHORTEST_S = 0.001
"""At its lowest a time is no time at all."""


def _row(
    id: str,
    label: str,
    unit: str,
    display: Display,
    values: tuple[float, float, float],
    help: str,
    *,
    curve: Curve = "linear",
    smoothing_s: float = 0.0,
    modulatable: bool = True,
) -> Parameter:
    """`values` are minimum, maximum and default."""
    return Parameter(id, label, unit, display, *values, curve, smoothing_s, "voice", "preset", modulatable, None, help)


def _choice(
    id: str, label: str, name: str, group: str, choices: tuple[str, ...], default: float, help: str
) -> Parameter:
    display = Display(name, "", 1.0, 1.0, 1, group=group, page="motion", choices=choices)
    return _row(id, label, "", display, (0.0, len(choices) - 1.0, default), help, modulatable=False)


def _lfo(n: int) -> tuple[Parameter, ...]:
    id, label, group = f"lfo{n}", f"LFO {n}", f"LFO {n}"
    return (
        _choice(
            f"{id}_shape",
            f"{label} shape",
            "Shape",
            group,
            LFO_SHAPES,
            0.0,
            "Shape of its wave; steps jumps to a random value in each cycle, wander glides from one to the next.",
        ),
        _row(
            f"{id}_hz",
            f"{label} rate",
            "Hz",
            Display("Rate", "Hz", 1.0, 0.01, 5, group=group, page="motion"),
            (0.04, 25.0, 1.0),
            "Cycles per second while it does not follow the tempo.",
            curve="exponential",
        ),
        _choice(
            f"{id}_sync",
            f"{label} sync",
            "Sync",
            group,
            ("free", "tempo"),
            0.0,
            "Whether it runs at its own rate, or follows the tempo with one cycle per note length.",
        ),
        _choice(
            f"{id}_length",
            f"{label} length",
            "Length",
            group,
            NOTE_LENGTH_NAMES,
            note_length("1/4"),
            "How long a cycle lasts while it follows the tempo.",
        ),
        _row(
            f"{id}_phase",
            f"{label} phase",
            "×",
            Display("Phase", "%", 100.0, 1.0, group=group, page="motion"),
            (0.0, 1.0, 0.0),
            "The point of its cycle at which it begins.",
        ),
        _choice(
            f"{id}_run",
            f"{label} run",
            "Run",
            group,
            ("common", "voice"),
            0.0,
            "One LFO for all voices, or one for each voice that begins with its note.",
        ),
    )


def _time(id: str, label: str, name: str, longest_s: float, default_s: float, help: str) -> Parameter:
    display = Display(name, "s", nudge=5, group="ENVELOPE 2", page="motion")
    return _row(id, label, "s", display, (_SHORTEST_S, longest_s, default_s), help, curve="exponential")


def _macro(n: int) -> Parameter:
    return _row(
        f"macro{n}",
        f"Macro {n}",
        "×",
        Display(f"Macro {n}", "%", 100.0, 1.0, group="MACROS", page="motion"),
        (0.0, 1.0, 0.0),
        "Moves every control that has a route from this macro.",
        smoothing_s=2 * FRAME_S,
        modulatable=False,
    )


MOTION_ROWS: tuple[Parameter, ...] = (
    *(row for n in (1, 2, 3) for row in _lfo(n)),
    _time("envelope2_delay_s", "Envelope 2 delay", "Delay", 5.0, _SHORTEST_S, "From a note's start to its attack."),
    _time("envelope2_attack_s", "Envelope 2 attack", "Attack", 10.0, 0.005, "How long it rises to its full level."),
    _time("envelope2_decay_s", "Envelope 2 decay", "Decay", 30.0, 0.5, "How long it falls from full level to sustain."),
    _row(
        "envelope2_sustain",
        "Envelope 2 sustain",
        "×",
        Display("Sustain", "%", 100.0, 1.0, group="ENVELOPE 2", page="motion"),
        (0.0, 1.0, 0.0),
        "The level it keeps while the key is down.",
    ),
    _time(
        "envelope2_release_s",
        "Envelope 2 release",
        "Release",
        20.0,
        0.3,
        "How long it falls to zero after the key is up.",
    ),
    *(_macro(n) for n in (1, 2, 3, 4)),
)
