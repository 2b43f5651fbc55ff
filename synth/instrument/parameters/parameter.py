"""What one control is: its range and curve, how its values are written and read, who owns it.

The rows are in `table`; the values of all of them in `values`.
"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from synth.errors import UsageError
from synth.instrument.parameters.note_names import note_name, note_number

Curve = Literal["linear", "exponential", "switch"]
"""How a normalised value 0 … 1 becomes a value: by equal differences, by equal ratios, or as off below one half."""
Scope = Literal["voice", "culture", "output", "brush"]
"""What a control acts on. Those of the brush shape what a hand does next and are no part of the instrument's values."""
Owner = Literal["preset", "player"]
"""Whether a preset that is loaded sets the control, or it stays as the player left it."""
Widget = Literal["knob", "slider", "note", "switch"]
Page = Literal["sound", "voices", "envelope", "touch", "arpeggiator", "motion", "effects", "elsewhere"]
"""Which page of the window's controls it is on: the culture's sound, how notes are played, what moves controls, the
effects; or on none, where another part of the window shows it."""

FRAME_S = 256 / 22050
"""Glides are counted in frames of this length; both mel formats have it."""
_NUMBER = re.compile(r"^\s*([+\-−]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+))\s*(.*?)\s*$")
_SAME_UNIT = {
    "percent": "%", "x": "×", "times": "×", "cent": "ct", "cents": "ct", "step": "steps", "row": "rows",
    "db/octave": "db/oct", "sec": "s", "second": "s", "seconds": "s",
}  # fmt: skip
"""How else people write a unit, in small letters."""
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
_OWN_PITCH = "own"
_TIMES_S = (
    *(ms / 1000 for ms in range(1, 100)),
    *(ms / 1000 for ms in range(100, 1000, 10)),
    *(tenths / 10 for tenths in range(10, 100)),
    *(float(seconds) for seconds in range(10, 101)),
)
"""Times of two figures, which is what is shown: steps of 1 to 10 % from 10 ms on."""
_EXPONENTIAL_STEPS = 240


@dataclass(frozen=True)
class Display:
    """How a control is shown: `factor` shown units per unit of the engine, in steps of `step` of these."""

    name: str
    """Short, as it stands on the knob under its group's title."""
    unit: str = ""
    factor: float = 1.0
    step: float = 0.01
    """Smallest change, in shown units; times change by their second figure."""
    nudge: int = 5
    """Steps per arrow key or wheel notch."""
    signed: bool = False
    """True when positive values are shown with their sign."""
    group: str = ""
    """Title of the group it belongs to in the window."""
    widget: Widget = "knob"
    page: Page = "sound"
    choices: tuple[str, ...] = ()
    """Words for the values 0, 1, 2 …, where these are all there are."""


@dataclass(frozen=True)
class VaryRange:
    """How far “Vary” moves a control: by `amount` of its units, or octaves of its value where `doubling`."""

    amount: float
    lowest: float
    highest: float
    doubling: bool = False


