"""The spectral vocoder: sines where the recording has partials, shaped noise for the rest.

Spectral modelling synthesis (Serra and Smith 1990), driven by mel frames. It needs no weights, keeps a held note's
pitch for ever and speaks every mel format at every output rate. All voices' columns are solved in one batch and their
partials sounded by one bank; their noise does not move with the note, so its rows add up and are shaped once.

Axes: `V` voices of a call, `A` voices that are alive, `F` pairs of a voice and a frame in which it is heard, `B` heads,
`M` mel bands, `n` frames of a block, `P` oscillators, `R` rows of noise: mel bands, then high bands, `N` samples.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.errors import VocoderUnavailable
from synth.mel import LOG_MEL_FLOOR, MelFormat
from synth.presets.model import Preset
from synth.saved_arrays import SavedArrays, fitted, part, prefixed
from synth.vocoder.arrays import Doubles, Floats, audible, given_array, note_of
from synth.vocoder.contract import Onset, Vocoder, VoiceFrames, samples_until
from synth.vocoder.spectral.air import Air
from synth.vocoder.spectral.amplitudes import AmplitudeSolver, ColumnParts
from synth.vocoder.spectral.atoms import partial_responses
from synth.vocoder.spectral.free_partials import FreePartials
from synth.vocoder.spectral.high_partials import HighPartials
from synth.vocoder.spectral.movement.line_wander import LineWander
from synth.vocoder.spectral.movement.shimmer import Shimmer
from synth.vocoder.spectral.movement.tremolo import Tremolo
from synth.vocoder.spectral.movement.vibrato import VibratoClock
from synth.vocoder.spectral.noise_shaper import NoiseShaper
from synth.vocoder.spectral.oscillators import OscillatorBank
from synth.vocoder.spectral.partial_set import PartialSet
from synth.vocoder.spectral.row_split import RowSplit
from synth.vocoder.spectral.voice_state import LEAVING, VoiceState

# Louder than a full-scale square wave in any row: what a saturated grid is limited to.
_LOUDEST_LOG_MEL = 3.0
_MOST_VOICES = 64
_MOST_FRAMES = 2**40
MOST_TRIM_DB = 4.0
"""Rows may be trimmed by this much: what is painted there moves with them."""
Rows = npt.NDArray[np.int64]
"""Which voices, by their rows in the state."""


class SpectralVocoder(Vocoder):
    """Mel frames to sound by partials, free partials, noise and air."""

    def __init__(self, fmt: MelFormat) -> None:
        self._format = fmt

    @property
    def name(self) -> str:
        return "spectral"

    @property
    def format(self) -> MelFormat:
        return self._format

    @property
    def delay_samples(self) -> int:
        """Half a noise window less half a hop: a frame's window must have begun before its centre sounds."""
        return self._delay

    @property
    def strikes_at_once(self) -> bool:
        """Partials need no lookahead, noise does: it follows with the first frame."""
        return True

    @property
    def max_voices(self) -> int:
        return _MOST_VOICES

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        fmt = self._format
        if preset.mel != fmt:
            raise VocoderUnavailable(
                f"The preset “{preset.name}” has the format {preset.mel.name}, this vocoder {fmt.name}: choose the "
                "spectral vocoder of the preset's format."
            )
        self._preset, self._out_rate, self._n_heads, self._seed = preset, out_rate_hz, n_heads, seed
        self._partials = PartialSet.of(preset)
        fitted = self._partials.fitted_hz
        self._solver = AmplitudeSolver(partial_responses(fitted, fmt), self._partials.prior)
        self._row_split = RowSplit(preset, fitted)
        self._free = FreePartials(fmt, fitted)
        shimmer = Shimmer.of(preset, self._partials.hz, len(fitted), seed)
        self._bank = OscillatorBank(np.concatenate([self._partials.hz, self._free.hz]), out_rate_hz, seed, shimmer)
        self._vibrato = VibratoClock(preset.vibrato, seed)
        stored_hz = self._partials.hz[: len(self._partials.hz) - len(self._partials.upper_hz)]
        self._tremolo = Tremolo(preset, stored_hz, 1 / fmt.frames_per_second)
        self._wander = LineWander(preset, self._partials.hz, 1 / fmt.frames_per_second, seed)
        self._air = Air(preset.high_band, out_rate_hz / 2, fmt.rate_hz)
        self._noise = NoiseShaper(fmt, self._air.edges_hz, out_rate_hz, seed, n_heads)
        trim_db = np.zeros(fmt.n_mels) if preset.trim_db is None else preset.trim_db.numpy()
        self._trim = (10 ** (np.clip(trim_db, -MOST_TRIM_DB, MOST_TRIM_DB) / 20)).astype(np.float32)
        self._high = HighPartials(self._partials.high_hz, self._partials.high_amplitude, self._air)
        self._high.calibrate(preset, self._partials.fitted_amplitude, self._solver, self._air, self._noise)
        hop = fmt.hop * out_rate_hz / fmt.rate_hz
        self._delay = math.ceil((self._noise.length - hop) / 2) + 1
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        n = 0 if warm is None else warm.shape[2]
        self._voices = VoiceState.none(self._n_heads, self._format.n_mels, self._bank.n_oscillators, self._tremolo.size)
        self._noise.reset()
        self._frame = -n
        self._start = self._samples_until(-n) - self._delay
        self._buffer = np.zeros((self._n_heads, 0), np.float32)
        if warm is not None:
            self.process(warm, torch.ones(warm.shape[0], n))

    def follow(self, other: "SpectralVocoder") -> None:
        """Forget the past, and be at the frame that another vocoder of the same rate is at."""
        self.reset()
        self._frame = other._frame
        self._start = self._samples_until(self._frame) - self._delay

    def save(self) -> SavedArrays | None:
        clock = np.array([self._frame, self._seed], np.int64)
        waiting = {"noise": self._noise.written.copy(), "buffer": self._buffer.copy()}
        return {"clock": clock, **waiting, **prefixed("voices", self._voices.save())}

    def restore(self, saved: SavedArrays) -> None:
        frame, seed = fitted(saved, "clock", (2,), np.int64).tolist()
        buffer = fitted(saved, "buffer", (self._n_heads, None))
        if seed != self._seed:
            self.prepare(self._preset, self._out_rate, self._n_heads, seed)
        if abs(frame) > _MOST_FRAMES or buffer.shape[1] > 4 * self._noise.length:
            raise ValueError("clock")
        self._voices.restore(part("voices", saved))
        self._noise.written = fitted(saved, "noise", self._noise.written.shape)
        self._frame, self._buffer = frame, buffer
        self._start = self._samples_until(frame) - self._delay

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        self.free(slot)
        self._voices.add(slot, note, *self._bank.chance(slot, note))

    def strike(self, slot: int, note: int, offset_samples: int, onset: Onset) -> Tensor:
        begin = self._samples_until(self._frame - 1)
        if not 0 <= offset_samples < self._samples_until(self._frame) - begin:
            raise ValueError(f"An onset {offset_samples} samples into a frame lies outside of it.")
        if onset.columns.shape != (self._n_heads, self._format.n_mels, 3):
            raise ValueError(f"An onset has three columns for each head, not {tuple(onset.columns.shape)}.")
        self.start(slot, note)
        path = self._path(len(self._voices) - 1, onset)
        at = begin - self._delay + offset_samples
        centres = [self._centre(self._frame - back) for back in (3, 2, 1)]
        sound = self._bank.struck(at, centres, self._voices, len(self._voices) - 1, path, self._frame)
        given = max(0, self._start - at)
        self._reserve(at + sound.shape[1])
        self._buffer[:, at + given - self._start : at + sound.shape[1] - self._start] += sound[:, given:]
        return torch.from_numpy(sound[:, :given])

    def free(self, slot: int) -> None:
        self._voices.slots[self._voices.slots == slot] = LEAVING

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        if len(voices.slots) > self.max_voices:
            raise ValueError(f"{len(voices.slots)} voices are more than the {self.max_voices} that may sound at once.")
        for slot, row in zip(voices.slots, self._voices.rows_of(voices.slots), strict=True):
            if row < 0:
                # As the drone begins: no onset of its own.
                self._voices.add(slot, 0, *self._bank.chance(slot, 0))
        self._push(voices, spread)
        return torch.from_numpy(self._emit(self._samples_until(self._frame)))

    def flush(self) -> Tensor:
        end = self._samples_until(self._frame) + self._delay
        nobody = np.zeros(0, np.int64)
        while self._samples_until(self._frame) < end:
            self._add_frame(nobody, np.zeros(0), nobody, np.zeros((0, self._n_heads), np.float32), None, 0.0)
        return torch.from_numpy(self._emit(end))

    def _samples_until(self, frames: int) -> int:
        return samples_until(frames, self._format, self._out_rate)

    def _centre(self, frame: int) -> float:
        """In samples; exact integers first, or an hour of frames would lose fractions of samples."""
        return (2 * frame + 1) * self._format.hop * self._out_rate / (2 * self._format.rate_hz)

    def _emit(self, end: int) -> Floats:
        """Everything before output sample `end`, which is signal sample `end` − delay."""
        count = end - self._delay - self._start
        out = self._buffer[:, :count].copy()
        self._buffer = self._buffer[:, count:]
        self._start += count
        return out

    def _push(self, given: VoiceFrames, spread: float) -> None:
        """Add frames."""
        columns, ratios, gain = given_array(given.columns), note_of(given.pitch_ratio), audible(given.gain)
        heard = np.asarray(gain.any(axis=1))
        frames, voices = np.nonzero(heard.T)
        louder = None if given.air is None else given_array(given.air)[voices, :, frames]
        parts = self._split(columns[voices, :, :, frames], louder) if len(voices) else None
        begin = 0
        for i in range(columns.shape[3]):
            pairs = slice(begin, begin + int(heard[:, i].sum()))
            # A voice that leaves in the block's first frame takes its row with it.
            rows = self._voices.rows_of(given.slots)
            of_frame = voices[pairs]
            self._add_frame(rows, ratios[:, i], rows[of_frame], gain[of_frame, :, i], parts and parts.of(pairs), spread)
            begin = pairs.stop

    def _split(self, log_columns: Floats, louder: Floats | None = None) -> ColumnParts:
        """Columns (F, B, M), heads that read the same solved once; their air is louder by (F, H) nepers."""
        pairs, heads, rows = log_columns.shape
        # The larger one that is a number, so that what is none is silent.
        stacked = np.fmax(log_columns.reshape(pairs * heads, rows), np.float32(LOG_MEL_FLOOR))
        stacked = np.minimum(stacked, np.float32(_LOUDEST_LOG_MEL))
        louder = None if louder is None else np.repeat(louder, heads, axis=0)
        back = None
        if heads == 2 and (same := (stacked[0::2] == stacked[1::2]).all(axis=1)).any():
            each = np.arange(pairs * heads)
            each[1::2] -= same
            once, back = np.unique(each, return_inverse=True)
            stacked, louder = stacked[once], None if louder is None else louder[once]
        # The floor itself is silence, so that a silent grid is digital silence.
        linear = np.maximum(np.exp(stacked) - np.float32(1.001e-5), 0) * self._trim
        shares = self._row_split.shares(linear)
        amplitude, explained = self._solver.solve(self._row_split.tonal(linear, shares))
        residual = self._row_split.noise(linear, shares, explained)
        high, air = self._high.split(self._air.densities(stacked, self._noise.densities(linear), louder), self._air)
        parts = linear, np.concatenate([amplitude, high], axis=1), residual, self._noise.high_rows(air)
        return ColumnParts(*((part if back is None else part[back]).reshape(pairs, heads, -1) for part in parts))

    def _add_frame(
        self, rows: Rows, ratios: Doubles, heard: Rows, gain: Floats, parts: ColumnParts | None, spread: float
    ) -> None:
        """One frame of the voices in `rows` (V,) at `ratios` (V,); those in `heard` (F,) with `gain` (F, B)."""
        fmt, frame, voices = self._format, self._frame, self._voices
        hop = fmt.hop * self._out_rate / fmt.rate_hz
        voices.ratios[rows] = ratios
        swayed, turns = self._vibrato.moved((frame + 0.5) / fmt.frames_per_second + voices.clocks_s)
        pitches = voices.ratios * swayed
        levels = np.zeros_like(voices.levels)
        noise = np.zeros((self._n_heads, fmt.n_mels + max(len(self._air.edges_hz) - 1, 0)), np.float32)
        if parts is not None and len(heard):
            levels[heard], noise = self._sounding(heard, pitches[heard], turns[heard], gain, parts)
        last, centre = self._centre(frame - 1), self._centre(frame)
        noise_begin = round(centre) - self._noise.length // 2
        noise_end = round(centre + hop) - self._noise.length // 2
        self._reserve(max(math.ceil(centre), noise_end))
        stray = self._wander.steps(frame, voices.slots, voices.notes, voices.ratios, levels.shape[2])
        self._bank.advance(self._buffer, self._start, last, centre, voices, levels, pitches, stray, frame)
        at, count = noise_begin - self._start, noise_end - noise_begin
        self._buffer[:, at : at + count] += self._noise.advance(noise, frame, spread, count)
        if (voices.slots == LEAVING).any():
            voices.keep(voices.slots != LEAVING)
        self._frame += 1

    def _sounding(
        self, rows: Rows, pitches: Doubles, turns: Doubles, gain: Floats, parts: ColumnParts
    ) -> tuple[Floats, Floats]:
        """Levels (F, B, P) of the oscillators of a frame's voices, and the rows (B, R) of the noise of all."""
        pairs, heads, bands = parts.whole.shape
        voices = self._voices
        flat = (pairs * heads, bands)
        memory = voices.lines[rows].swapaxes(0, 1).reshape(2, *flat)
        tones, rest, memory = self._free.take(parts.residual.reshape(flat), parts.whole.reshape(flat), memory)
        voices.lines[rows] = memory.reshape(2, pairs, heads, bands).swapaxes(0, 1)
        partials, voices.swings[rows] = self._tremolo.take(parts.partials, turns, voices.swings[rows])
        levels = self._levels(partials, tones.reshape(pairs, heads, bands), voices.ratios[rows], pitches, gain)
        noise = np.concatenate([rest.reshape(pairs, heads, bands), parts.air], axis=2) * gain[:, :, None]
        # Sounds that know nothing of each other add up as power.
        return levels, noise[0] if pairs == 1 else np.sqrt(np.square(noise).sum(axis=0))

    def _levels(self, partials: Floats, tones: Floats, ratios: Doubles, pitches: Doubles, gain: Floats) -> Floats:
        moved = self._partials.transposed(partials, ratios)
        audible = self._bank.audible(pitches).astype(np.float32)[:, None]
        return np.concatenate([moved, tones], axis=2) * audible * gain[:, :, None]

    def _path(self, row: int, onset: Onset) -> list[Floats]:
        """Levels (B, P) of a voice that has just begun at the three centres before its first frame."""
        voices, time_s = self._voices, (self._frame - 0.5) / self._format.frames_per_second
        voices.ratios[row] = note_of(torch.tensor([onset.pitch_ratio]))[0]
        voices.pitches[row] = voices.ratios[row] * self._vibrato.factors(time_s + voices.clocks_s[row:])[0]
        columns, gain = given_array(onset.columns).transpose(2, 0, 1), audible(onset.gain).T
        # Mostly there is but one column, and solving it is most of the work.
        once = columns[2:] if (columns == columns[2:]).all() else columns
        tones, each = np.zeros((3, self._n_heads, self._format.n_mels), np.float32), np.full(3, row)
        louder = None if onset.air is None else np.repeat(given_array(onset.air)[None], len(once), axis=0)
        partials = np.resize(
            self._split(once, louder).partials,
            (3, self._n_heads, len(self._partials.hz) - len(self._partials.upper_hz)),
        )
        return list(self._levels(partials, tones, voices.ratios[each], voices.pitches[each], gain))

    def _reserve(self, end: int) -> None:
        missing = end - self._start - self._buffer.shape[1]
        if missing > 0:
            longer = np.zeros((self._n_heads, self._buffer.shape[1] + missing), np.float32)
            longer[:, : self._buffer.shape[1]] = self._buffer
            self._buffer = longer
