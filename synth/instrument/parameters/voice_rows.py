"""The controls of how notes are played, one row each; `table` lists them with all others."""

from dataclasses import replace

from synth.instrument.parameters.parameter import FRAME_S, Display, Owner, Page, Parameter

_PAGES: dict[str, Page] = {
    "VOICES": "voices",
    "GLIDE": "voices",
    "READING": "voices",
    "ENVELOPE": "envelope",
    "RECORDED": "envelope",
    "GROWTH": "touch",
    "EXPRESSION": "touch",
    "LEVEL": "touch",
    "TUNING": "touch",
}
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
    owner: Owner = "preset",
    modulatable: bool = True,
) -> Parameter:
    """`values` are minimum, maximum and default."""
    return Parameter(id, label, unit, display, *values, "linear", 0.0, "voice", owner, modulatable, None, help)


def _choice(
    id: str, label: str, name: str, group: str, choices: tuple[str, ...], help: str, owner: Owner = "preset"
) -> Parameter:
    display = Display(name, "", 1.0, 1.0, 1, group=group, page=_PAGES[group], choices=choices)
    return _row(id, label, "", display, (0.0, len(choices) - 1.0, 0.0), help, owner=owner, modulatable=False)


def _time(id: str, label: str, name: str, group: str, longest_s: float, default_s: float, help: str) -> Parameter:
    display = Display(name, "s", nudge=5, group=group, page=_PAGES[group])
    values = (_SHORTEST_S, longest_s, default_s)
    return Parameter(id, label, "s", display, *values, "exponential", 0.0, "voice", "preset", True, None, help)


def _share(id: str, label: str, name: str, group: str, default: float, help: str) -> Parameter:
    display = Display(name, "%", 100.0, 1.0, group=group, page=_PAGES[group])
    return _row(id, label, "×", display, (0.0, 1.0, default), help)


def _curve(id: str, label: str, name: str, default: float, help: str) -> Parameter:
    display = Display(name, "%", 100.0, 1.0, signed=True, group="ENVELOPE", page="envelope")
    return _row(id, label, "×", display, (-1.0, 1.0, default), help, modulatable=False)


def _decibels(id: str, label: str, name: str, unit: str, values: tuple[float, float, float], help: str) -> Parameter:
    shown = "dB/oct" if unit == "dB/octave" else unit
    display = Display(name, shown, 1.0, 0.1, 5, signed=values[0] < 0, group="EXPRESSION", page="touch")
    return _row(id, label, unit, display, values, help)


def _count(id: str, label: str, name: str, values: tuple[float, float, float], help: str, owner: Owner) -> Parameter:
    display = Display(name, "", 1.0, 1.0, 1, group="VOICES", page="voices")
    return _row(id, label, "", display, values, help, owner=owner, modulatable=False)


def _cents(id: str, label: str, name: str, group: str, values: tuple[float, float, float], help: str) -> Parameter:
    return _row(id, label, "cents", Display(name, "ct", 1.0, 1.0, group=group, page=_PAGES[group]), values, help)


def _hertz(
    id: str, label: str, name: str, group: str, values: tuple[float, float, float], owner: Owner, help: str
) -> Parameter:
    display = Display(name, "Hz", 1.0, 0.1, 5, group=group, page=_PAGES[group])
    return _row(id, label, "Hz", display, values, help, owner=owner, modulatable=False)


