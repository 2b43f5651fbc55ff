"""Every control there is, one row each: what the command line, the window, presets, sessions and takes iterate over.

A new control is a row here and its sound. Ids are in files on other people's disks: they stay.
"""

from synth.instrument.parameters.effect_rows import EFFECT_ROWS
from synth.instrument.parameters.morph_rows import MORPH_ROWS
from synth.instrument.parameters.motion_rows import MOTION_ROWS
from synth.instrument.parameters.parameter import FRAME_S, Curve, Display, Owner, Parameter, Scope, VaryRange
from synth.instrument.parameters.tempo_rows import TEMPO_ROWS
from synth.instrument.parameters.voice_rows import VOICE_ROWS


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
    scope: Scope = "culture",
    owner: Owner = "preset",
    modulatable: bool = True,
    vary: VaryRange | None = None,
) -> Parameter:
    """`values` are minimum, maximum and default."""
    return Parameter(id, label, unit, display, *values, curve, smoothing_s, scope, owner, modulatable, vary, help)


def _switch(id: str, label: str, name: str, group: str, default: bool, help: str) -> Parameter:
    display = Display(name, group=group, widget="switch")
    return _row(id, label, "", display, (False, True, default), help, curve="switch", owner="player", modulatable=False)


def _fade(id: str, label: str, default: float, help: str) -> Parameter:
    display = Display(label, "s", nudge=10, group="OUTPUT", widget="slider")
    return _row(
        id,
        label,
        "s",
        display,
        (0.005, 10.0, default),
        help,
        curve="exponential",
        scope="output",
        owner="player",
        modulatable=False,
    )


PARAMETERS: dict[str, Parameter] = {
    p.id: p
    for p in (
        _row(
            "steps_per_frame",
            "Evolution",
            "steps/frame",
            Display("Evolution", "steps", group="LIFE"),
            (0.0, 4.0, 1.0),
            "How fast the culture changes: its steps for each column that is heard; 0 holds it still.",
            vary=VaryRange(0.5, 0.25, 3.0, doubling=True),
        ),
        _switch("frozen", "Freeze", "Freeze", "LIFE", False, "Hold the culture still; it goes on sounding."),
        _switch("follow_hand", "Follow hand", "Follow", "LIFE", True, "Hear the place you touch while you touch it."),
        _row(
            "weather_depth",
            "Weather depth",
            "×",
            Display("Depth", "%", 100.0, 1.0, group="WEATHER"),
            (0.0, 2.0, 1.0),
            "How strongly slow weather moves the timbre.",
            vary=VaryRange(0.35, 0.2, 1.8),
        ),
        _row(
            "weather_speed",
            "Weather speed",
            "×",
            Display("Speed", "×", group="WEATHER"),
            (0.0, 4.0, 1.0),
            "How fast the weather changes; 0 freezes it.",
            vary=VaryRange(0.8, 0.15, 3.5, doubling=True),
        ),
        _row(
            "playhead_speed",
            "Playhead speed",
            "×",
            Display("Speed", "×", signed=True, group="PLAYHEAD"),
            (-2.0, 2.0, 1.0),
            "How fast and which way the culture is read.",
            scope="voice",
            vary=VaryRange(0.4, 0.25, 1.8, doubling=True),
        ),
        _row(
            "width",
            "Width",
            "×",
            Display("Width", "%", 100.0, 1.0, group="PLAYHEAD"),
            (0.0, 1.0, 0.6),
            "Stereo: how far apart two playheads read; 0 is exact mono.",
            smoothing_s=4 * FRAME_S,
            scope="voice",
            vary=VaryRange(0.2, 0.15, 1.0),
        ),
        _row(
            "note",
            "Note",
            "MIDI",
            Display("Note", "", 1.0, 1.0, 1, group="PITCH", widget="note"),
            (0.0, 127.0, 0.0),
            "Pitch as a MIDI note; 0 is the preset's own.",
            smoothing_s=2 * FRAME_S,
            scope="voice",
            owner="player",
            modulatable=False,
        ),
        _row(
            "fine_cents",
            "Fine",
            "cents",
            Display("Fine", "ct", 1.0, 1.0, signed=True, group="PITCH"),
            (-100.0, 100.0, 0.0),
            "Fine tuning.",
            smoothing_s=2 * FRAME_S,
            scope="voice",
            owner="player",
        ),
        _row(
            "tilt_db",
            "Tilt",
            "dB/octave",
            Display("Tilt", "dB/oct", 1.0, 0.1, 2, signed=True, group="OUTPUT"),
            (-6.0, 6.0, 0.0),
            "Darker or brighter: turns the spectrum about 1 kHz.",
            smoothing_s=3 * FRAME_S,
            scope="voice",
            vary=VaryRange(1.2, -3.5, 3.5),
        ),
        _row(
            "volume_db",
            "Volume",
            "dB",
            Display("Volume", "dB", 1.0, 0.1, 10, signed=True, group="OUTPUT"),
            (-60.0, 12.0, 0.0),
            "Output level; 0 dB plays at −18 LUFS.",
            smoothing_s=0.03,
            scope="output",
            owner="player",
        ),
        _fade("fade_in_s", "Fade in", 0.04, "How long Play takes to full level."),
        _fade("fade_out_s", "Fade out", 0.12, "How long Stop takes to silence."),
        *VOICE_ROWS,
        *MOTION_ROWS,
        *TEMPO_ROWS,
        *EFFECT_ROWS,
        *MORPH_ROWS,
    )
}
"""What the instrument plays with, by id, in the order of the window."""


def _brush(
    id: str, label: str, unit: str, display: Display, values: tuple[float, float, float], help: str
) -> Parameter:
    return _row(id, label, unit, display, values, help, scope="brush", owner="player", modulatable=False)


BRUSH_PARAMETERS: dict[str, Parameter] = {
    p.id: p
    for p in (
        _brush(
            "brush_width",
            "Brush length",
            "ms",
            Display("Length", "ms", 1.0, 2.0, 10, group="BRUSH", widget="slider"),
            (46.0, 2000.0, 510.0),
            "How much time the brush covers.",
        ),
        _brush(
            "brush_height",
            "Brush height",
            "rows",
            Display("Height", "rows", 1.0, 1.0, 2, group="BRUSH", widget="slider"),
            (2.0, 160.0, 24.0),
            "How many rows of pitch the brush covers.",
        ),
        _brush(
            "brush_strength",
            "Brush strength",
            "",
            Display("Strength", "%", 100.0, 1.0, group="BRUSH", widget="slider"),
            (0.0, 1.0, 1.0),
            "How strongly the brush changes what it touches; for Paint, how loud the paint is.",
        ),
    )
}
"""What shapes a stroke before it becomes a gesture, by id."""
