"""The spectral vocoder: sines where the recording has partials, shaped noise for the rest.

Spectral modelling synthesis (Serra and Smith 1990), driven by mel frames. It needs no weights, keeps a held note's
pitch for ever and speaks every mel format at every output rate. Axes: `B` heads, `M` mel bands, `n` frames of a
block, `P` partials, `N` samples.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.errors import VocoderUnavailable
from synth.mel import LOG_MEL_FLOOR, MelFormat, band_edges_hz
from synth.presets.model import Preset
from synth.vocoder.arrays import Floats
from synth.vocoder.contract import samples_until
from synth.vocoder.spectral.air import Air
from synth.vocoder.spectral.amplitudes import AmplitudeSolver
from synth.vocoder.spectral.atoms import partial_responses
from synth.vocoder.spectral.free_partials import FreePartials
from synth.vocoder.spectral.high_partials import HighPartials
from synth.vocoder.spectral.noise_shaper import NoiseShaper
from synth.vocoder.spectral.oscillators import OscillatorBank, VibratoClock
from synth.vocoder.spectral.partial_set import PartialSet

# Louder than a full-scale square wave in any row: what a saturated grid is limited to.
_LOUDEST_LOG_MEL = 3.0
_PITCH_RANGE = (1 / 16, 16.0)
MOST_TRIM_DB = 4.0
"""Rows may be trimmed by this much: what is painted there moves with them."""


class SpectralVocoder:
    """Mel frames to sound by partials, free partials, noise and air."""

    name = "spectral"

    def __init__(self, fmt: MelFormat) -> None:
        self._format = fmt
        self._ready = False

    @property
    def format(self) -> MelFormat:
        return self._format

    @property
    def delay_samples(self) -> int:
        """Half a noise window less half a hop: a frame's window must have begun before its centre sounds."""
        return self._delay

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        fmt = self._format
        if preset.mel != fmt:
            raise VocoderUnavailable(
                f"The preset “{preset.name}” speaks {preset.mel.name}, this vocoder {fmt.name}: choose the spectral "
                "vocoder, which speaks every format."
            )
        self._out_rate, self._n_heads = out_rate_hz, n_heads
        self._partials = PartialSet.of(preset)
        fitted = self._partials.fitted_hz
        self._solver = AmplitudeSolver(partial_responses(fitted, fmt), self._partials.prior)
        self._free = FreePartials(fmt, fitted)
        self._bank = OscillatorBank(np.concatenate([self._partials.hz, self._free.hz]), out_rate_hz, seed)
        self._vibrato = VibratoClock(preset.vibrato, seed)
        self._air = Air(preset.high_band, out_rate_hz / 2, fmt.rate_hz)
        self._noise = NoiseShaper(fmt, self._air.edges_hz, out_rate_hz, seed, n_heads)
        trim_db = np.zeros(fmt.n_mels) if preset.trim_db is None else preset.trim_db.numpy()
        self._trim = (10 ** (np.clip(trim_db, -MOST_TRIM_DB, MOST_TRIM_DB) / 20)).astype(np.float32)
        self._high = HighPartials(self._partials.high_hz, self._partials.high_amplitude, self._air)
        self._high.calibrate(preset, self._partials.fitted_amplitude, self._solver, self._air, self._noise)
        hop = fmt.hop * out_rate_hz / fmt.rate_hz
        self._delay = math.ceil((self._noise.length - hop) / 2) + 1
        self._top_hz = float(band_edges_hz(fmt)[-1])
        self._ready = True
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        n = 0 if warm is None else warm.shape[2]
        self._bank.reset()
        self._free.reset()
        self._noise.reset()
        self._frame = -n
        self._start = samples_until(-n, self._format, self._out_rate) - self._delay
        self._buffer = np.zeros((self._n_heads, 0), np.float32)
        if warm is not None:
            self.process(warm, torch.ones(warm.shape[0], n))

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        columns = log_mel.detach().cpu().numpy().astype(np.float32, copy=False)
        pitch = pitch_ratio.detach().cpu().numpy().astype(np.float64)[0]
        self._push(columns, np.clip(pitch, *_PITCH_RANGE), spread)
        return torch.from_numpy(self._emit(samples_until(self._frame, self._format, self._out_rate)))

    def flush(self) -> Tensor:
        end = samples_until(self._frame, self._format, self._out_rate) + self._delay
        silence = np.full((self._n_heads, self._format.n_mels, 1), LOG_MEL_FLOOR, np.float32)
        while samples_until(self._frame, self._format, self._out_rate) < end:
            self._push(silence, np.full(1, self._bank.pitch_ratio), 0.0)
        return torch.from_numpy(self._emit(end))

    def _emit(self, end: int) -> Floats:
        """Everything before output sample `end`, which is signal sample `end` − delay."""
        count = end - self._delay - self._start
        out = self._buffer[:, :count].copy()
        self._buffer = self._buffer[:, count:]
        self._start += count
        return out

    def _push(self, log_columns: Floats, pitch: npt.NDArray[np.float64], spread: float) -> None:
        """Add frames (B, M, n) to the buffer."""
        heads, rows, n = log_columns.shape
        stacked = np.ascontiguousarray(log_columns.transpose(2, 0, 1)).reshape(n * heads, rows)
        stacked = np.clip(np.nan_to_num(stacked, nan=LOG_MEL_FLOOR), LOG_MEL_FLOOR, _LOUDEST_LOG_MEL)
        # The floor itself is silence, so that a silent grid is digital silence.
        linear = np.maximum(np.exp(stacked) - np.float32(1.001e-5), 0) * self._trim
        amplitude, explained = self._solver.solve(linear)
        residual = np.maximum(linear - explained, 0).reshape(n, heads, rows)
        whole = linear.reshape(n, heads, rows)
        tones, noise = np.empty_like(residual), np.empty_like(residual)
        for i in range(n):
            tones[i], noise[i] = self._free.take(residual[i], whole[i])
        high, air = self._high.split(self._air.densities(stacked, self._noise.densities(linear)), self._air)
        amplitude = np.concatenate([amplitude, high], axis=1).reshape(n, heads, -1)
        wanted = np.concatenate([noise.reshape(n * heads, rows), self._noise.high_rows(air)], axis=1)
        wanted = wanted.reshape(n, heads, -1)
        for i in range(n):
            moved = self._partials.transposed(amplitude[i], float(pitch[i]))
            self._add_frame(np.concatenate([moved, tones[i]], axis=1), wanted[i], float(pitch[i]), spread)

    def _add_frame(self, amplitude: Floats, noise: Floats, pitch_ratio: float, spread: float) -> None:
        fmt, frame = self._format, self._frame
        hop = fmt.hop * self._out_rate / fmt.rate_hz
        # Centres in exact integers first: an hour of frames must not lose fractions of samples.
        doubled = (2 * frame + 1) * fmt.hop * self._out_rate
        centre, last = (
            doubled / (2 * fmt.rate_hz),
            (doubled - 2 * fmt.hop * self._out_rate) / (2 * fmt.rate_hz),
        )
        begin, end = math.ceil(last), math.ceil(centre)
        noise_begin = round(centre) - self._noise.length // 2
        noise_end = round(centre + hop) - self._noise.length // 2
        self._reserve(max(end, noise_end))

        pitch = pitch_ratio * self._vibrato.factor((frame + 0.5) / fmt.frames_per_second)
        glide = self._bank.advance(
            amplitude * self._bank.audible(pitch).astype(np.float32),
            pitch,
            pitch_ratio,
            hop,
            np.arange(begin, end, dtype=np.float64) - last,
        )
        self._buffer[:, begin - self._start : end - self._start] += glide
        at, count = noise_begin - self._start, noise_end - noise_begin
        self._buffer[:, at : at + count] += self._noise.advance(noise, frame, spread, count)
        self._frame += 1

    def _reserve(self, end: int) -> None:
        missing = end - self._start - self._buffer.shape[1]
        if missing > 0:
            self._buffer = np.pad(self._buffer, ((0, 0), (0, missing)))