VOICE_ROWS: tuple[Parameter, ...] = (
    _choice(
        "voice_mode",
        "Voice mode",
        "Mode",
        "VOICES",
        ("poly", "mono", "legato"),
        "Many notes at once (poly), one (mono), or one whose envelope goes on from note to note (legato).",
    ),
    _choice(
        "note_priority",
        "Note priority",
        "Priority",
        "VOICES",
        ("last", "low", "high"),
        "Which of the keys that are down sounds in mono and legato.",
    ),
    _count("voice_limit", "Voice limit", "Limit", (1.0, 64.0, 16.0), "How many voices may sound at once.", "player"),
    _count("unison", "Unison", "Unison", (1.0, 8.0, 1.0), "Voices per note.", "preset"),
    _cents(
        "unison_detune_cents",
        "Unison detune",
        "Detune",
        "VOICES",
        (0.0, 100.0, 12.0),
        "How far a note's outermost unison voices are apart in pitch.",
    ),
    _share("unison_spread", "Unison spread", "Spread", "VOICES", 0.5, "How far unison voices are apart in stereo."),
    _time(
        "glide_s", "Glide", "Glide", "GLIDE", 5.0, _SHORTEST_S, "How long the pitch takes from one note to the next."
    ),
    _choice(
        "glide_when",
        "Glide when",
        "When",
        "GLIDE",
        ("legato", "always"),
        "Only while another note is held, or from every note to the next.",
    ),
    _choice(
        "glide_by",
        "Glide by",
        "By",
        "GLIDE",
        ("time", "rate"),
        "Whether every interval takes the time of Glide, or each octave of it does.",
    ),
    _time("delay_s", "Delay", "Delay", "ENVELOPE", 5.0, _SHORTEST_S, "From a note's start to its attack."),
    _time("attack_s", "Attack", "Attack", "ENVELOPE", 10.0, 0.005, "How long a note takes to full level."),
    _time("hold_s", "Hold", "Hold", "ENVELOPE", 5.0, _SHORTEST_S, "How long a note stays at full level."),
    _time("decay_s", "Decay", "Decay", "ENVELOPE", 30.0, 0.5, "How long a note takes from full level to sustain."),
    _share("sustain", "Sustain", "Sustain", "ENVELOPE", 1.0, "Level of a note while its key is down."),
    _time("release_s", "Release", "Release", "ENVELOPE", 20.0, 0.3, "How long a note fades after its key is up."),
    _curve("attack_curve", "Attack curve", "A curve", 0.0, "Below 0 the attack is slow at first, above 0 fast."),
    _curve("decay_curve", "Decay curve", "D curve", 0.5, "Below 0 the decay is slow at first, above 0 fast."),
    _curve("release_curve", "Release curve", "R curve", 0.5, "Below 0 the release is slow at first, above 0 fast."),
    _share(
        "contour_attack",
        "Recorded attack",
        "Attack",
        "RECORDED",
        1.0,
        "How much notes begin as the recording does.",
    ),
    _share("contour_decay", "Recorded decay", "Decay", "RECORDED", 1.0, "How much notes fade as the recording does."),
    _share(
        "contour_release", "Recorded release", "Release", "RECORDED", 1.0, "How much notes end as the recording does."
    ),
    _choice(
        "voice_start",
        "Playhead start",
        "Start",
        "READING",
        ("follow", "place", "random"),
        "Where a note begins to read the culture: with the playhead, at a place, or anywhere.",
    ),
    _share(
        "voice_place",
        "Playhead place",
        "Place",
        "READING",
        0.0,
        "Where in the culture notes begin to read if Start is at place.",
    ),
    _share(
        "key_follow",
        "Key follow",
        "Follow",
        "READING",
        1.0,
        "How much a sound without a pitch moves with the key; 0 leaves it as it is.",
    ),
    _row(
        "voice_level_db",
        "Voice level",
        "dB",
        Display("Level", "dB", 1.0, 0.1, 10, signed=True, group="LEVEL", page="touch"),
        (-60.0, 12.0, 0.0),
        "Level of every voice before the effects; at its lowest it is silent.",
    ),
    _row(
        "voice_pan",
        "Voice pan",
        "×",
        Display("Pan", "%", 100.0, 1.0, signed=True, group="LEVEL", page="touch"),
        (-1.0, 1.0, 0.0),
        "Where voices are between left and right.",
    ),
    _share(
        "velocity_level",
        "Velocity to level",
        "Vel level",
        "EXPRESSION",
        0.5,
        "How much quieter softly struck keys sound.",
    ),
    _decibels(
        "velocity_tilt_db",
        "Velocity to brightness",
        "Vel tilt",
        "dB/octave",
        (0.0, 6.0, 1.5),
        "How much brighter the strongest note is than the softest.",
    ),
    _decibels(
        "pressure_level_db",
        "Pressure to level",
        "Press level",
        "dB",
        (0.0, 12.0, 0.0),
        "How much louder pressure makes a note.",
    ),
    _decibels(
        "pressure_tilt_db",
        "Pressure to brightness",
        "Press tilt",
        "dB/octave",
        (0.0, 6.0, 1.5),
        "How much brighter pressure makes a note.",
    ),
    _decibels(
        "timbre_tilt_db",
        "Timbre to brightness",
        "Timbre tilt",
        "dB/octave",
        (0.0, 6.0, 3.0),
        "How much brighter or darker a controller's timbre makes a note.",
    ),
    _cents(
        "wheel_vibrato_cents",
        "Wheel to vibrato",
        "Vibrato",
        "EXPRESSION",
        (0.0, 100.0, 35.0),
        "How far the modulation wheel bends the pitch up and down.",
    ),
    _hertz(
        "vibrato_hz",
        "Vibrato rate",
        "Rate",
        "EXPRESSION",
        (1.0, 10.0, 5.5),
        "preset",
        "How fast the vibrato of the modulation wheel is.",
    ),
    _hertz(
        "reference_hz",
        "Reference pitch",
        "A",
        "TUNING",
        (380.0, 480.0, 440.0),
        "player",
        "Frequency of the A above middle C; all keys are tuned by it.",
    ),
    replace(
        _share(
            "growth",
            "Growth",
            "Growth",
            "GROWTH",
            0.0,
            "How much of a note is a culture of its own that grows from seed as it begins; 0 reads the shared one.",
        ),
        smoothing_s=4 * FRAME_S,
    ),
    _row(
        "growth_limit",
        "Growth limit",
        "",
        Display("At once", "", 1.0, 1.0, 1, group="GROWTH", page="touch"),
        (1.0, 16.0, 4.0),
        "How many notes may grow a culture of their own at once; beyond it the oldest goes over to the shared one.",
        owner="player",
        modulatable=False,
    ),
)
