"""A stereo delay line with feedback, whose delay changes by a cross-fade from one place of the line to another.

Axes: `N` samples, `D` of the line.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.compiled.cache import compiled
from synth.effects.contract import NEVER, TINY, Audio
from synth.effects.glide import Glide
from synth.effects.held_arrays import HeldArrays
from synth.instrument.parameters.effect_rows import ECHO_CROSS_FADE_S

AT, NOW, NEXT, DONE, WANTED = range(5)
"""What `places` holds: where the line is written, how far behind it is read and will be, samples of the cross-fade that
are done, and how far behind it was asked to be read last."""


def _run(x, out, p, line, soft, places, fade):  # type: ignore[no-untyped-def]
    """x (2, N) → out (2, N). p (5, N or 1): level of the sound and of the echoes, feedback, share of the low-pass,
    width; line (2, D); soft (2,) the low-passes; places (5,) as above; fade: samples of a cross-fade."""
    size = line.shape[1]
    at, now, to, done, wanted = places[0], places[1], places[2], places[3], places[4]
    echo = np.empty(2)
    for i in range(x.shape[1]):
        j = i if p.shape[1] > 1 else 0
        if to == now and wanted != now:
            to, done = wanted, 0
        for side in range(2):
            v = np.float64(line[side, (at - now + size) % size])
            if to != now:
                share = (done + 1) / fade
                share = share * share * (3.0 - 2.0 * share)
                v += share * (np.float64(line[side, (at - to + size) % size]) - v)
            soft[side] += p[3, j] * (v - soft[side])
            if abs(soft[side]) < TINY:
                soft[side] = 0.0
            echo[side] = soft[side]
        if to != now:
            done += 1
            if done >= fade:
                now, done = to, 0
        across = p[4, j]
        left, right = np.float64(x[0, i]), np.float64(x[1, i])
        back = p[2, j]
        into = left + across * 0.5 * (right - left) + back * (echo[0] + across * (echo[1] - echo[0]))
        line[0, at] = np.float32(into) if abs(into) > TINY else np.float32(0.0)
        into = right - across * right + back * (echo[1] + across * (echo[0] - echo[1]))
        line[1, at] = np.float32(into) if abs(into) > TINY else np.float32(0.0)
        out[0, i] = np.float32(p[0, j] * left + p[1, j] * echo[0])
        out[1, i] = np.float32(p[0, j] * right + p[1, j] * echo[1])
        at = at + 1 if at + 1 < size else 0
    places[0], places[1], places[2], places[3], places[4] = at, now, to, done, wanted


class EchoLine:
    """`held` is its state."""

    def __init__(self, rate_hz: int, longest_s: float) -> None:
        self._rate_hz = rate_hz
        self.size = round(longest_s * rate_hz) + 2
        self._glide = Glide(rate_hz, 5)
        self._line = np.zeros((2, self.size), np.float32)
        self._soft = np.zeros(2)
        self._places = np.zeros(5, np.int64)
        self._fade = round(ECHO_CROSS_FADE_S * rate_hz)
        own: dict[str, NDArray[np.generic]] = {"line": self._line, "soft": self._soft, "places": self._places}
        below = {"places": [self.size, self.size, self.size, self._fade, self.size]}
        self.held = HeldArrays(own, self._glide, below)
        self._run = compiled("void(f4[:,::1], f4[:,::1], f8[:,::1], f4[:,::1], f8[::1], i8[::1], i8)", _run)

    @property
    def memory_samples(self) -> int:
        """How far behind it is read, or will be soon."""
        return int(self._places[[NOW, NEXT, WANTED]].max()) + self._fade

    @property
    def memory_holds(self) -> int:
        """In how many samples `memory_samples` may be another: a cross-fade is over then."""
        now, to, done, wanted = (int(place) for place in self._places[NOW:])
        if to != now:
            return self._fade - done
        return NEVER if wanted == now else self._fade

    def obey(self, delay_s: float, levels: Sequence[float], *, at_once: bool) -> None:
        """`levels`: of the sound, of the echoes, feedback, tone's share, width."""
        behind = min(max(1, round(delay_s * self._rate_hz)), self.size - 1)
        self._places[WANTED] = behind
        if at_once:
            self._places[NOW] = self._places[NEXT] = behind
            self._places[DONE] = 0
        self._glide.move(levels, at_once=at_once)

    def process(self, x: Audio) -> Audio:
        out = np.empty_like(x)
        self._run(x, out, self._glide.take(x.shape[1]), self._line, self._soft, self._places, self._fade)
        return out

    def reset(self) -> None:
        """Begin anew from silence at the delay that was asked for last."""
        wanted = int(self._places[WANTED])
        self.held.reset(None)
        self._places[[NOW, NEXT, WANTED]] = wanted