@dataclass(frozen=True)
class Parameter:
    """One control. Values are in `unit`; those of a switch are True and False."""

    id: str
    """As presets, sessions, takes and the command line name it: never changed."""
    label: str
    unit: str
    display: Display
    minimum: float
    maximum: float
    default: float
    curve: Curve
    smoothing_s: float
    """Time constant with which the sound follows a change; 0 when it is obeyed at once."""
    scope: Scope
    owner: Owner
    modulatable: bool
    vary: VaryRange | None
    """None when “Vary” leaves it alone."""
    help: str

    def __post_init__(self) -> None:
        if not self.minimum <= self.default <= self.maximum or self.minimum >= self.maximum:
            raise ValueError(f"{self.id}: the default must lie within the range")
        if self.curve == "exponential" and self.minimum <= 0:
            raise ValueError(f"{self.id}: an exponential curve needs a range above 0")
        if self.choices and (self.minimum, self.maximum) != (0, len(self.choices) - 1):
            raise ValueError(f"{self.id}: choices are numbered from 0 on")

    @property
    def is_switch(self) -> bool:
        return self.curve == "switch"

    @property
    def choices(self) -> tuple[str, ...]:
        """The words its values stand for; none where values are numbers."""
        return self.display.choices

    def choice(self, value: float) -> str:
        """The word for a value."""
        return self.choices[int(value)]

    def holds(self, value: object) -> bool:
        """True for a number within range; for True and False where it is a switch, and nowhere else."""
        if isinstance(value, bool) or self.is_switch:
            return isinstance(value, bool) and self.is_switch
        if not isinstance(value, int | float) or not math.isfinite(value):
            return False
        return self.minimum <= value <= self.maximum and (not self.choices or value == round(value))

    def check(self, value: float) -> float:
        """The value as it is kept, or `UsageError` in one sentence when it cannot be used."""
        if self.is_switch and value in (0, 1):
            return bool(value)
        if not self.holds(float(value)):
            raise UsageError(
                f"{self.label} of {value:g}{self.unit and ' ' + self.unit} is outside its range: choose "
                f"{self._whole_range()}."
            )
        return float(value)

    def _whole_range(self) -> str:
        if self.choices:
            return " or ".join(f"{i} ({word})" for i, word in enumerate(self.choices))
        return "off or on" if self.is_switch else f"{self.minimum:g} to {self.maximum:g}"

    # Normalised

    def to_normalised(self, value: float) -> float:
        """Where a value lies between the ends of the range, 0 … 1, along the curve."""
        if self.curve == "exponential":
            share = math.log(value / self.minimum) / math.log(self.maximum / self.minimum)
        else:
            share = (value - self.minimum) / (self.maximum - self.minimum)
        return min(max(share, 0.0), 1.0)

    def from_normalised(self, share: float) -> float:
        """The value at 0 … 1 along the curve; beyond the ends it is theirs."""
        if self.is_switch:
            return share >= 0.5
        if self.curve == "exponential":
            value = self.minimum * math.exp(share * math.log(self.maximum / self.minimum))
        else:
            value = self.minimum + share * (self.maximum - self.minimum)
        if self.choices:
            value = float(round(value))
        return min(max(value, self.minimum), self.maximum)

    # Steps of a knob

    @property
    def n_steps(self) -> int:
        """Steps from the lowest value to the highest."""
        if self.is_switch:
            return 1
        if self._is_time:
            return len(_times(self.minimum, self.maximum)) - 1
        if self.curve == "exponential":
            return _EXPONENTIAL_STEPS
        return round((self.maximum - self.minimum) * self.display.factor / self.display.step)

    def at_step(self, index: int) -> float:
        """The value at a step; beyond the last it is the last's."""
        index = min(max(index, 0), self.n_steps)
        if self._is_time:
            return _times(self.minimum, self.maximum)[index]
        if self.curve != "linear":
            return self.from_normalised(index / self.n_steps)
        return self.minimum + index * self.display.step / self.display.factor

    def step_of(self, value: float) -> int:
        """The step nearest to a value."""
        if self._is_time:
            times = _times(self.minimum, self.maximum)
            above = min(max(bisect_left(times, value), 1), len(times) - 1)
            return above if times[above] - value <= value - times[above - 1] else above - 1
        if self.curve != "linear":
            return round(self.to_normalised(value) * self.n_steps)
        return round((value - self.minimum) * self.display.factor / self.display.step)

    # Text

    def text(self, value: float) -> str:
        """The value with its unit, as people read it: "60 %", "−3.5 dB", "1.2 s", "on"."""
        display = self.display
        if self.is_switch:
            return _ON[0] if value else _OFF[0]
        if self.choices:
            return self.choice(value)
        if display.widget == "note":
            return note_name(value) if value > 0 else _OWN_PITCH
        if self._is_time:
            return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.1f} s"
        decimals = max(0, -math.floor(math.log10(display.step) + 1e-9))
        shown = round(value * display.factor, decimals) + 0.0
        number = f"{shown:+.{decimals}f}" if display.signed and shown else f"{shown:.{decimals}f}"
        return f"{number.replace('-', '−')}{display.unit and ' ' + display.unit}"

    def parse(self, text: str, *, clamp: bool = False) -> float:
        """The value of what was typed, with or without its unit; `UsageError` in one sentence.

        With `clamp` a number beyond the range is the range's end.
        """
        if self.is_switch:
            return self._parse_switch(text)
        if self.choices:
            return self._parse_choice(text)
        if self.display.widget == "note":
            return 0.0 if text.strip().casefold() in (_OWN_PITCH, "0") else note_number(text)
        match = _NUMBER.match(text)
        unit = match.group(2).casefold() if match else ""
        per_unit = self._per_unit().get(_SAME_UNIT.get(unit, unit))
        if not match or per_unit is None:
            raise UsageError(
                f"“{text}” is not a value for {self._name}: type a number such as {self.text(self.default)}."
            )
        number = float(match.group(1).replace(",", ".").replace("−", "-").replace(" ", ""))
        value = number * per_unit
        if not clamp and not self.minimum - 1e-9 <= value <= self.maximum + 1e-9:
            shown_unit = match.group(2) or self.display.unit
            raise UsageError(
                f"{self._name} of {number:g}{shown_unit and ' ' + shown_unit} is outside its range: "
                f"choose {self.text(self.minimum)} to {self.text(self.maximum)}."
            )
        return min(max(value, self.minimum), self.maximum)

    def _parse_switch(self, text: str) -> bool:
        word = text.strip().casefold()
        if word not in (*_ON, *_OFF):
            raise UsageError(f"“{text}” is not a value for {self._name}: type on or off.")
        return word in _ON

    def _parse_choice(self, text: str) -> float:
        word = text.strip().casefold()
        known = [*(choice.casefold() for choice in self.choices), *(str(i) for i in range(len(self.choices)))]
        if word not in known:
            raise UsageError(f"“{text}” is not a value for {self._name}: choose {' or '.join(self.choices)}.")
        return float(known.index(word) % len(self.choices))

    @property
    def _name(self) -> str:
        return self.display.name

    @property
    def _is_time(self) -> bool:
        return self.curve == "exponential" and self.unit == "s"

    def _per_unit(self) -> dict[str, float]:
        """Engine units per unit that may be typed, in small letters; "" is a number alone."""
        if self._is_time:
            return {"": 1.0, "s": 1.0, "ms": 0.001}
        unit, shown = self.display.unit, 1 / self.display.factor
        known = {self.unit.casefold(): 1.0, unit.casefold(): shown, "": shown}
        return known | ({"s": 1000 * shown} if unit == "ms" else {}) | ({"db": shown} if "dB" in unit else {})


@lru_cache(maxsize=64)
def _times(shortest_s: float, longest_s: float) -> tuple[float, ...]:
    return tuple(time for time in _TIMES_S if shortest_s <= time <= longest_s)
