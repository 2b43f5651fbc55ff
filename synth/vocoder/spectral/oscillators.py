"""The bank of sine oscillators of all voices, whose phases run on.

Axes: `A` voices, `B` heads, `P` oscillators of a voice, `N` samples.
"""

import math

import numpy as np
import numpy.typing as npt

from synth.random_streams import Stream, generator
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.spectral.movement.shimmer import Shimmer
from synth.vocoder.spectral.voice_state import VoiceState

# Oscillators above 0.46 of the output rate fade, and are silent from 0.49 on: nothing aliases.
_FADE_START, _FADE_END = 0.46, 0.49
# Relative to a voice's loudest, and absolute: 110 dB below nobody hears an oscillator, and each costs time.
_INAUDIBLE = np.array([3e-6, 1e-9])
_GATE_S = 0.002
# The vibrato of a note begins anywhere within so long.
_LONGEST_CLOCK_S = 600.0


class OscillatorBank:
    """Oscillators at fixed ratios; one pitch factor moves all of a voice's. Phases are shared by all heads."""

    def __init__(self, hz: Doubles, out_rate_hz: int, seed: int, shimmer: Shimmer | None = None) -> None:
        # Only here, where a vocoder is prepared: numba takes half a second to import.
        from synth.vocoder.spectral.kernels import kernels

        self._play = kernels().play
        self._shimmer = Shimmer.none() if shimmer is None else shimmer
        self._turn, self._seed = np.ascontiguousarray(hz / out_rate_hz), seed
        self._gate = np.sin(np.pi / 2 * np.arange(round(_GATE_S * out_rate_hz)) / round(_GATE_S * out_rate_hz)) ** 2

    @property
    def n_oscillators(self) -> int:
        return len(self._turn)

    def chance(self, slot: int, note: int) -> tuple[Doubles, float]:
        """The phases (P,) a note starts with, and how far ahead of time it reads the vibrato, in seconds."""
        if slot == 0 and note == 0:
            return generator(self._seed, Stream.PITCH, 0).random(len(self._turn)), 0.0
        # Draws 0 and 1 within a step are the drone's phases and the vibrato's.
        draw = generator(self._seed, Stream.PITCH, note, sub=2 + slot)
        clock_s = draw.random() * _LONGEST_CLOCK_S
        return draw.random(len(self._turn)), clock_s

    def audible(self, pitches: Doubles) -> Doubles:
        """Gain per oscillator at pitch factors (A,) → (A, P): 1, or fading to 0 towards the Nyquist frequency."""
        relative = self._turn * pitches[:, None]
        return np.minimum(np.maximum((_FADE_END - relative) / (_FADE_END - _FADE_START), 0), 1)

    def advance(
        self,
        out: Floats,
        at: int,
        last: float,
        centre: float,
        voices: VoiceState,
        levels: Floats,
        pitches: Doubles,
        stray: Doubles | None = None,
        frame: int = 0,
    ) -> None:
        """Glide to `levels` (A, B, P) and `pitches` (A,) from one frame's centre to the next, and add that to `out`.

        `out` (B, N) begins at sample `at`; centres are places in samples, not whole numbers. `stray` (A, P) are cycles
        that each phase gains besides; by `frame` it is known how partials shimmer.
        """
        begin, end = math.ceil(last), math.ceil(centre)
        new = voices.pitches == 0
        voices.pitches[new] = pitches[new]
        rows = np.arange(len(voices))
        shimmer = Shimmer.place(frame), True
        self._glide(
            out, begin - at, end - begin, begin - last, centre - last, rows, voices, levels, pitches, shimmer, stray
        )
        voices.levels[:], voices.pitches[:] = levels, pitches

    def struck(
        self, onset: int, centres: list[float], voices: VoiceState, row: int, path: list[Floats], frame: int = 0
    ) -> Floats:
        """A voice's first samples (B, N): from sample `onset` through the levels `path`, each (B, P), that it has at
        `centres`, of which those past are skipped; up to the last one, where `frame` begins, at the voice's pitch."""
        sound = np.zeros((path[0].shape[0], math.ceil(centres[-1]) - onset), np.float32)
        place, rows = float(onset), np.array([row])
        voices.levels[row] = _between(centres, path, onset)
        for centre, level in zip(centres, path, strict=True):
            if centre <= place:
                continue
            begin, end = math.ceil(place), math.ceil(centre)
            levels = voices.levels.copy()
            levels[row] = level
            span, pitches = centre - place, voices.pitches
            still = Shimmer.place(frame), False
            self._glide(sound, begin - onset, end - begin, begin - place, span, rows, voices, levels, pitches, still)
            voices.levels[row], place = level, centre
        gate = self._gate[: sound.shape[1]]
        sound[:, : len(gate)] *= gate.astype(np.float32)
        return sound

    def _glide(
        self,
        out: Floats,
        begin: int,
        count: int,
        first: float,
        span: float,
        rows: npt.NDArray[np.int64],
        voices: VoiceState,
        levels: Floats,
        pitches: Doubles,
        shimmer: tuple[int, bool],
        stray: Doubles | None = None,
    ) -> None:
        if len(rows):
            moves, (place, moving) = self._shimmer, shimmer
            stray = np.zeros_like(voices.cycles) if stray is None else stray
            self._play(
                out, begin, count, first, span, rows, voices.cycles, self._turn, voices.pitches, pitches,
                voices.levels, levels, stray, _INAUDIBLE,
                moves.noise, place, moves.starts(voices.clocks_s), int(moving), moves.own, moves.shared,
            )  # fmt: skip


def _between(centres: list[float], path: list[Floats], place: float) -> Floats:
    """The level at a place: in a straight line between centres, the first one's before them."""
    after = next(i for i, centre in enumerate(centres) if centre > place)
    if not after:
        return path[0]
    share = np.float32((place - centres[after - 1]) / (centres[after] - centres[after - 1]))
    return np.asarray(path[after - 1] * (1 - share) + path[after] * share)
