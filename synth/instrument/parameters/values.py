"""The values of all of the instrument's controls, as one immutable mapping."""

from collections.abc import Iterator, Mapping

from synth.errors import UsageError
from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import PARAMETERS


def parameter(id: str) -> Parameter:
    """The instrument's control of this id; `UsageError` says where those there are can be found."""
    found = PARAMETERS.get(id)
    if found is None:
        raise UsageError(f"There is no control “{id}”: `petrichord parameters` lists those there are.")
    return found


class ParameterValues(Mapping[str, float]):
    """A value for every id of the table, each within its range; switches are True or False."""

    __slots__ = ("_values",)

    def __init__(self, given: Mapping[str, float] | None = None, /, **by_id: float) -> None:
        """Defaults but for what is given; `UsageError` in one sentence for what cannot be used."""
        wanted = {**(given or {}), **by_id}
        self._values = _DEFAULTS | {id: parameter(id).check(value) for id, value in wanted.items()}

    def __getitem__(self, id: str) -> float:
        return self._values[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.values()))

    def __repr__(self) -> str:
        return f"ParameterValues({', '.join(f'{id}={value!r}' for id, value in self.changed.items())})"

    @property
    def changed(self) -> dict[str, float]:
        """Those that are not at their default."""
        return {id: value for id, value in self._values.items() if value != PARAMETERS[id].default}

    def with_value(self, id: str, value: float) -> "ParameterValues":
        return self.with_values({id: value})

    def with_values(self, values: Mapping[str, float]) -> "ParameterValues":
        """The same with these replaced; `UsageError` when one of them cannot be used."""
        changed = ParameterValues.__new__(ParameterValues)
        changed._values = self._values | {id: parameter(id).check(value) for id, value in values.items()}
        return changed

    def moved(self, values: Mapping[str, float]) -> "ParameterValues":
        """The same with these replaced, which are within their ranges: quick, for every frame."""
        changed = ParameterValues.__new__(ParameterValues)
        changed._values = {**self._values, **values}
        return changed

    def differing_from(self, other: Mapping[str, float]) -> dict[str, float]:
        """Those whose value is another in `other`, as they are here."""
        return {id: value for id, value in self._values.items() if value != other[id]}

    def as_settings(self) -> dict[str, float]:
        """What a preset stores as its suggestions: all but the player's switches; a switch of its own is 0 or 1."""
        return {id: float(value) for id, value in self._values.items() if _is_suggested(id)}


_DEFAULTS: dict[str, float] = {p.id: p.default for p in PARAMETERS.values()}


def from_settings(settings: Mapping[str, float]) -> ParameterValues:
    """Values from a preset's suggestions; unknown ids, the player's switches and what is out of range stay at their
    default."""
    return readable({id: _as_kept(PARAMETERS[id], v) for id, v in settings.items() if _is_suggested(id)})


def _is_suggested(id: str) -> bool:
    """True for a control that presets store; for those of the player they hold what they were made with."""
    p = PARAMETERS.get(id)
    return p is not None and not (p.is_switch and p.owner == "player")


def _as_kept(p: Parameter, value: float) -> float:
    """A stored number as a value: 0 and 1 are a switch's False and True."""
    return bool(value) if p.is_switch and value in (0, 1) else value


def readable(stored: Mapping[str, object]) -> ParameterValues:
    """Those of a file's values that this version knows and can use; the others stay at their default."""
    known = {id: value for id, value in stored.items() if id in PARAMETERS and PARAMETERS[id].holds(value)}
    return ParameterValues({id: value for id, value in known.items() if isinstance(value, int | float)})


def pitch_ratio(note: float, fine_cents: float, root_hz: float) -> float:
    """Transposition against a root; 1 for note 0 (the preset's own pitch) or an unpitched preset."""
    ratio = 1.0 if note <= 0 or root_hz <= 0 else 440.0 * 2 ** ((note - 69) / 12) / root_hz
    return float(ratio * 2 ** (fine_cents / 1200))
