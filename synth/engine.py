"""The real-time engine: commands in, sound out, status to poll.

One thread computes blocks of two frames whenever the ring has room and does nothing else: no files, no loading, no
waiting for anybody. A feeder thread empties the ring into the device (`audio_out`), a writer thread records what the
feeder sent (`recorder`). Axes: `N` samples.
"""

import gc
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import torch
from numpy.typing import NDArray

from synth.audio_out import AudioOut, OpenSink
from synth.audition import Audition
from synth.engine_contract import Capture, Status
from synth.errors import RecordingError, UsageError
from synth.governor import Governor
from synth.instrument import Instrument
from synth.log import log_unexpected
from synth.master import Master
from synth.messages import Action, SetControls, View
from synth.notices import Noticeboard
from synth.priority import raise_thread_priority
from synth.recorder import Recorder, default_take_path
from synth.ring import Ring
from synth.sent_sound import SentSound
from synth.sinks import open_sink
from synth.vocoder.contract import Vocoder
from synth.voices import Voices
from synth.wav import SampleFormat

BLOCK_FRAMES = 2
_START_S = 0.0116
"""A block is begun when no more than this is in the ring; the device holds some 56 ms besides."""
_ALARM_S = 0.02
_CLOSE_S = 0.5
_STEPS_WINDOW_S = 1.0
_RESCUE_SERIES_S = 10.0
_TOO_SLOW_S = 1.0
"""A load above 1 for so long is left; shorter ones the ring and a slower culture bear."""
_SWITCH_INTERVAL_S = 0.0005


@dataclass(frozen=True)
class _Play:
    on: bool


@dataclass(frozen=True)
class _Swap:
    instrument: Instrument
    reason: str


@dataclass(frozen=True)
class _Change:
    vocoder: Vocoder
    reason: str
    spare: Vocoder | None
    preset: str


@dataclass(frozen=True)
class _Capture:
    answer: Future[Capture]


_Command = Action | _Play | _Swap | _Change | _Capture


