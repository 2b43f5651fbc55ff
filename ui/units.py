"""Control values as people read and type them: "60 %", "-3.5 dB", "+12 ct"."""

import math
import re
from dataclasses import dataclass

from synth.controls import PARAMETERS, Parameter
from synth.errors import UsageError

_NUMBER = re.compile(r"^\s*([+\-−]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+))\s*(.*?)\s*$")


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

    def text(self, value: float) -> str:
        """The value with its unit."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        shown = round(value * self.factor, decimals) + 0.0
        number = f"{shown:+.{decimals}f}" if self.signed and shown else f"{shown:.{decimals}f}"
        return f"{number.replace('-', '−')}{self.unit and ' ' + self.unit}"

    def parse(self, text: str) -> float:
        """Engine value of what was typed, with or without its unit; `UsageError` in one sentence."""
        match = _NUMBER.match(text)
        units = {"", self.unit, self.parameter.unit, self.unit.replace("×", "x")}
        if not match or match.group(2) not in units:
            raise UsageError(f"“{text}” is not a value for {self.label}: type a number such as {self._example()}.")
        shown = float(match.group(1).replace(",", ".").replace("−", "-").replace(" ", ""))
        p = self.parameter
        value = shown / self.factor
        if not p.minimum - 1e-9 <= value <= p.maximum + 1e-9:
            raise UsageError(
                f"{self.label} of {shown:g}{self.unit and ' ' + self.unit} is outside its range: "
                f"choose {self.text(p.minimum)} to {self.text(p.maximum)}."
            )
        return min(max(value, p.minimum), p.maximum)

    def _example(self) -> str:
        return self.text(self.parameter.default)


SCALES: dict[str, Scale] = {
    scale.parameter.name: scale
    for scale in (
        Scale(PARAMETERS["steps_per_frame"], "Evolution", "steps"),
        Scale(PARAMETERS["weather_depth"], "Depth", "%", 100.0, 1.0),
        Scale(PARAMETERS["weather_speed"], "Speed", "×"),
        Scale(PARAMETERS["playhead_speed"], "Speed", "×", signed=True),
        Scale(PARAMETERS["fine_cents"], "Fine", "ct", 1.0, 1.0, signed=True),
        Scale(PARAMETERS["width"], "Width", "%", 100.0, 1.0),
        Scale(PARAMETERS["volume_db"], "Volume", "dB", 1.0, 0.1, 10, signed=True),
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
    Parameter("brush_strength", "Brush strength", "%", 0.0, 1.0, 1.0, "How much a touch changes; of paint, how loud."),
    "Strength", "%", 100.0, 1.0,
)  # fmt: skip
