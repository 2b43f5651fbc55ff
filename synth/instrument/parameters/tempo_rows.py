"""The controls of tempo, one row each; `table` lists them with all others."""

from synth.instrument.parameters.parameter import Display, Parameter

SLOWEST_BPM, FASTEST_BPM = 20.0, 300.0
USUAL_BPM = 120.0

TEMPO_ROWS: tuple[Parameter, ...] = (
    Parameter(
        "tempo_bpm",
        "Tempo",
        "bpm",
        Display("Tempo", "bpm", 1.0, 0.1, 10, group="TEMPO", page="touch"),
        SLOWEST_BPM,
        FASTEST_BPM,
        USUAL_BPM,
        "linear",
        0.0,
        "culture",
        "player",
        False,
        None,
        "Beats in a minute, for everything that follows the tempo; a beat is a quarter note.",
    ),
)
