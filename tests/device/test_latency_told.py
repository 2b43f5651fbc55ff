"""The latency reported is what passes between a gesture and its sound at the sink: within a block."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly

from synth.automaton.gestures import Gesture
from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.instrument.events import Touch, Undo
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.contract import Vocoder, VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import RATE, SPF, ScriptedSink, wait_until
from tests.doubles.samples import live_preset
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save

_GESTURES = 5
_WINDOW = 256
EVERYWHERE = {"column": 86.0, "row": 40.0, "radius_frames": 1e4, "radius_rows": 1e4}


class StampedSink(ScriptedSink):
    """Knows when each chunk is played."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: list[tuple[int, float]] = []
        self._count = 0

    def write(self, chunk: NDArray[np.float32]) -> bool:
        self.stamps.append((self._count, time.monotonic() + self.queued_s()))
        self._count += len(chunk)
        return super().write(chunk)

    def played_at(self, sample: int) -> float:
        index, at = next(stamp for stamp in reversed(self.stamps) if stamp[0] <= sample)
        return at + (sample - index) / self.rate_hz


CONFIG = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)


def spectral_and_its_oracle(folder: Path) -> tuple[Vocoder, "Oracle"]:
    """Silence, then paint: its sound begins half-way up."""

    def begins(audio: Audio, sent: int, frames: Audio, changed: int) -> int:
        after = audio[sent : sent + RATE * 6 // 10].mean(1) ** 2
        level = np.sqrt(np.convolve(after, np.ones(_WINDOW) / _WINDOW, "same"))
        return sent + int(np.argmax(level > 0.5 * np.median(level[RATE * 45 // 100 :])))

    return SpectralVocoder(live_preset(n_frames=64).mel), begins


def bigvgan_and_its_oracle(folder: Path) -> tuple[Vocoder, "Oracle"]:
    """NVIDIA's module run on the frames around the change as a whole: there the change is where they change."""
    model = package_model(CONFIG)

    def begins(audio: Audio, sent: int, frames: Audio, changed: int) -> int:
        around = torch.from_numpy(frames[:, changed - 50 : changed + 50])[None]
        with torch.no_grad():
            wave = resample_poly(model(around)[0, 0].double().numpy(), 2, 1)
        probe = wave[25 * SPF : 75 * SPF]
        heard = audio[sent - 25 * SPF : sent + 65 * SPF].mean(1).astype(np.float64)
        match = fftconvolve(heard, probe[::-1], "valid")
        energy = fftconvolve(heard**2, np.ones(len(probe)), "valid")
        misfit = 1 - match**2 / (energy * (probe**2).sum())
        # The two ways of doubling the rate differ near the top.
        assert misfit.min() < 0.03
        return sent + int(misfit.argmin())

    return LiveBigVGANVocoder.from_folder(save(folder, CONFIG, model)), begins


Audio = NDArray[np.float32]
Oracle = Callable[[Audio, int, Audio, int], int]
"""The sample of sound (N, 2), sent at about a sample, that belongs to the start of a frame of (M, T) frames."""


@pytest.mark.parametrize("pair", [spectral_and_its_oracle, bigvgan_and_its_oracle])
def test_the_latency_reported_is_what_the_sink_measures(
    pair: Callable[[Path], tuple[Vocoder, Oracle]], tmp_path: Path
) -> None:
    preset = live_preset(n_frames=64)
    state = torch.zeros_like(preset.state)
    state[0] = 0.3
    vocoder, begins = pair(tmp_path)
    sink, frames, process = StampedSink(), [], vocoder.process_voices

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    def listen(voices: VoiceFrames, spread: float = 0.0) -> torch.Tensor:
        if voices.slots:
            frames.append(voices.columns[0, 0].clone())
        return process(voices, spread)

    vocoder.process_voices = listen  # type: ignore[method-assign]
    # A culture that holds still and is silent, or all paint.
    controls = ParameterValues(frozen=True, width=0.0, follow_hand=False, playhead_speed=0.0)
    playing = Instrument(replace(preset, state=state), vocoder, RATE, controls)
    engine = Engine(playing, playing=True, open_device=open_device)
    engine.start()
    sent, told, block_s = [], [], SPF / RATE
    try:
        engine.send(Touch(Gesture("erase", **EVERYWHERE)))  # type: ignore[arg-type]
        wait_until(lambda: engine.frames > 90)
        for i in range(_GESTURES):
            # Hands know nothing of blocks.
            time.sleep(i / _GESTURES * block_s)
            sent.append(time.monotonic())
            told.append(engine.status().latency_s)
            engine.send(Touch(Gesture("paint", **EVERYWHERE)))  # type: ignore[arg-type]
            until = engine.frames + 40
            wait_until(lambda until=until: engine.frames > until)
            engine.send(Undo())
            until = engine.frames + 41
            wait_until(lambda until=until: engine.frames > until)
    finally:
        engine.close()
    columns = torch.cat(frames, dim=1).numpy()
    level = columns.mean(0)
    changed = 80 + np.flatnonzero(np.diff(level[80:]) > 0.5) + 1
    # An undo fades over some frames, downwards.
    assert len(changed) == _GESTURES
    audio, measured = sink.audio, []
    for at, frame in zip(sent, changed, strict=True):
        playing_then = max(index for index, played in sink.stamps if played <= at)
        measured.append(sink.played_at(begins(audio, playing_then, columns, int(frame))) - at)
    assert abs(np.mean(measured) - np.mean(told)) < block_s, (measured, told)
    assert np.mean(told) > (0.06 if isinstance(vocoder, SpectralVocoder) else 0.25)
