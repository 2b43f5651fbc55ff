"""The engine as a window has it: when the output's rate changes, one engine goes on where another ended.

Everything in an engine is made for one rate, except what matters: the instrument. Its culture, undo, playhead and
controls know no rate, so the instrument moves into a new engine with a vocoder made for the new rate, between a fade
out and a fade in. What is asked meanwhile is done afterwards; nothing is lost.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.device.audio_out import OpenSink
from synth.device.devices import Device, find_device
from synth.device.outputs import Output
from synth.device.sinks import open_sink, rate_refusal
from synth.engine.engine import Engine
from synth.engine.notices import Noticeboard
from synth.engine.protocol import Capture, Present, Status
from synth.errors import PetrichordError
from synth.instrument.events import Action, SetParameter, View
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_vocoder
from synth.output.audition import Audition
from synth.presets.routes import Region, Routes
from synth.takes.part import WHOLE, Part
from synth.takes.wav import SampleFormat
from synth.vocoder.contract import Vocoder

FindDevice = Callable[[str | None], Device]
RateRefusal = Callable[[Device, int], str]


@dataclass(frozen=True)
class _Past:
    """What earlier engines had to tell."""

    underruns: int = 0
    rescues: int = 0
    last_take: Path | None = None
    clipped: int = 0


@dataclass(frozen=True)
class _Late:
    """An instrument that is on its way to another rate, and what was asked of it meanwhile."""

    instrument: Instrument
    missed: list[Action] = field(default_factory=list)


class ReopeningEngine:
    """Implements `protocol.EngineControl`."""

    def __init__(
        self,
        instrument: Instrument,
        output: Output,
        *,
        reason: str = "",
        open_device: OpenSink = open_sink,
        find: FindDevice = find_device,
        refusal: RateRefusal = rate_refusal,
    ) -> None:
        """`instrument` is prepared for the rate to begin with, whatever `output` says."""
        self._open_device, self._find, self._refusal = open_device, find, refusal
        self._board = Noticeboard()
        self._seen = 0
        self._past = _Past()
        self._lock = threading.Lock()
        self._held: list[Callable[[Engine], object]] | None = None
        """What was asked while there is no engine to ask."""
        self._late: _Late | None = None
        self._rate_hz = instrument.out_rate_hz
        self._engine = self._made(instrument, reason, output, playing=False)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="output-change")

    def start(self) -> None:
        self._engine.start()

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._engine.close()

    def play(self) -> None:
        self._do(lambda engine: engine.play())

    def stop(self) -> None:
        self._do(lambda engine: engine.stop())

    def send(self, action: Action) -> None:
        with self._lock:
            # Whoever sends means what is on its way to being heard as well.
            if self._late is not None:
                self._late.missed.append(action)
            self._do_locked(lambda engine: engine.send(action))

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str = "") -> None:
        self._do(lambda engine: engine.play_notes(events, arrived_s, source))

    @property
    def controls(self) -> ParameterValues:
        return self._engine.controls

    @property
    def routes(self) -> Routes:
        return self._engine.routes

    @property
    def region(self) -> Region:
        return self._engine.region

    def swap(self, instrument: Instrument, reason: str = "") -> None:
        # Of several that were asked for, the last is heard: one that is still being moved is left.
        with self._lock:
            if instrument.out_rate_hz == self._rate_hz:
                self._late = None
                self._do_locked(lambda engine: engine.swap(instrument, reason))
            else:  # It was being prepared while the rate changed.
                self._late = _Late(instrument)
                self._worker.submit(self._swap_late, self._late)

    def change_vocoder(
        self, vocoder: Vocoder, reason: str = "", spare: Vocoder | None = None, preset: str = ""
    ) -> None:
        self._do(lambda engine: engine.change_vocoder(vocoder, reason, spare, preset))

    @property
    def present(self) -> Present:
        return self._engine.present

    def morph(self, partner: Partner) -> None:
        self._do(lambda engine: engine.morph(partner))

    def record(
        self, path: Path | None = None, sample_format: SampleFormat | None = None, *, wait: bool = False
    ) -> None:
        self._do(lambda engine: engine.record(path, sample_format, wait=wait))

    def stop_recording(self) -> None:
        self._do(lambda engine: engine.stop_recording())

    def play_take(self, path: Path, part: Part = WHOLE) -> None:
        self._do(lambda engine: engine.play_take(path, part))

    def stop_take(self) -> None:
        self._do(lambda engine: engine.stop_take())

    def set_device(self, name: str | None) -> None:
        self._do(lambda engine: engine.set_device(name))

    def set_output(self, output: Output) -> Future[str]:
        answer: Future[str] = Future()
        self._worker.submit(self._change, output, answer).add_done_callback(
            lambda done: answer.cancel() if done.cancelled() else None
        )
        return answer

    @property
    def pressed(self) -> bool:
        return self._engine.pressed

    @property
    def audition(self) -> Audition:
        return self._engine.audition

    def test_tone(self) -> None:
        self._do(lambda engine: engine.test_tone())

    def view(self, *, hidden: bool = False) -> View | None:
        return self._engine.view(hidden=hidden)

    def sound(self, n_samples: int) -> NDArray[np.float32]:
        return self._engine.sound(n_samples)

    def capture(self) -> Future[Capture]:
        answer: Future[Capture] = Future()
        self._do(lambda engine: engine.capture().add_done_callback(lambda done: answer.set_result(done.result())))
        return answer

    def status(self) -> Status:
        with self._lock:
            status, past = self._engine.status(), self._past
            self._pass_on(status)
        return replace(
            status,
            rate_hz=self._rate_hz,
            underruns=past.underruns + status.underruns,
            rescues=past.rescues + status.rescues,
            clipped=past.clipped + status.clipped,
            last_take=status.last_take or past.last_take,
            notices=self._board.latest,
        )

    def _do(self, action: Callable[[Engine], object]) -> None:
        with self._lock:
            self._do_locked(action)

    def _do_locked(self, action: Callable[[Engine], object]) -> None:
        if self._held is None:
            action(self._engine)
        else:
            self._held.append(action)

    def _pass_on(self, status: Status) -> None:
        """An engine's notices get serial numbers that go on from one engine to the next."""
        for notice in status.notices:
            if notice.serial > self._seen:
                self._seen = notice.serial
                self._board.post(notice.text, notice.urgent, notice.remedy)

    # On the worker's thread

    def _made(self, instrument: Instrument, reason: str, output: Output, *, playing: bool) -> Engine:
        return Engine(
            instrument,
            device=output.device,
            reason=reason,
            playing=playing,
            again=True,
            open_device=self._open_device,
            buffer_s=output.buffer_s,
        )

    def _change(self, output: Output, answer: "Future[str]") -> None:
        """Answer with "" once it plays so, or with the reason why it cannot."""
        try:
            device = self._find(output.device)
            rate_hz = output.rate_hz or device.rate_hz
            if rate_hz == self._rate_hz:
                # Not waited for: a device may take its time, and there may be more to do here.
                asked = self._engine.set_output(replace(output, rate_hz=rate_hz))
                asked.add_done_callback(lambda done: answer.set_result(done.result()))
                return
            problem = self._refusal(device, rate_hz)
            if not problem and self._engine.status().recording is not None:
                problem = f"A take is being recorded at {self._rate_hz / 1000:g} kHz: stop it before changing the rate."
            if not problem:
                self._reopen(output, rate_hz)
        except PetrichordError as error:
            problem = str(error)
        answer.set_result(problem)

    def _reopen(self, output: Output, rate_hz: int) -> None:
        old = self._engine
        preset = old.release()[0].preset
        # Slow, and so done while the old engine still plays.
        prepared = ready_vocoder(preset, rate_hz)
        with self._lock:
            self._held, self._rate_hz = [], rate_hz
            status = old.status()
            self._pass_on(status)
        old.close()
        instrument = old.release()[0]
        if instrument.preset is not preset:
            prepared = ready_vocoder(instrument.preset, rate_hz)
        vocoder, reason, spare = prepared
        with torch.no_grad():
            instrument.move_to_rate(rate_hz, vocoder, spare)
            # Ends of notes that were on their way are lost with the old engine.
            instrument.let_go()
        new = self._made(instrument, reason, output, playing=status.playing)
        new.start()
        with self._lock:
            ended, past = old.status(), self._past
            self._pass_on(ended)
            self._past = _Past(
                past.underruns + ended.underruns,
                past.rescues + ended.rescues,
                ended.last_take or past.last_take,
                past.clipped + ended.clipped,
            )
            self._engine, self._seen = new, 0
            held, self._held = self._held or [], None
            for action in held:
                action(new)
        self._board.post(f"The output runs at {rate_hz / 1000:g} kHz now; the culture has gone on.")

    def _swap_late(self, late: _Late) -> None:
        """Swap in an instrument that was prepared for another rate; it gets what was sent while it was moved."""
        instrument = late.instrument
        vocoder, reason, spare = ready_vocoder(instrument.preset, self._rate_hz)
        with torch.no_grad():
            instrument.move_to_rate(self._rate_hz, vocoder, spare)
        with self._lock:
            if self._late is not late:
                return
            self._late = None
            for action in late.missed:
                # Effects and master follow what the instrument says when it is swapped in.
                (instrument.do if isinstance(action, SetParameter) else instrument.send)(action)
            self._do_locked(lambda engine: engine.swap(instrument, reason))
