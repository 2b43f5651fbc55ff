"""What MIDI asks for, done by an engine: notes, parameters, presets."""

from collections.abc import Callable, Sequence

from synth.engine.protocol import EngineControl
from synth.instrument.events import SetParameter
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.table import PARAMETERS
from synth.midi.learn import ParameterMove


class EngineReceiver:
    """Implements `synth.midi.input.InputReceiver` and, for MIDI learn, `synth.midi.learn.Parameters`."""

    def __init__(
        self, engine: EngineControl, on_program: Callable[[int], None], on_told: Callable[[str], None]
    ) -> None:
        """`on_program` is called on MIDI's thread and must return at once: a preset is loaded elsewhere. So is
        `on_told`, with a sentence for the user."""
        self._engine, self._on_program, self._on_told = engine, on_program, on_told

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        self._engine.play_notes(events, arrived_s, source)

    def move_parameter(self, move: ParameterMove) -> None:
        self._engine.send(SetParameter(move.parameter, PARAMETERS[move.parameter].from_normalised(move.value)))

    def choose_program(self, number: int) -> None:
        self._on_program(number)

    @property
    def follows_clock(self) -> bool:
        return bool(self._engine.controls["midi_clock"])

    def move_tempo(self, bpm: float) -> None:
        self._engine.send(SetParameter("tempo_bpm", bpm))

    def tell(self, sentence: str) -> None:
        self._on_told(sentence)

    def known(self, parameter: str) -> bool:
        """Those of the brush shape what a hand does next; the engine has no value of theirs."""
        return parameter in PARAMETERS and PARAMETERS[parameter].scope != "brush"

    def current(self, parameter: str) -> float:
        return PARAMETERS[parameter].to_normalised(self._engine.controls[parameter])

    def snapped(self, parameter: str, value: float) -> float:
        row = PARAMETERS[parameter]
        return row.to_normalised(row.from_normalised(value))
