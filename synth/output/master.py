"""The last stage before the device: volume, Play and Stop fades, limiter.

Streaming and exact: any partition of the input gives the same bits, if changes are made at the same samples. Axes:
`N` samples; audio is (2, N) float32.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.instrument.parameters.values import ParameterValues
from synth.output.limiter import Audio, Limiter
from synth.saved_arrays import SavedArrays, fitted, part, prefixed

PRESET_LUFS = -23.0
"""Presets carry a gain to this loudness."""
OUTPUT_LUFS = -18.0
"""What is sent at volume 0 dB."""
CEILING_DB = -1.0
VOLUME_RANGE_DB = (-60.0, 12.0)
"""At its lowest, the volume is silence."""

_VOLUME_S = 0.03
_AGAIN_S = 0.04
_FAREWELL_S = 0.12
"""How long whoever closes the instrument is faded out, however slowly Stop fades."""

_USUAL = ParameterValues()
OBEYED = ("volume_db", "fade_in_s", "fade_out_s")
"""The controls that the master obeys."""


class Ramp:
    """A value that moves to its target along a raised cosine; exact for any partition."""

    def __init__(self, value: float, n_samples: int) -> None:
        self._from = self._to = value
        self._length = n_samples
        self._done = n_samples

    @property
    def target(self) -> float:
        return self._to

    @property
    def value(self) -> float:
        """Where it is now."""
        return self._to if self._done >= self._length else float(self._at(np.array([self._done]))[0])

    @property
    def settled(self) -> bool:
        return self._done >= self._length

    def move(self, target: float, n_samples: int | None = None) -> None:
        """Set out for `target` from wherever it is now; on the way there already, arrive in `n_samples` if sooner."""
        if target == self._to and (n_samples is None or self._length - self._done <= n_samples):
            return
        self._from, self._to, self._done = self.value, target, 0
        self._length = self._length if n_samples is None else n_samples

    def save(self) -> NDArray[np.float64]:
        """(4,) from, to, samples done and samples in all."""
        return np.array([self._from, self._to, self._done, self._length])

    def restore(self, saved: SavedArrays, name: str, faster: float = 1.0) -> None:
        """Go on from what was saved by this name, of a ramp whose rate times `faster` is this one's."""
        self._from, self._to, done, length = fitted(saved, name, (4,), np.float64).tolist()
        self._done, self._length = round(done * faster), max(1, round(length * faster))

    def take(self, n: int) -> NDArray[np.float64] | float:
        """The next `n` values: (N,), or one number where it has settled."""
        if self.settled:
            return self._to
        values = self._at(np.arange(self._done, self._done + n))
        self._done += n
        return values

    def _at(self, index: NDArray[np.int_]) -> NDArray[np.float64]:
        x = np.minimum(1.0, (index + 1) / self._length)
        return np.where(x >= 1, self._to, self._from + (self._to - self._from) * (0.5 - 0.5 * np.cos(np.pi * x)))


def volume_gain(volume_db: float) -> float:
    """Amplitude for a volume in dB over −18 LUFS, from presets at −23 LUFS."""
    low, high = VOLUME_RANGE_DB
    if volume_db <= low:
        return 0.0
    return float(10 ** ((min(volume_db, high) + OUTPUT_LUFS - PRESET_LUFS) / 20))


class Master:
    """Instrument's sound in, device's sound out."""

    def __init__(self, rate_hz: int, controls: Mapping[str, float] = _USUAL, playing: bool = True) -> None:
        self.rate_hz = rate_hz
        self._controls = controls
        self._volume = Ramp(volume_gain(controls["volume_db"]), round(_VOLUME_S * rate_hz))
        self._fade = Ramp(float(playing), 1)
        self._limiter = Limiter(rate_hz, CEILING_DB)

    @property
    def delay_samples(self) -> int:
        return self._limiter.delay_samples

    @property
    def limiting_db(self) -> float:
        """By how much the limiter turned the sound down at most in the latest tenths of a second; from any thread."""
        return self._limiter.reduction_db

    @property
    def playing(self) -> bool:
        return self._fade.target == 1.0

    @property
    def controls(self) -> dict[str, float]:
        """What it obeys."""
        return {id: self._controls[id] for id in OBEYED}

    @property
    def silent(self) -> bool:
        """Stopped, and the fade is over."""
        return self._fade.settled and self._fade.target == 0.0

    def save(self) -> SavedArrays:
        """A copy of its state between two samples."""
        controls = np.array([self._controls[id] for id in OBEYED], np.float64)
        ramps = {"volume": self._volume.save(), "fade": self._fade.save()}
        return {"controls": controls, **ramps, **prefixed("limiter", self._limiter.save())}

    def restore(self, saved: SavedArrays, rate_hz: int) -> None:
        """Go on from what was saved at a rate; at another than this one the limiter begins anew."""
        self._controls = dict(zip(OBEYED, fitted(saved, "controls", (len(OBEYED),), np.float64).tolist(), strict=True))
        self._volume.restore(saved, "volume", self.rate_hz / rate_hz)
        self._fade.restore(saved, "fade", self.rate_hz / rate_hz)
        if rate_hz == self.rate_hz:
            self._limiter.restore(part("limiter", saved))

    def obey(self, controls: Mapping[str, float]) -> None:
        """Take volume and fades from these, where they are among them; a fade that has begun keeps its length."""
        self._controls = {**self._controls, **controls}
        self._volume.move(volume_gain(self._controls["volume_db"]))

    def play(self, *, again: bool = False) -> None:
        """Fade in; `again` after an interruption that was no Stop, quickly."""
        longest = _AGAIN_S if again else float("inf")
        self._fade.move(1.0, self._samples(min(self._controls["fade_in_s"], longest)))

    def open(self) -> None:
        """Be at full level at once: for sound that begins from silence by itself."""
        self._fade = Ramp(1.0, 1)

    def stop(self, *, for_good: bool = False) -> None:
        """Fade out; `for_good` does not keep anybody waiting."""
        longest = _FAREWELL_S if for_good else float("inf")
        self._fade.move(0.0, self._samples(min(self._controls["fade_out_s"], longest)))

    def _samples(self, seconds: float) -> int:
        return max(1, round(seconds * self.rate_hz))

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N), `delay_samples` later."""
        n = x.shape[1]
        gain = self._volume.take(n) * self._fade.take(n)
        return self._limiter.process(np.multiply(x, gain, dtype=np.float64).astype(np.float32))
