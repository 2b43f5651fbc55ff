"""Takes recorded from arrays and read back by Python's own `wave`: it is strict about headers and knows no repair."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.takes.recorder import Recorder
from tests.doubles.end_fades import as_filed, fade_length

RATE = 44100
FADE = fade_length(RATE)


def sound(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2)).astype(np.float32)


class Notices(list[str]):
    def __call__(self, text: str, urgent: bool) -> None:
        self.append(text)


def read_with_wave(path: Path) -> NDArray[np.int64]:
    """Samples as integers, (N, 2), by the standard library alone."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 3, RATE)
        data = file.readframes(file.getnframes())
        assert len(data) == file.getnframes() * 6
    values = [int.from_bytes(data[i : i + 3], "little", signed=True) for i in range(0, len(data), 3)]
    return np.array(values, dtype=np.int64).reshape(-1, 2)


def check_24_bits(kept: NDArray[np.int64], audio: NDArray[np.float32], *, end: bool = True) -> None:
    """Rounded to 24 bits, to the bit between the ends; in the fades a product in single precision may be a step off."""
    expected = np.clip(np.rint(as_filed(audio, RATE, end=end) * 2.0**23), -(2**23), 2**23 - 1)
    assert kept.shape == expected.shape
    assert np.array_equal(kept[FADE:-FADE], expected[FADE:-FADE])
    assert np.abs(kept - expected).max() <= 1


def record(path: Path, audio: NDArray[np.float32], chunk: int = 256, **options: object) -> tuple[Recorder, Notices]:
    notices = Notices()
    recorder = Recorder(RATE, notices, **options)  # type: ignore[arg-type]
    recorder.start(path)
    for start in range(0, len(audio), chunk):
        recorder.offer(audio[start : start + chunk])
    recorder.stop()
    return recorder, notices
