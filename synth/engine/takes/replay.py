"""A performance played again, faster than it was: the same instruments, fades and master as in the engine, no device.

At the take's rate, with its vocoder and on its machine every sample is the take's; at another rate it is what that
take would have been, without the gaps its device had. What was laid over the sound (a take that was played, an
audition, a test tone) is not part of a performance. Axes: `N` samples; sound is (2, N) float32, a take's is (N, 2).
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from synth.engine.mixdown import Mixdown
from synth.engine.preset_cross_fade import PresetCrossFade
from synth.engine.transport import Transport
from synth.errors import RecordingError
from synth.instrument.events import ChangeVocoder, Event, LoggedEvent, Play, Rescue, Stop
from synth.instrument.note_events import NoteEvent
from synth.output.chain import Chain
from synth.output.limiter import Audio
from synth.saved_arrays import part
from synth.takes.performance import Performance, Step
from synth.takes.rebuild import ChooseVocoder, rebuilt
from synth.takes.steps import Farewell, MorphBegun, OutputTurned, PresetBegun
from synth.takes.wav import FadedEnds

_MOST_AT_ONCE = 2**15


class Replay:
    """One performance; `sound` once."""

    def __init__(self, performance: Performance, choose: ChooseVocoder, rate_hz: int | None = None) -> None:
        """Slow; `RecordingError` when what was kept cannot be played."""
        self._performance, self._choose = performance, choose
        self.rate_hz = performance.rate_hz if rate_hz is None else rate_hz
        beginning, outgoing = performance.beginning, performance.outgoing
        self._cross_fade = PresetCrossFade(rebuilt(beginning, self.rate_hz, choose))
        self._chain = Chain(self.rate_hz, beginning.state.controls, playing=False)
        self._transport = Transport(self._chain.master, held=False)
        self._mixdown = Mixdown(self._cross_fade, self._transport, self._chain, self.rate_hz)
        before = None if outgoing is None else rebuilt(outgoing, self.rate_hz, choose, leaving=True)
        try:
            self._cross_fade.restore(part("fades", performance.mix), before, performance.rate_hz)
            self._chain.restore(performance.mix, performance.rate_hz)
            self._transport.restore(part("transport", performance.mix))
        except (KeyError, ValueError) as error:
            raise RecordingError(
                f"The state in which the take of “{beginning.preset.name}” began is damaged or not of this version "
                f"({error}): it cannot be rendered; its sound is whole."
            ) from error
        self._steps, self._done = performance.steps, 0
        self._ready = np.zeros((0, 2), np.float32)

    @property
    def n_samples(self) -> int:
        """Of the whole take at this rate."""
        took = self._performance
        if self.rate_hz == took.rate_hz:
            return took.samples
        made = took.samples + sum(sent.taken - len(sent.sound) for sent in took.sent)
        return round(made * self.rate_hz / took.rate_hz)

    def filed(self) -> Iterator[NDArray[np.float32]]:
        """What the take's file holds, in pieces (N, 2): the sound, with ends that were faded in the file alone."""
        fades = FadedEnds(self.rate_hz, self._performance.end_fade_s)
        yield from map(fades.put, self.sound())
        yield fades.end(cut_short=not self._performance.whole)

    def sound(self) -> Iterator[NDArray[np.float32]]:
        """What was sent while the take was recorded, in pieces (N, 2)."""
        took = self._performance
        faster = self.rate_hz / took.rate_hz
        for _ in self._made(round(took.skip * faster)):
            pass
        done = 0
        for sent in took.sent if faster == 1 else ():
            if sent.at >= took.samples:
                break
            yield from self._made(sent.at - done)
            for _ in self._made(sent.taken):
                pass
            replaced = sent.sound[: took.samples - sent.at]
            for begin in range(0, len(replaced), _MOST_AT_ONCE):
                yield replaced[begin : begin + _MOST_AT_ONCE]
            done = sent.at + len(replaced)
        yield from self._made(self.n_samples - done)

    def _made(self, n: int) -> Iterator[NDArray[np.float32]]:
        """The engine's next `n` samples, in pieces."""
        while n > 0:
            if not len(self._ready):
                self._ready = self._block().T
            piece, self._ready = self._ready[:n], self._ready[n:]
            n -= len(piece)
            yield piece

    def _block(self) -> Audio:
        # As the engine's thread has it: the smallest numbers are zeros, or the samples would differ.
        torch.set_flush_denormal(True)
        try:
            with torch.inference_mode():
                notes = self._do_what_is_due()
                self._mixdown.begin(self._cross_fade.begin)
                return self._mixdown.finish(notes, self._cross_fade.take)
        finally:
            torch.set_flush_denormal(False)

    def _do_what_is_due(self) -> list[Event]:
        """What is to be done before the next frame; the notes that come within it."""
        notes: list[Event] = []
        while self._done < len(self._steps):
            step = self._steps[self._done]
            if step.frame > self._cross_fade.latest.frame:
                break
            self._done += 1
            if isinstance(step, LoggedEvent) and isinstance(step.action, NoteEvent):
                notes.append(Event(step.frame, step.action, step.share))
            else:
                self._do(step)
        return notes

    def _do(self, step: Step) -> None:
        instrument = self._cross_fade.latest
        match step:
            case OutputTurned():
                self._chain.obey(step.controls)
            case Farewell():
                self._transport.farewell()
            case PresetBegun():
                with torch.inference_mode(False):
                    begun = rebuilt(step.beginning, self.rate_hz, self._choose)
                instrument.schedule(step.left)
                self._cross_fade.swap(begun)
            case MorphBegun():
                with torch.inference_mode(False), torch.no_grad():
                    instrument.begin_morph(step.partner_of(instrument))
            case LoggedEvent(action=Play()):
                self._transport.play()
            case LoggedEvent(action=Stop()):
                self._transport.stop(self._cross_fade.current)
            case LoggedEvent(action=ChangeVocoder(name, reason)):
                vocoder = self._choose(name, instrument.preset)
                with torch.inference_mode(False), torch.no_grad():
                    vocoder.prepare(instrument.preset, self.rate_hz, n_heads=2)
                instrument.change_vocoder(vocoder, reason)
            case LoggedEvent(action=Rescue()):
                # The culture falls ill again, and the cross-fade notices it as it did.
                pass
            case LoggedEvent():
                instrument.schedule([Event(**vars(step))])
