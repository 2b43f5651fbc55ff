"""The last stage before the device: volume, Play and Stop fades, limiter.

The fades lie before the effects, so that what these hold rings out after Stop; who closes fades that out as well.
Streaming and exact: any partition of the input gives the same bits, if changes are made at the same samples. Axes:
`N` samples; audio is (2, N) float32.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.output.led_ramp import LedRamp
from synth.output.limiter import Audio, Limiter
from synth.ramp import Ramp
from synth.saved_arrays import SavedArrays, fitted, part, prefixed

PRESET_LUFS = -23.0
"""Presets carry a gain to this loudness."""
OUTPUT_LUFS = -18.0
"""What is sent at volume 0 dB."""
CEILING_DB = -1.0
_VOLUME = PARAMETERS["volume_db"]
"""At its lowest it is silence; the table says its range and how long it takes to another value."""
_AGAIN_S = 0.04
_FAREWELL_S = 0.12
"""How long whoever closes the instrument is faded out, however slowly Stop fades."""

_USUAL = ParameterValues()
OBEYED = ("volume_db", "fade_in_s", "fade_out_s")
"""The controls that the master obeys."""


def volume_gain(volume_db: float) -> float:
    """Amplitude for a volume in dB over −18 LUFS, from presets at −23 LUFS."""
    if volume_db <= _VOLUME.minimum:
        return 0.0
    return float(10 ** ((min(volume_db, _VOLUME.maximum) + OUTPUT_LUFS - PRESET_LUFS) / 20))


class Master:
    """Instrument's sound in, device's sound out."""

    def __init__(self, rate_hz: int, controls: Mapping[str, float] = _USUAL, playing: bool = True) -> None:
        self.rate_hz = rate_hz
        self._controls = controls
        self._volume = LedRamp(volume_gain(controls["volume_db"]), round(_VOLUME.smoothing_s * rate_hz))
        self._fade = Ramp(float(playing), 1)
        self._farewell = Ramp(1.0, 1)
        """A second fade after the effects: it ends their tails as well."""
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
        """Stopped, and the fade is over; effects may still sound."""
        return self._fade.settled and self._fade.target == 0.0

    @property
    def gone(self) -> bool:
        """Nothing is let through any more, tails neither."""
        return self._farewell.settled and self._farewell.target == 0.0

    def save(self) -> SavedArrays:
        """A copy of its state between two samples."""
        controls = np.array([self._controls[id] for id in OBEYED], np.float64)
        ramps = {"volume": self._volume.save(), "fade": self._fade.save(), "farewell": self._farewell.save()}
        led = {"volume_led": self._volume.led_to} if self._volume.led_to.size else {}
        return {"controls": controls, **ramps, **led, **prefixed("limiter", self._limiter.save())}

    def restore(self, saved: SavedArrays, rate_hz: int) -> None:
        """Go on from what was saved at a rate; at another than this one the limiter begins anew."""
        self._controls = dict(zip(OBEYED, fitted(saved, "controls", (len(OBEYED),), np.float64).tolist(), strict=True))
        self._volume.restore(saved, "volume", self.rate_hz / rate_hz)
        self._fade.restore(saved, "fade", self.rate_hz / rate_hz)
        # Takes that were recorded before there were effects have none.
        if "farewell" in saved:
            self._farewell.restore(saved, "farewell", self.rate_hz / rate_hz)
        if "volume_led" in saved:
            self._volume.restore_led(float(fitted(saved, "volume_led", (1,), np.float64)[0]))
        if rate_hz == self.rate_hz:
            self._limiter.restore(part("limiter", saved))

    def obey(self, controls: Mapping[str, float]) -> None:
        """Take volume and fades from these, where they are among them; a fade that has begun keeps its length."""
        self._controls = {**self._controls, **controls}
        self._volume.move(volume_gain(self._controls["volume_db"]))

    def lead(self, values: Mapping[str, float], n_samples: int) -> None:
        """In the next so many samples, which are a frame, go where routes move the volume, if they do."""
        volume_db = values.get("volume_db")
        self._volume.lead(None if volume_db is None else volume_gain(volume_db), n_samples)

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
        if for_good:
            self._farewell.move(0.0, self._samples(_FAREWELL_S))

    def end(self) -> None:
        """Fade out as slowly as Stop does, tails of effects as well."""
        self.stop()
        self._farewell.move(0.0, self._samples(self._controls["fade_out_s"]))

    def _samples(self, seconds: float) -> int:
        return max(1, round(seconds * self.rate_hz))

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N), `delay_samples` later; no effect lies between the fade and the volume."""
        n = x.shape[1]
        self._farewell.take(n)
        return self._limited(x, self._volume.take(n) * self._fade.take(n))

    def enter(self, x: Audio) -> Audio:
        """(2, N) → (2, N) faded, as it goes into effects: what they hold then rings out."""
        gain = self._fade.take(x.shape[1])
        if isinstance(gain, float) and gain == 1.0:
            return x
        return np.multiply(x, gain, dtype=np.float64).astype(np.float32)

    def leave(self, x: Audio) -> Audio:
        """(2, N) as it comes out of effects → (2, N), `delay_samples` later."""
        n = x.shape[1]
        return self._limited(x, self._volume.take(n) * self._farewell.take(n))

    def _limited(self, x: Audio, gain: NDArray[np.float64] | float) -> Audio:
        return self._limiter.process(np.multiply(x, gain, dtype=np.float64).astype(np.float32))
