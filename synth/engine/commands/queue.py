"""The engine's command queue: what other threads ask is done on the engine's thread, between two blocks."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue

from synth.device.ring import Ring
from synth.engine.commands.messages import (
    CaptureCommand,
    ChangeCommand,
    Command,
    FarewellCommand,
    MorphCommand,
    SwapCommand,
    TakeStartCommand,
)
from synth.engine.playing import Playing
from synth.engine.protocol import Capture
from synth.engine.takes.deck import Deck
from synth.engine.transport import Transport
from synth.instrument.events import Play, SetParameter, Stop
from synth.output.chain import Chain
from synth.saved_arrays import prefixed
from synth.takes.steps import Farewell, OutputTurned


class CommandQueue:
    """`put` from any thread, `obey` on the engine's."""

    def __init__(
        self, playing: Playing, transport: Transport, chain: Chain, deck: Deck, ring: Ring, wake: Callable[[], None]
    ) -> None:
        """`wake` ends the engine's rest."""
        self._playing, self._transport, self._chain = playing, transport, chain
        self._deck, self._ring, self._wake = deck, ring, wake
        self._commands: SimpleQueue[Command] = SimpleQueue()

    def put(self, command: Command, *, wake: bool = True) -> None:
        """Ask for this before the next block; without `wake` it does not end the engine's rest."""
        self._commands.put(command)
        if wake:
            self._wake()

    def obey(self) -> None:
        """Do what was asked since the last block."""
        if not self._deck.log_wanted:
            self._playing.log = None
        with suppress(Empty):
            while True:
                self._do(self._commands.get_nowait())

    def _do(self, command: Command) -> None:
        match command:
            case Play():
                self._playing.tell(command)
                self._transport.play()
            case Stop():
                self._playing.tell(command)
                self._transport.stop(self._playing.current)
            case FarewellCommand():
                self._deck.tell(Farewell(self._playing.current.frame))
                self._transport.farewell()
            case SwapCommand(_, instrument, reason):
                self._turn_output(instrument.controls)
                self._playing.swap(instrument, reason)
            case ChangeCommand():
                self._playing.change(command)
            case MorphCommand(partner):
                self._playing.morph(partner)
            case CaptureCommand(answer):
                playing = self._playing.current
                state = playing.state()
                second = None if playing.morph is None else playing.morph.partner.preset
                answer.set_result(Capture(playing.preset, state.culture, state, second))
            case TakeStartCommand(serial):
                self._playing.log = self._deck.tell
                output = {**self._chain.save(), **prefixed("transport", self._transport.save())}
                self._deck.tell(self._playing.start(serial, self._ring.put_in_all, output))
            case action:
                if isinstance(action, SetParameter):
                    self._turn_output({action.id: action.value})
                self._playing.send(action)

    def _turn_output(self, controls: Mapping[str, float]) -> None:
        """Let effects and master obey what concerns them."""
        self._chain.obey(controls)
        if self._deck.log_wanted and (told := self._chain.told(controls)):
            self._deck.tell(OutputTurned(self._playing.current.frame, told))
