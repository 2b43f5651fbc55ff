"""Control values as people read and type them: "60 %", "-3.5 dB", "+12 ct", "1.2 s"."""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass

from synth.errors import UsageError
from synth.instrument.parameters import PARAMETERS, Parameter

_NUMBER = re.compile(r"^\s*([+\-−]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+))\s*(.*?)\s*$")
_SAME_UNIT = {
    "percent": "%", "x": "×", "times": "×", "cent": "ct", "cents": "ct", "step": "steps", "row": "rows",
    "db/octave": "db/oct", "sec": "s", "second": "s", "seconds": "s",
}  # fmt: skip
"""How else people write a unit, in small letters."""


@dataclass(frozen=True)
class Scale:
    """How one parameter is shown: `factor` displayed units per unit of the engine, in steps of `step` of these."""

    parameter: Parameter
    label: str
    unit: str = ""
    factor: float = 1.0
    step: float = 0.01
    """Smallest change, in displayed units."""
    nudge: int = 5
    """Steps per arrow key or wheel notch."""
    signed: bool = False

    @property
    def n_steps(self) -> int:
        p = self.parameter
        return round((p.maximum - p.minimum) * self.factor / self.step)

    def value(self, index: int) -> float:
        """Engine value at a step."""
        return self.parameter.minimum + index * self.step / self.factor

    def index(self, value: float) -> int:
        """Nearest step to an engine value."""
        return round((value - self.parameter.minimum) * self.factor / self.step)

    def share(self, value: float) -> float:
        """How far along the way from end to end a value lies, 0 … 1."""
        return self.index(value) / self.n_steps

    def text(self, value: float) -> str:
        """The value with its unit."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        shown = round(value * self.factor, decimals) + 0.0
        number = f"{shown:+.{decimals}f}" if self.signed and shown else f"{shown:.{decimals}f}"
        return f"{number.replace('-', '−')}{self.unit and ' ' + self.unit}"

    def parse(self, text: str) -> float:
        """Engine value of what was typed, with or without its unit; `UsageError` in one sentence."""
        match = _NUMBER.match(text)
        unit = match.group(2).casefold() if match else ""
        per_unit = self.per_unit().get(_SAME_UNIT.get(unit, unit))
        if not match or per_unit is None:
            raise UsageError(f"“{text}” is not a value for {self.label}: type a number such as {self._example()}.")
        number = float(match.group(1).replace(",", ".").replace("−", "-").replace(" ", ""))
        p, value = self.parameter, number * per_unit
        if not p.minimum - 1e-9 <= value <= p.maximum + 1e-9:
            shown_unit = match.group(2) or self.unit
            raise UsageError(
                f"{self.label} of {number:g}{shown_unit and ' ' + shown_unit} is outside its range: "
                f"choose {self.text(p.minimum)} to {self.text(p.maximum)}."
            )
        return min(max(value, p.minimum), p.maximum)

    def per_unit(self) -> dict[str, float]:
        """Engine units per unit that may be typed, in small letters; "" is a number alone."""
        shown = 1 / self.factor
        known = {self.parameter.unit.casefold(): 1.0, self.unit.casefold(): shown, "": shown}
        return known | ({"s": 1000 * shown} if self.unit == "ms" else {}) | ({"db": shown} if "dB" in self.unit else {})

    def _example(self) -> str:
        return self.text(self.parameter.default)


_TIMES_S = (
    *(ms / 1000 for ms in range(5, 100)),
    *(ms / 1000 for ms in range(100, 1000, 10)),
    *(tenths / 10 for tenths in range(10, 101)),
)
"""Two figures each, which is what is shown: steps of 1 to 10 %, 5 ms to 10 s."""


@dataclass(frozen=True)
class TimeScale(Scale):
    """Seconds by proportion: from 5 ms to 50 is as far as from 0.5 s to 5."""

    @property
    def n_steps(self) -> int:
        return len(_TIMES_S) - 1

    def value(self, index: int) -> float:
        return _TIMES_S[min(max(index, 0), self.n_steps)]

    def index(self, value: float) -> int:
        above = min(max(bisect_left(_TIMES_S, value), 1), self.n_steps)
        return above if _TIMES_S[above] - value <= value - _TIMES_S[above - 1] else above - 1

    def text(self, value: float) -> str:
        return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.1f} s"

    def per_unit(self) -> dict[str, float]:
        return {"": 1.0, "s": 1.0, "ms": 0.001}


SCALES: dict[str, Scale] = {
    scale.parameter.name: scale
    for scale in (
        Scale(PARAMETERS["steps_per_frame"], "Evolution", "steps"),
        Scale(PARAMETERS["weather_depth"], "Depth", "%", 100.0, 1.0),
        Scale(PARAMETERS["weather_speed"], "Speed", "×"),
        Scale(PARAMETERS["playhead_speed"], "Speed", "×", signed=True),
        Scale(PARAMETERS["fine_cents"], "Fine", "ct", 1.0, 1.0, signed=True),
        Scale(PARAMETERS["width"], "Width", "%", 100.0, 1.0),
        Scale(PARAMETERS["tilt_db"], "Tilt", "dB/oct", 1.0, 0.1, 2, signed=True),
        Scale(PARAMETERS["volume_db"], "Volume", "dB", 1.0, 0.1, 10, signed=True),
        TimeScale(PARAMETERS["fade_in_s"], "Fade in", "s", nudge=10),
        TimeScale(PARAMETERS["fade_out_s"], "Fade out", "s", nudge=10),
    )
}

BRUSH_WIDTH = Scale(
    Parameter("brush_width", "Brush length", "ms", 46.0, 2000.0, 510.0, "How much time the brush covers."),
    "Length", "ms", 1.0, 2.0, 10,
)  # fmt: skip
BRUSH_HEIGHT = Scale(
    Parameter("brush_height", "Brush height", "rows", 2.0, 160.0, 24.0, "How many mel rows the brush covers."),
    "Height", "rows", 1.0, 1.0, 2,
)  # fmt: skip
BRUSH_STRENGTH = Scale(
    Parameter("brush_strength", "Brush strength", "", 0.0, 1.0, 1.0, "How much a touch changes; of paint, how loud."),
    "Strength", "%", 100.0, 1.0,
)  # fmt: skip
