"""One preset turning into another while it is played: the shares, and what is read of both.

Two presets of one parent live on one culture, each cell by its share of both rules; presets of different parents live
on a culture each. What is read there is given to two vocoders, each with its own preset's tables, which play at one
pitch; a vocoder of which there is only one reads the blend of both, of one culture in log-mel and of two in power.
Axes: `W` vocoders at work, `V` voices, `M` mel bands, `T` frames.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.culture.cross_fade import mixed_by_power
from synth.instrument.morph.blended_contour import BlendedContour
from synth.instrument.morph.levelling import at_share, estimated_power, glided, second_power, wanted_gain
from synth.instrument.morph.partner import Partner, SecondPlate
from synth.instrument.morph.share_map import ShareMap, ShareState
from synth.instrument.parameters.glide import Glide
from synth.instrument.parameters.values import pitch_ratio
from synth.instrument.reading.column_reader import Columns
from synth.instrument.reading.playhead import Place
from synth.instrument.voices.bank_frame import BankFrame
from synth.instrument.voices.contour import Contour
from synth.mel import DB_PER_NEPER, LOG_MEL_FLOOR
from synth.presets.model import Preset

Values = NDArray[np.float64]

_LISTEN_FRAMES = 8
"""How often the loudness of the whole culture is estimated: 0.2 ms each time."""
_TAIL_FRAMES = 16
"""What the second vocoder has begun is heard to its end before it is left: longer than its longest window."""
_TINY = 1e-12


@dataclass(frozen=True)
class MorphState:
    """All that a morph's future depends on besides its two presets."""

    map: ShareState
    ending: bool = False
    level: float = 1.0
    """The gain that makes up for what blending takes away."""
    wanted: float = 1.0
    """Where that gain is going."""
    log_ratio: float = 0.0
    """The second preset's transposition on its way to what the controls ask for, in octaves."""
    silent_frames: int = 0
    """Since the last frame in which the second preset had a share."""


