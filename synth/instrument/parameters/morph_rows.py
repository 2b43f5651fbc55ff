"""The controls of a morph between two presets, one row each; `table` lists them with all others."""

from synth.instrument.parameters.parameter import FRAME_S, Display, Parameter

MORPH_ROWS: tuple[Parameter, ...] = (
    Parameter(
        "morph",
        "Morph",
        "×",
        Display("Amount", "%", 100.0, 1.0, group="MORPH", widget="slider", page="elsewhere"),
        0.0,
        1.0,
        0.0,
        "linear",
        4 * FRAME_S,
        "culture",
        "player",
        True,
        None,
        "How much of the second preset there is, once one was chosen; 0 is the first one alone.",
    ),
    Parameter(
        "morph_map",
        "Morph map",
        "",
        Display(
            "Map",
            "",
            1.0,
            1.0,
            1,
            group="MORPH",
            widget="slider",
            page="elsewhere",
            choices=("uniform", "left–right", "low–high", "brush", "noise", "activity"),
        ),
        0.0,
        5.0,
        0.0,
        "linear",
        4 * FRAME_S,
        "culture",
        "player",
        False,
        None,
        "Which cells go over to the second preset first.",
    ),
)
