"""A measured figure beside its noise floor and the bar it should meet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Domain = Literal["grid", "sound", "life"]
TITLES: dict[Domain, str] = {
    "grid": "GRID: what the automaton grows",
    "sound": "SOUND: rendered by the command, analysed independently",
    "life": "LIFE: long runs of the automaton",
}


@dataclass(frozen=True)
class Bar:
    """Limits a value should keep, either of them optional."""

    low: float | None = None
    high: float | None = None

    def met_by(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.low:g}–{self.high:g}"
        return f"≥ {self.low:.3g}" if self.low is not None else f"≤ {self.high:.3g}"


@dataclass(frozen=True)
class Figure:
    """One row of the table; `value` is None when it was not measured, and `note` says why."""

    key: str
    label: str
    domain: Domain
    value: float | None
    unit: str = "dB"
    floor: float | None = None
    bar: Bar | None = None
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the bar is met; None without a bar or a value. What is not a number misses it."""
        if self.value is None or self.bar is None:
            return None
        return not math.isnan(self.value) and self.bar.met_by(self.value)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which knows no infinity: a value that is not finite is null, and `ok` false."""
        low, high = (self.bar.low, self.bar.high) if self.bar else (None, None)
        return {
            "key": self.key,
            "label": self.label,
            "domain": self.domain,
            "value": _plain(self.value),
            "unit": self.unit,
            "floor": _plain(self.floor),
            "at_least": _plain(low),
            "at_most": _plain(high),
            "ok": self.ok,
            "note": self.note,
        }

    def cells(self) -> tuple[str, str, str, str, str]:
        """Label, value, floor, bar and verdict as texts."""
        verdict = {True: "ok", False: "MISSED", None: ""}[self.ok]
        if self.value is None:
            verdict = self.note or "not run"
        elif self.note:
            verdict += f"  ({self.note})"
        value = "–" if self.value is None else _shown(self.value, self.unit)
        return self.label, value, _shown(self.floor, ""), str(self.bar or ""), verdict


def table(figures: Sequence[Figure]) -> str:
    """All figures as lines of text, by domain."""
    lines = []
    for domain, title in TITLES.items():
        rows = [f.cells() for f in figures if f.domain == domain]
        if rows:
            lines += ["", f"{title:<54} {'value':>12} {'floor':>7} {'bar':>13}"]
            lines += [f"  {r[0]:<52} {r[1]:>12} {r[2]:>7} {r[3]:>13}  {r[4]}" for r in rows]
    return "\n".join(lines[1:])


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if math.isinf(value):
        return "never"
    number = f"{value:.0f}" if unit in ("steps", "of 20", "rank") else f"{value:.2f}"
    return f"{number} {unit}".strip()
