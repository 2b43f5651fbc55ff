"""The real-time engine: commands in, sound out, status to poll.

One thread computes frames, or quarters of them, whenever the ring has room (`frame_loop`) and does nothing else: no
files, no loading, no waiting for anybody. After Stop, once nothing sounds and nothing is asked, it rests (`rest`). A
feeder thread empties the ring into the device (`audio_out`), a writer thread records what the feeder sent (`recorder`).
Axes: `N` samples.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.device.audio_out import AudioOut, OpenSink
from synth.device.outputs import BUFFER_S, Output
from synth.device.ring import Ring
from synth.device.sinks import open_sink
from synth.engine.commands import messages
from synth.engine.commands.queue import CommandQueue
from synth.engine.frame_loop import FrameLoop
from synth.engine.load import EngineLoad
from synth.engine.mixdown import CALM, Mixdown
from synth.engine.notes.note_input import NoteInput
from synth.engine.notices import Noticeboard
from synth.engine.observer import Observer
from synth.engine.playing import Playing
from synth.engine.protocol import Capture, Present, Status
from synth.engine.rest import Rest
from synth.engine.status import StatusSources
from synth.engine.takes.deck import Deck
from synth.engine.transport import Transport
from synth.errors import UsageError
from synth.instrument.events import Action, LoggedEvent, Play, Stop, View
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.log import log_unexpected
from synth.output.audition import Audition
from synth.output.chain import Chain
from synth.output.sent_levels import SentLevels
from synth.output.sent_sound import SentSound
from synth.output.test_tone import Tone
from synth.presets.routes import Region, Routes
from synth.takes.part import WHOLE, Part
from synth.takes.recorder import default_take_path
from synth.takes.wav import SampleFormat
from synth.thread_priority import raise_thread_priority, spare_the_sound
from synth.vocoder.contract import Vocoder

_CLOSE_S = 0.5


class Engine:
    """Plays an instrument through a device; implements `protocol.EngineControl`."""

    def __init__(
        self,
        instrument: Instrument,
        *,
        device: str | None = None,
        reason: str = "",
        playing: bool = False,
        again: bool = False,
        sample_format: SampleFormat = "pcm24",
        open_device: OpenSink = open_sink,
        buffer_s: float = BUFFER_S,
    ) -> None:
        """`device` as in `devices.choose`; `reason` says why the instrument's vocoder was chosen."""
        self.rate_hz = instrument.out_rate_hz
        self.audition = Audition(self.rate_hz, lambda: self._rest.wake())
        self._notices = Noticeboard()
        self._playing = Playing(instrument, reason, self._notices)
        self._deck = Deck(
            self.rate_hz,
            partial(self._notices.post, remedy="folder"),
            sample_format,
            lambda serial: self._commands.put(messages.TakeStartCommand(serial), wake=False),
            lambda: self._playing.current.controls["volume_db"],
        )
        self._tone = Tone(self.rate_hz)
        laid_over = (self._deck, self._tone, self.audition)
        self._chain = Chain(self.rate_hz, instrument.controls, playing=False, after=laid_over)
        self._transport = Transport(self._chain.master, playing, again)
        mixdown = Mixdown(self._playing.cross_fade, self._transport, self._chain, self.rate_hz)
        self._sent = SentSound(self.rate_hz)
        self._ring = Ring(round(0.3 * self.rate_hz))
        self._out = AudioOut(
            self.rate_hz,
            self._ring,
            round(CALM.start_s * self.rate_hz) + 1,
            self._tap,
            partial(self._notices.post, remedy="output"),
            device,
            open_device,
            buffer_s,
        )
        self._feeding = self._out.feeding
        self._rest = Rest(self._ring, self._feeding)
        self._load = EngineLoad()
        self._notes = NoteInput(instrument.preset.mel.frames_per_second, CALM.span_frames, CALM.jitter_s)
        self._commands = CommandQueue(
            self._playing, self._transport, self._chain, self._deck, self._ring, self._rest.wake
        )
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._observer = Observer(instrument)
        self._status = StatusSources(
            self._playing,
            self._transport,
            self._deck,
            self._feeding,
            self._rest,
            self._load,
            self._observer,
            SentLevels(self._sent, self.rate_hz),
            self._chain.master,
            self._notices,
        )
        self._loop = FrameLoop(
            self._playing,
            mixdown,
            self._commands,
            self._notes,
            self._ring,
            self._feeding,
            self._load,
            self._rest,
            self._observer,
            self._chain.delay_samples,
            laid_over,
        )
        self.cpu_s = 0.0
        """Processor time the engine's thread has used."""

    @property
    def pressed(self) -> bool:
        return self._load.pressed

    def listen(self, listener: Callable[[LoggedEvent], None]) -> None:
        """Tell this, on the engine's thread, of everything that changes what is heard later, when it is done."""
        self._playing.listener = listener

    def start(self) -> None:
        spare_the_sound()
        self._thread.start()
        self._out.start()

    def close(self) -> None:
        self.stop_take()
        self._commands.put(messages.FarewellCommand())
        deadline = time.monotonic() + _CLOSE_S
        while self._thread.is_alive() and not self._chain.silent and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(min(0.2, self._feeding.queued_s() + 2 * CALM.start_s + self._load.ahead_s))
        self._closing.set()
        self._thread.join(1.0)
        self._out.close()
        self._deck.close()

    def play(self) -> None:
        self._deck.recorder.begin()
        self._commands.put(Play())

    def stop(self) -> None:
        self._commands.put(Stop())

    def send(self, action: Action) -> None:
        self._commands.put(action)

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str = "") -> None:
        self._notes.put(events, arrived_s, source)
        self._rest.wake()

    @property
    def controls(self) -> ParameterValues:
        return self._playing.cross_fade.latest.controls

    @property
    def routes(self) -> Routes:
        return self._playing.cross_fade.latest.routes

    @property
    def region(self) -> Region:
        return self._playing.cross_fade.latest.region

    @property
    def frames(self) -> int:
        """Frames computed so far."""
        return self._loop.frames

    @property
    def late_notes(self) -> int:
        """Note events that came too late for their moment."""
        return self._notes.late

    def swap(self, instrument: Instrument, reason: str = "") -> None:
        if instrument.out_rate_hz != self.rate_hz:
            raise UsageError(
                f"“{instrument.preset.name}” was prepared for {instrument.out_rate_hz} Hz, but the output runs at "
                f"{self.rate_hz} Hz: load it again."
            )
        self._commands.put(messages.SwapCommand(instrument.description(), instrument, reason))

    def change_vocoder(
        self, vocoder: Vocoder, reason: str = "", spare: Vocoder | None = None, preset: str = ""
    ) -> None:
        self._commands.put(messages.ChangeCommand(vocoder, reason, spare, preset))

    @property
    def present(self) -> Present:
        instrument = self._playing.cross_fade.latest
        return Present(instrument.preset, instrument.out_rate_hz, instrument.setup)

    def morph(self, partner: Partner) -> None:
        self._commands.put(messages.MorphCommand(partner))

    def record(
        self, path: Path | None = None, sample_format: SampleFormat | None = None, *, wait: bool = False
    ) -> None:
        self._deck.record(path or default_take_path(self._playing.current.preset.name), sample_format, wait)
        self._rest.wake()

    def stop_recording(self) -> None:
        self._deck.recorder.finish()

    def play_take(self, path: Path, part: Part = WHOLE) -> None:
        self._deck.play(path, part)
        self._rest.wake()

    def stop_take(self) -> None:
        self._deck.player.stop()

    def set_device(self, name: str | None) -> None:
        self._out.set_device(name)

    def set_output(self, output: Output) -> Future[str]:
        """As in the protocol; an engine keeps its rate, `rate_change` has one that does not."""
        if output.rate_hz in (None, self.rate_hz):
            return self._out.ask_device(output.device, output.buffer_s)
        answer: Future[str] = Future()
        answer.set_result(f"The output stays at {self.rate_hz / 1000:g} kHz here: choose that rate.")
        return answer

    def test_tone(self) -> None:
        self._tone.start()
        self._rest.wake()

    def release(self) -> tuple[Instrument, str]:
        """The instrument of a closed engine, for another to go on with, and why its vocoder was chosen."""
        return self._playing.cross_fade.latest, self._playing.reason

    def view(self, *, hidden: bool = False) -> View | None:
        return self._observer.ask(hidden=hidden)

    def sound(self, n_samples: int) -> NDArray[np.float32]:
        return self._sent.latest(n_samples)

    def capture(self) -> Future[Capture]:
        answer: Future[Capture] = Future()
        self._commands.put(messages.CaptureCommand(answer))
        return answer

    def status(self) -> Status:
        return self._status.status(self.rate_hz, self._loop.out_delay_s)

    def _run(self) -> None:
        raise_thread_priority("sound")
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        try:
            with torch.inference_mode():
                while not self._closing.is_set():
                    if self._rest.resting:
                        self._rest.pass_time(self._playing.current, self._observer, self._loop.out_delay_s)
                        self.cpu_s = time.thread_time()
                    elif self._ring.wait_at_most(self._loop.start_level, 0.1):
                        self._loop.compute()
                        self.cpu_s = time.thread_time()
        except Exception as error:
            # The thread ends, the feeder fades out: the fault is shown, not hidden behind a frozen window.
            self._notices.post(
                f"The sound engine has stopped, takes are whole: start Petrichord again; details are in "
                f"{log_unexpected(error)}.",
                True,
                "log",
            )
            raise

    def _tap(self, chunk: NDArray[np.float32]) -> None:
        """What the feeder sends, on its thread."""
        self._sent.put(chunk)
        self._deck.offer(chunk, self._ring.gone_in_all)