class Morph:
    """A second preset beside an instrument's own."""

    def __init__(
        self,
        partner: Partner,
        first: Preset,
        grid: Tensor,
        controls: Mapping[str, float],
        second_heard: Callable[[], Tensor | None] = lambda: None,
    ) -> None:
        """`grid` (M, T) is what is heard now, all of it the first preset's; `second_heard` tells what is heard of a
        second culture, None where both live on one."""
        self.partner, self._first, self._second_heard = partner, first, second_heard
        self._map = ShareMap(grid, first.mel.frames_per_second)
        self._state = MorphState(self._map.state)
        self._state = replace(self._state, log_ratio=self._asked_second(controls))
        self.apart: tuple[bool, ...] = (True,)
        """(W,) whether each vocoder at work plays two presets."""

    @property
    def share(self) -> Tensor | None:
        """(M, T) the second preset's share of every cell; None where it is 0 everywhere."""
        return self._map.share if self._map.mean > 0 else None

    @property
    def shown(self) -> NDArray[np.float32] | None:
        """The shares as they are shown, (M, T) and nobody's to write to; None where they are the same everywhere."""
        share = self._map.share
        return None if bool((share == share[0, 0]).all()) else share.numpy()

    @property
    def sounds(self) -> bool:
        """True while the second preset has a share anywhere."""
        return self._map.mean > 0

    @property
    def over(self) -> bool:
        """True once it was asked to end and nothing of the second preset sounds any more."""
        return self._state.ending and self._state.silent_frames >= _TAIL_FRAMES and self._state.level == 1.0

    @property
    def level(self) -> float:
        """The gain of both in this frame."""
        return self._state.level

    @property
    def second_log_ratio(self) -> float:
        """The second preset's transposition now, in octaves."""
        return self._state.log_ratio

    @property
    def ending(self) -> bool:
        """True once it was asked to end."""
        return self._state.ending

    def end(self) -> None:
        """Go back to the first preset, and be over then."""
        self._state = replace(self._state, ending=True)

    def paint(self, towards: float, weight: Tensor) -> None:
        """Lead what the brush has painted towards a share, by `weight` (M, T) of the way."""
        self._map.paint(towards, weight)

    def save(self) -> MorphState:
        """Between two frames."""
        return replace(self._state, map=self._map.state)

    def restore(self, state: MorphState) -> None:
        """Go on from what was saved of a morph of the same presets."""
        self._state = state
        self._map.restore(state.map)

    def advance(self, amount: float, controls: Mapping[str, float], grid: Tensor, pitch: Glide) -> bool:
        """A frame has begun and the cultures have lived; True when a share has moved.

        `amount` is the control `morph`, moved by routes.
        """
        knob = 0.0 if self._state.ending else amount
        moved = self._map.advance(knob, controls["morph_map"], grid)
        state, age = self._state, self._map.state.age
        silent = 0 if self.sounds else state.silent_frames + 1
        wanted = state.wanted
        if not self.sounds:
            wanted = 1.0
        elif age % _LISTEN_FRAMES == 0:
            wanted = wanted_gain(self._power(grid, controls), self._map.mean)
        self._state = replace(
            state,
            level=glided(state.level, wanted),
            wanted=wanted,
            log_ratio=pitch.toward(state.log_ratio, self._asked_second(controls)),
            silent_frames=silent,
        )
        return moved

    def _power(self, grid: Tensor, controls: Mapping[str, float]) -> float:
        """Of all columns as they are heard, about 1 where a preset is alone."""
        weights, share = self.partner.weights, self._map.share
        first, second = weights[0].levels(grid), weights[1].levels(self.second_grid(grid))
        if not self.apart[0]:
            return estimated_power(first, second, share, apart=self.two_plates)
        measured = self.partner.measured
        if controls["note"] <= 0:
            # Each is away from its own pitch.
            first = first + at_share(measured.first, self._map.mean) / DB_PER_NEPER
            second = second + at_share(measured.second, self._map.mean) / DB_PER_NEPER
        return estimated_power(first, second, share, apart=True, curve=measured.blend)

    def asked_log_ratio(self, controls: Mapping[str, float]) -> float:
        """The first preset's transposition that the controls ask for, in octaves."""
        return _asked(controls, self._first.root_hz, self.partner.preset.root_hz, self._map.mean)

    def _asked_second(self, controls: Mapping[str, float]) -> float:
        return _asked(controls, self.partner.preset.root_hz, self._first.root_hz, 1 - self._map.mean)

    def contour(self, first: Contour) -> Contour:
        """What notes have of both recordings' contours."""
        if not self.sounds:
            return first
        return BlendedContour(first, self.partner.contour, self._map.share.mean(1).double().numpy())

    def second_grid(self, first: Tensor) -> Tensor:
        """What is heard of the second preset, (M, T), while `first` is of the first one: of one culture the same."""
        second = self._second_heard()
        return first if second is None else second

    def heard(self, first: Tensor) -> Tensor:
        """The grid (M, T) of both together, while `first` is of the first preset: what is shown and followed."""
        second = self._second_heard() if self.sounds else None
        return first if second is None else mixed_by_power(first, second, second_power(self._map.share))

    @property
    def two_plates(self) -> bool:
        """Whether each preset has a culture of its own."""
        return isinstance(self.partner.life, SecondPlate)

    def one_pitch(self, first: Values, second: Values) -> Values:
        """The first preset's pitch ratios (V,), of which `second` are the second one's: where both are one blended
        column, that moves by as much of each."""
        if any(self.apart):
            return first
        return np.asarray(first ** (1 - self._map.mean) * second**self._map.mean)

    def columns(self, read: Tensor, grid: Tensor, place: Place, w: int) -> tuple[Tensor, Tensor | None]:
        """What vocoder `w` is to read for the first preset, of which it would read `read` (2, M) alone, and for the
        second; nothing for that where it has no share, or the vocoder plays one."""
        if not self.sounds:
            return read, None
        return self._both(read, self.partner.reader.read(self.second_grid(grid), place), self._map.read(place), w)

    def voices(
        self,
        reads: Sequence[Columns],
        seconds: Sequence[Columns],
        places: Sequence[Place],
        frame: BankFrame,
    ) -> tuple[list[Columns], list[Columns | None]]:
        """The same for the voices of one frame, by the vocoders at work (W,)."""
        mine: list[Columns] = []
        others: list[Columns | None] = []
        distance = torch.from_numpy(frame.distance)
        for w, (read, second, place) in enumerate(zip(reads, seconds, places, strict=True)):
            share = self._map.read_at(place, distance)
            now, other = self._both(read.now, second.now, share, w)
            lead = other_lead = None
            if read.lead is not None or second.lead is not None:
                lead, other_lead = self._both(_lead(read), _lead(second), share[..., None], w)
            mine.append(Columns(now, lead, read.air))
            others.append(None if other is None else Columns(other, other_lead, second.air))
        return mine, others

    def _both(self, read: Tensor, second: Tensor, share: Tensor, w: int) -> tuple[Tensor, Tensor | None]:
        if not self.apart[w]:
            louder = second + self.partner.louder_nepers * (second - LOG_MEL_FLOOR).clamp(0, 1)
            if self.two_plates:
                return _summed(read, louder, second_power(share)), None
            return read.lerp(louder, share.expand_as(read)), None
        power = second_power(share)
        return _scaled(read, 1 - power), _scaled(second, power)


def _scaled(columns: Tensor, power: Tensor) -> Tensor:
    """Log-mel columns times the root of a power in 0 … 1; all of it leaves them as they are, to the last bit."""
    return (columns + 0.5 * power.clamp(min=_TINY).log()).clamp(min=LOG_MEL_FLOOR)


def _summed(first: Tensor, second: Tensor, power: Tensor) -> Tensor:
    """Log-mel columns of both, added as power, of which the second has a part of 0 … 1.

    In decibels, the peaks of two cultures that know nothing of each other would average to nothing: between any two of
    eight bundled ones half of each was 1 to 13 LU quieter than either; by powers it is as loud.
    """
    return 0.5 * torch.logaddexp(2 * first + (1 - power).log(), 2 * second + power.log())


def _lead(columns: Columns) -> Tensor:
    """(V, 2, M, 2) in the two frames before."""
    return columns.now[..., None].expand(-1, -1, -1, 2) if columns.lead is None else columns.lead


def _asked(controls: Mapping[str, float], root_hz: float, other_hz: float, away: float) -> float:
    """The transposition that the controls ask of a preset, in octaves. Where it plays its own pitch, it goes towards
    the other preset's by the other one's mean share, so that both are always heard at one pitch."""
    ratio = pitch_ratio(controls["note"], controls["fine_cents"], root_hz)
    asked = float(np.log2(ratio))
    if controls["note"] <= 0 and root_hz > 0 and other_hz > 0:
        asked += away * float(np.log2(other_hz / root_hz))
    return asked
