"""Counter-based randomness: every draw is a pure function of (seed, stream, step).

Nothing depends on how many numbers were drawn before, so results are the same for any block size, after an undo and
on any thread. The generator is Philox (Salmon et al. 2011), as numpy ships it.
"""

from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

_MASK64 = (1 << 64) - 1


class Stream(IntEnum):
    """Independent random streams of one seed."""

    UPDATE_MASK = 1
    WEATHER = 2
    SEED_CELLS = 3
    GESTURE = 4
    VOCODER_NOISE = 5
    PITCH = 6
    TRAINING = 7
    PARTIALS = 8
    PLAYHEAD = 9
    SOWN_CELLS = 10
    SOWN_MASK = 11
    SOWN_WEATHER = 12
    ARPEGGIO = 13
    MORPH = 20


def generator(seed: int, stream: Stream, step: int, sub: int = 0) -> np.random.Generator:
    """A generator for one (seed, stream, step); `sub` separates draws within a step."""
    key = np.array([seed & _MASK64, int(stream)], dtype=np.uint64)
    counter = np.array([0, 0, sub & _MASK64, step & _MASK64], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def coin_flips(seed: int, stream: Stream, step: int, n: int, sub: int = 0) -> Tensor:
    """`n` fair coin flips, (n,) float32 of 0 and 1: one random bit each."""
    raw = generator(seed, stream, step, sub).bytes((n + 7) // 8)
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), count=n)
    return torch.from_numpy(bits.astype(np.float32))


def uniform(seed: int, stream: Stream, step: int, shape: tuple[int, ...], sub: int = 0) -> Tensor:
    """Uniform draws in [−1, 1), float32."""
    draw = generator(seed, stream, step, sub).random(shape, dtype=np.float32)
    return torch.from_numpy(draw * 2 - 1)


def normal(seed: int, stream: Stream, step: int, shape: tuple[int, ...], sub: int = 0) -> Tensor:
    """Standard normal draws, float32."""
    return torch.from_numpy(generator(seed, stream, step, sub).standard_normal(shape, dtype=np.float32))
