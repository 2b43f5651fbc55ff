"""One effect with its switch: off it is not computed and changes nothing, and so it is once it holds only silence.

Axes: `N` samples; sound is (2, N) float32.
"""

from collections.abc import Mapping

import numpy as np

from synth.effects.contract import NEVER, QUIET, Audio, Effect
from synth.instrument.parameters.effect_rows import CROSS_FADE_S
from synth.ramp import Ramp
from synth.saved_arrays import SavedArrays, fitted, part, prefixed


class Unit:
    """Any partition of its input gives the same bits, if it is told something else at the same samples."""

    def __init__(self, effect: Effect, rate_hz: int, values: Mapping[str, float], *, on: bool) -> None:
        self._effect = effect
        self._switch = Ramp(float(on), round(CROSS_FADE_S * rate_hz))
        self._quiet = 0
        """For how many samples its input and output have been quiet."""
        self._asleep = True
        """True while it holds nothing, and is not computed because nothing comes."""
        effect.obey(values, at_once=True)

    @property
    def off(self) -> bool:
        """True while sound passes unchanged."""
        return self._switch.settled and self._switch.target == 0.0

    @property
    def on_for(self) -> int:
        """In how many samples it will be off."""
        return self._switch.left if self._switch.target == 0.0 else NEVER

    @property
    def silent(self) -> bool:
        """True while silence passes as silence."""
        return self.off or self._asleep

    def obey(self, values: Mapping[str, float], *, on: bool) -> None:
        """Set out for these values of all its controls, and for on or off."""
        self._effect.obey(values, at_once=self.silent)
        self._switch.move(float(on))

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N): the very same array while it is off."""
        parts, done = [], 0
        while done < x.shape[1] and not self.off:
            parts.append(self._piece(x[:, done:]))
            done += parts[-1].shape[1]
        if not parts:
            return x
        if done < x.shape[1]:
            parts.append(x[:, done:])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _piece(self, x: Audio) -> Audio:
        """The first samples of x, up to where it falls asleep, wakes, or is wholly on or off."""
        x = x[:, : x.shape[1] if self._switch.settled else self._switch.left]
        if self._asleep and (n_quiet := _quiet_from_the_start(x)):
            x = x[:, :n_quiet]
            wet = np.zeros_like(x)
        else:
            self._asleep = False
            longest = min(self._effect.memory_samples - self._quiet, self._effect.memory_holds)
            x = np.ascontiguousarray(x[:, : max(1, longest)])
            wet = self._effect.process(x)
            self._listen(x, wet)
        mixed = self._mixed(x, wet)
        if self.off:
            self._fall_asleep()
        return mixed

    def _mixed(self, x: Audio, wet: Audio) -> Audio:
        if self._switch.settled:
            return wet
        share = self._switch.take(x.shape[1])
        mixed: Audio = (x + share * (wet.astype(np.float64) - x)).astype(np.float32)
        return mixed

    def _listen(self, x: Audio, wet: Audio) -> None:
        loud = np.flatnonzero((np.abs(x).max(axis=0) >= QUIET) | (np.abs(wet).max(axis=0) >= QUIET))
        n = x.shape[1]
        self._quiet = self._quiet + n if not len(loud) else n - 1 - int(loud[-1])
        if self._quiet >= self._effect.memory_samples:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        self._effect.reset()
        self._quiet, self._asleep = 0, True

    def save(self) -> SavedArrays:
        """A copy of its state between two samples; nothing while it is off."""
        if self.off:
            return {}
        own = {"switch": self._switch.save(), "quiet": np.array([self._quiet])}
        return own if self._asleep else {**own, **prefixed("effect", self._effect.state)}

    def restore(self, saved: SavedArrays, values: Mapping[str, float]) -> None:
        """Go on from what was saved of one at the same rate that stands at these values; `KeyError` or `ValueError`
        names what does not fit."""
        self.begin(values, on=False)
        if not saved:
            return
        self._switch.restore(saved, "switch")
        if effect := part("effect", saved):
            self._effect.reset(effect)
            self._quiet, self._asleep = max(0, int(fitted(saved, "quiet", (1,), np.int64)[0])), False

    def begin(self, values: Mapping[str, float], *, on: bool) -> None:
        """Begin anew from silence."""
        self._effect.obey(values, at_once=True)
        self._fall_asleep()
        self._switch.jump(float(on))


def _quiet_from_the_start(x: Audio) -> int:
    """How many samples come before the first that is not quiet."""
    loud = np.abs(x).max(axis=0) >= QUIET
    return int(np.argmax(loud)) if loud.any() else x.shape[1]
