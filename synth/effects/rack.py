"""All effects one after another, in the order of their places. Axes: `N` samples; sound is (2, N) float32."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from synth.effects.chorus import Chorus
from synth.effects.contract import Audio, Effect
from synth.effects.delay import Delay
from synth.effects.drive import Drive
from synth.effects.equaliser import Equaliser
from synth.effects.reverb import Reverb
from synth.effects.unit import Unit
from synth.errors import UsageError
from synth.instrument.parameters.effect_rows import CROSS_FADE_S, EFFECT_ROWS, EFFECTS, effects_order
from synth.instrument.parameters.values import ParameterValues, parameter
from synth.ramp import Ramp
from synth.saved_arrays import SavedArrays, fitted, part, prefixed

_TEMPO = "tempo_bpm"
OBEYED = (*(p.id for p in EFFECT_ROWS), _TEMPO)
"""The controls that the effects obey."""
_MAKERS: dict[str, Callable[[int], Effect]] = {
    "drive": Drive,
    "chorus": Chorus,
    "delay": Delay,
    "reverb": Reverb,
    "eq": Equaliser,
}
_NAMES = tuple(EFFECTS)
_LOUDEST = 1e3
"""No sound is louder; what is was a fault, and must not stay in a delay line for ever."""

Order = tuple[str, ...]
Share = NDArray[np.float64] | float


class _Row:
    """One of each effect, and the order they stand in."""

    def __init__(self, rate_hz: int, values: Mapping[str, float]) -> None:
        self.units = {
            name: Unit(make(rate_hz), rate_hz, values, on=bool(values[f"{name}_on"])) for name, make in _MAKERS.items()
        }
        self.order = effects_order(values)

    @property
    def sounding(self) -> Order:
        """Those that are not off, in order."""
        return tuple(name for name in self.order if not self.units[name].off)

    @property
    def on_for(self) -> int:
        """In how many samples all will be off."""
        return max(unit.on_for for unit in self.units.values())

    def process(self, x: Audio) -> Audio:
        return self.process_and_tell(x)[0]

    def process_and_tell(self, x: Audio) -> tuple[Audio, dict[str, Audio]]:
        """What comes out, and what each effect was given."""
        given = {}
        for name in self.order:
            given[name] = x
            x = self.units[name].process(x)
        return x, given

    def process_from(self, before: Mapping[str, Audio], share: Share, x: Audio) -> Audio:
        """What comes out, while each effect is given less and less of `before` and more of what is its own now."""
        for name in self.order:
            x = self.units[name].process(_between(before[name], x, share))
        return x

    def save(self) -> SavedArrays:
        arrays = {"order": np.array([_NAMES.index(name) for name in self.order])}
        for name, unit in self.units.items():
            arrays |= prefixed(name, unit.save())
        return arrays

    def restore(self, saved: SavedArrays, values: Mapping[str, float]) -> None:
        order = fitted(saved, "order", (len(_NAMES),), np.int64).tolist()
        if sorted(order) != list(range(len(_NAMES))):
            raise ValueError("order")
        self.order = tuple(_NAMES[i] for i in order)
        for name, unit in self.units.items():
            unit.restore(part(name, saved), values)


class EffectsRack:
    """Any partition of its input gives the same bits, if it is told something else at the same samples."""

    def __init__(self, rate_hz: int, controls: Mapping[str, float]) -> None:
        """Compiles what the effects run, where no earlier process has kept it: seconds."""
        self._values = {id: controls[id] for id in OBEYED}
        self._row = _Row(rate_hz, self._values)
        self._outgoing: _Row | None = None
        """The same effects in the order before, while that fades out."""
        self._spare = _Row(rate_hz, self._values)
        self._cross = Ramp(1.0, round(CROSS_FADE_S * rate_hz))

    @property
    def engaged_for(self) -> int:
        """In how many samples all effects will be off, and sound passes unchanged; 0 while they are."""
        return max(self._row.on_for, self._cross.left)

    @property
    def silent(self) -> bool:
        """True while silence passes as silence: no tail is left."""
        return self._outgoing is None and all(unit.silent for unit in self._row.units.values())

    @property
    def values(self) -> Mapping[str, float]:
        """What it obeys."""
        return self._values

    def obey(self, controls: Mapping[str, float]) -> None:
        """Set out for these, where they are its own; quick, and may be called in every frame."""
        changed = {id: controls[id] for id in OBEYED if id in controls and controls[id] != self._values[id]}
        if not changed:
            return
        self._values |= changed
        names = {"delay" if id == _TEMPO else id.partition("_")[0] for id in changed}
        for row in (self._row, self._outgoing):
            if row is not None:
                for name in names:
                    row.units[name].obey(self._values, on=bool(self._values[f"{name}_on"]))
        self._follow_order()

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N): the very same array while all effects are off."""
        if not (self.engaged_for and x.shape[1]):
            return x
        if not np.abs(x).max(initial=0.0) <= _LOUDEST:
            x = np.clip(np.nan_to_num(x), -_LOUDEST, _LOUDEST)
        parts, done = [], 0
        while self._outgoing is not None and done < x.shape[1]:
            parts.append(self._mixed(self._outgoing, x[:, done : done + self._cross.left]))
            done += parts[-1].shape[1]
            if self._cross.settled:
                self._outgoing = None
                self._follow_order()
        if done < x.shape[1]:
            parts.append(self._row.process(x[:, done:]))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _mixed(self, outgoing: _Row, x: Audio) -> Audio:
        """What an effect is given goes over as what is heard does: a step would be kept by delay lines."""
        share = self._cross.take(x.shape[1])
        before, given = outgoing.process_and_tell(x)
        return _between(before, self._row.process_from(given, share, x), share)

    def _follow_order(self) -> None:
        """Go over to the order that the places say, or wait until the last change of order is over."""
        wanted, row = effects_order(self._values), self._row
        if self._outgoing is not None or wanted == row.order:
            return
        before = row.sounding
        if tuple(name for name in wanted if name in before) != before:
            self._spare.restore(row.save(), self._values)
            self._outgoing = self._spare
            self._cross.jump(0.0)
            self._cross.move(1.0)
        row.order = wanted

    def save(self) -> SavedArrays:
        """A copy of its state between two samples: nothing where all controls stand at their defaults."""
        usual = ParameterValues()
        values = {id: np.array([value], np.float64) for id, value in self._values.items() if value != usual[id]}
        arrays = prefixed("value", values)
        if self.engaged_for:
            arrays |= prefixed("row", self._row.save())
        if self._outgoing is not None:
            arrays |= {"cross": self._cross.save(), **prefixed("outgoing", self._outgoing.save())}
        return arrays

    def restore(self, saved: SavedArrays, *, same_rate: bool) -> None:
        """Go on from what was saved, at another rate with the same controls from silence; `KeyError` or `ValueError`
        names what does not fit."""
        told, usual = part("value", saved), ParameterValues()
        self._values = {id: _checked(told, id) if id in told else usual[id] for id in OBEYED}
        row, outgoing = part("row", saved), part("outgoing", saved)
        self._outgoing = None
        self._cross.jump(1.0)
        if not (same_rate and row):
            for name, unit in self._row.units.items():
                unit.begin(self._values, on=bool(self._values[f"{name}_on"]))
            self._row.order = effects_order(self._values)
            return
        self._row.restore(row, self._values)
        if outgoing:
            self._spare.restore(outgoing, self._values)
            self._outgoing = self._spare
            self._cross.restore(saved, "cross")


def _between(before: Audio, after: Audio, share: Share) -> Audio:
    mixed: Audio = (before + share * (after.astype(np.float64) - before)).astype(np.float32)
    return mixed


def _checked(told: SavedArrays, id: str) -> float:
    try:
        return parameter(id).check(float(fitted(told, id, (1,), np.float64)[0]))
    except UsageError as error:
        raise ValueError(id) from error
