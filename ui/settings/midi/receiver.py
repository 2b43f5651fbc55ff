"""What MIDI asks of the window's engine: notes, presets, and parameters whose knobs follow in the window."""

import threading
from collections.abc import Callable, Sequence

from synth.engine.notes.midi_receiver import EngineReceiver
from synth.engine.protocol import EngineControl
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.table import PARAMETERS
from synth.midi.learn import ParameterMove
from ui.perform.sounding import PlayNotes


class WindowReceiver(EngineReceiver):
    """Called on MIDI's threads; the window takes what has moved when it looks."""

    def __init__(
        self,
        engine: EngineControl,
        play: PlayNotes,
        on_program: Callable[[int], None],
        on_told: Callable[[str], None],
    ) -> None:
        """`play` hands notes to the engine and remembers them for the keyboard on screen."""
        super().__init__(engine, on_program, on_told)
        self._play = play
        self._moved: dict[str, float] = {}
        self._lock = threading.Lock()

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        self._play(events, arrived_s, source)

    def move_parameter(self, move: ParameterMove) -> None:
        super().move_parameter(move)
        with self._lock:
            self._moved[move.parameter] = PARAMETERS[move.parameter].from_normalised(move.value)

    def take_moved(self) -> dict[str, float]:
        """The latest value of every parameter that was moved since this was asked last."""
        with self._lock:
            moved, self._moved = self._moved, {}
        return moved