class Engine:
    """Plays an instrument through a device; implements `engine_contract.EngineControl`."""

    def __init__(
        self,
        instrument: Instrument,
        *,
        device: str | None = None,
        reason: str = "",
        playing: bool = False,
        sample_format: SampleFormat = "pcm24",
        open_device: OpenSink = open_sink,
    ) -> None:
        """`device` as in `devices.choose`; `reason` says why the instrument's vocoder was chosen."""
        self.rate_hz = instrument.out_rate_hz
        self._voices = Voices(instrument)
        self._master = Master(self.rate_hz, instrument.controls.volume_db, playing=False)
        if playing:
            self._master.play()
        self.audition = Audition(self.rate_hz)
        self._notices = Noticeboard()
        self._recorder = Recorder(self.rate_hz, self._notices.post, sample_format)
        self._sent = SentSound()
        self._start_level = round(_START_S * self.rate_hz)
        self._ring = Ring(4 * self._start_level + round(0.25 * self.rate_hz))
        self._out = AudioOut(
            self.rate_hz,
            self._ring,
            self._start_level + 1,
            self._tap,
            self._notices.post,
            device,
            open_device,
        )
        self._governor = Governor()
        self._commands: SimpleQueue[_Command] = SimpleQueue()
        self._reason = reason
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._view: View | None = None
        self._view_wanted = True
        self._hidden_wanted = False
        self._latency_s = 0.0
        self._steps_per_second = 0.0
        self._steps_mark = (time.monotonic(), instrument.culture, instrument.culture.steps)
        self._rescued_at = -_RESCUE_SERIES_S
        self._kept_up_at = time.monotonic()
        self.blocks = 0
        """Blocks computed so far."""
        self.cpu_s = 0.0
        """Processor time the engine's thread has used."""

    def start(self) -> None:
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        gc.collect()
        # What is loaded by now stays: later collections need not walk through all of torch.
        gc.freeze()
        self._thread.start()
        self._out.start()

    def close(self) -> None:
        self.stop()
        deadline = time.monotonic() + _CLOSE_S
        while self._thread.is_alive() and not self._master.silent and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(min(0.1, self._out.queued_s() + 2 * _START_S))
        self._closing.set()
        self._thread.join(1.0)
        self._out.close()
        self._recorder.stop()

    def play(self) -> None:
        self._commands.put(_Play(True))

    def stop(self) -> None:
        self._commands.put(_Play(False))

    def send(self, action: Action) -> None:
        self._commands.put(action)

    def swap(self, instrument: Instrument, reason: str = "") -> None:
        if instrument.out_rate_hz != self.rate_hz:
            raise UsageError(
                f"“{instrument.preset.name}” was prepared for {instrument.out_rate_hz} Hz, but the output runs at "
                f"{self.rate_hz} Hz: load it again."
            )
        self._commands.put(_Swap(instrument, reason))

    def change_vocoder(
        self, vocoder: Vocoder, reason: str = "", spare: Vocoder | None = None, preset: str = ""
    ) -> None:
        self._commands.put(_Change(vocoder, reason, spare, preset))

    def record(self, path: Path | None = None) -> None:
        try:
            self._recorder.start(path or default_take_path(self._voices.current.preset.name))
        except RecordingError as error:
            self._notices.post(str(error), True)

    def stop_recording(self) -> None:
        self._recorder.finish()

    def set_device(self, name: str | None) -> None:
        self._out.set_device(name)

    def view(self, *, hidden: bool = False) -> View | None:
        self._hidden_wanted = hidden
        self._view_wanted = True
        return self._view

    def sound(self, n_samples: int) -> NDArray[np.float32]:
        return self._sent.latest(n_samples)

    def capture(self) -> Future[Capture]:
        answer: Future[Capture] = Future()
        self._commands.put(_Capture(answer))
        return answer

    def status(self) -> Status:
        levels, voices = self._master.read_levels(), self._voices
        return Status(
            playing=self._master.playing,
            preset=voices.current.preset.name,
            device=self._out.name,
            rate_hz=self.rate_hz,
            latency_s=self._latency_s,
            load=self._governor.load,
            steps_per_second=self._steps_per_second,
            slowed=self._governor.slowed,
            underruns=self._out.underruns,
            rescues=voices.rescues,
            peak_db=self._sent.read_peaks_db(),
            rms_db=levels.rms_db,
            recording=self._recorder.path,
            recording_s=self._recorder.seconds if self._recorder.active else 0.0,
            last_take=self._recorder.last_take,
            vocoder=f"{voices.current.vocoder.name} ({self._reason})" if self._reason else voices.current.vocoder.name,
            notices=self._notices.latest,
        )

    def _run(self) -> None:
        raise_thread_priority("sound")
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        try:
            with torch.inference_mode():
                while not self._closing.is_set():
                    if self._ring.wait_at_most(self._start_level, 0.1):
                        self._block()
        except Exception as error:
            # The thread ends, the feeder fades out: the fault is shown, not hidden behind a frozen window.
            self._notices.post(f"The sound engine has stopped; details are in {log_unexpected(error)}.", True)
            raise

    def _block(self) -> None:
        waited = self._ring.ready / self.rate_hz + self._out.queued_s()
        start = time.perf_counter()
        self._obey()
        voices, instrument = self._voices, self._voices.current
        instrument.evolution_limit = self._governor.limit
        sound, ailment = voices.process(BLOCK_FRAMES)
        sound = self.audition.mix(self._master.process(sound))
        left = self._ring.ready / self.rate_hz + self._out.queued_s() if self._out.sounding else float("inf")
        self._ring.put(sound)
        if ailment:
            self._tell_of_rescue(ailment)
        block_s = sound.shape[1] / self.rate_hz
        self._governor.note(time.perf_counter() - start, block_s, left, _ALARM_S)
        latency = 0.5 * block_s + waited + instrument.delay_s + self._master.delay_samples / self.rate_hz
        self._latency_s += (latency - self._latency_s) * (0.05 if self.blocks > 40 else 1.0)
        self.blocks += 1
        self._leave_what_is_too_slow()
        self._observe()

    def _obey(self) -> None:
        """Do what was asked since the last block."""
        with suppress(Empty):
            while True:
                match command := self._commands.get_nowait():
                    case _Play(on):
                        (self._master.play if on else self._master.stop)()
                    case _Swap(instrument, reason):
                        self._reason = reason
                        self._voices.swap(instrument)
                        self._master.set_volume(instrument.controls.volume_db)
                    case _Change():
                        self._change(command)
                    case _Capture(answer):
                        playing = self._voices.current
                        answer.set_result(Capture(playing.preset, playing.culture.save()))
                    case action:
                        if isinstance(action, SetControls):
                            self._master.set_volume(action.controls.volume_db)
                        self._voices.current.send(action)

    def _change(self, asked: _Change) -> None:
        instrument = self._voices.current
        if asked.preset in ("", instrument.preset.name):
            self._reason, instrument.spare = asked.reason, asked.spare
            instrument.change_vocoder(asked.vocoder)

    def _leave_what_is_too_slow(self) -> None:
        """A vocoder that takes longer than its sound lasts, even while the culture holds still."""
        now, instrument = time.monotonic(), self._voices.current
        if self._governor.load <= 1 or instrument.spare is None or instrument.changing or self._voices.changing:
            self._kept_up_at = now
        elif now - self._kept_up_at > _TOO_SLOW_S:
            left = instrument.vocoder.name
            self._change(_Change(instrument.spare, f"{left} did not keep up", None, ""))
            self._notices.post(
                f"{left} could not keep up with the sound, so {instrument.vocoder.name} plays on: close other programs "
                "and choose it again, or use a smaller checkpoint."
            )
            self._kept_up_at = now

    def _tap(self, chunk: NDArray[np.float32]) -> None:
        """What the feeder sends, on its thread."""
        self._sent.put(chunk)
        self._recorder.offer(chunk)

    def _tell_of_rescue(self, ailment: str) -> None:
        """One sentence for a series of rescues; the count is in the status."""
        now = time.monotonic()
        if now - self._rescued_at > _RESCUE_SERIES_S:
            self._notices.post(f"The culture was {ailment} and has been reseeded.")
        self._rescued_at = now

    def _observe(self) -> None:
        """What the window polls."""
        instrument, now = self._voices.current, time.monotonic()
        if self._view_wanted:
            self._view_wanted = False
            self._view = instrument.view(hidden=self._hidden_wanted)
        since, culture, steps = self._steps_mark
        # An undo goes back in a culture's life: steps are counted anew from there.
        if culture is not instrument.culture or culture.steps < steps:
            self._steps_mark = (now, instrument.culture, instrument.culture.steps)
        elif now - since >= _STEPS_WINDOW_S:
            self._steps_per_second = (culture.steps - steps) / (now - since)
            self._steps_mark = (now, culture, culture.steps)
        self.cpu_s = time.thread_time()
