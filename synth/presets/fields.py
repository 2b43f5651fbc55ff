"""Typed access to the fields of a JSON object, as presets and takes have it; needs nothing but the standard library."""

from dataclasses import dataclass
from typing import Any

from synth.errors import PresetError

_MAX_TEXT = 500


@dataclass(frozen=True)
class Fields:
    """A JSON object of the file called `file`; every reader names the field it could not use."""

    file: str
    values: dict[str, Any]
    prefix: str = ""

    def refusal(self, name: str, wanted: str) -> PresetError:
        """For a field that is not what is wanted."""
        return PresetError(f"{self.file}: field “{self.prefix}{name}” must be {wanted}; the preset cannot be used.")

    def group(self, name: str) -> "Fields":
        return Fields(self.file, self.mapping(name), f"{self.prefix}{name}.")

    def mapping(self, name: str) -> dict[str, Any]:
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise self.refusal(name, "an object")
        return dict(value)

    def number(self, name: str, low: float, high: float) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.refusal(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def integer(self, name: str, low: int, high: int) -> int:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.refusal(name, f"a whole number from {low} to {high}")
        return value

    def numbers(self, name: str, count: int | None = None, low: float = 0, high: float = 1e6) -> tuple[float, ...]:
        value = self.values.get(name)
        if not isinstance(value, list) or (count is not None and len(value) != count) or len(value) > 64:
            raise self.refusal(name, f"a list of {count or 'at most 64'} numbers")
        inner = Fields(self.file, {f"{name}[{i}]": v for i, v in enumerate(value)}, self.prefix)
        return tuple(inner.number(key, low, high) for key in inner.values)

    def number_map(self, name: str) -> dict[str, float]:
        inner = Fields(self.file, self.mapping(name), f"{self.prefix}{name}.")
        return {key: inner.number(key, -1e12, 1e12) for key in inner.values}

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise self.refusal(name, "true or false")
        return value

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise self.refusal(name, f"a text of at most {_MAX_TEXT} characters")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > 64:
            raise self.refusal(name, "a list of at most 64 texts")
        inner = Fields(self.file, {f"{name}[{i}]": v for i, v in enumerate(value)}, self.prefix)
        return tuple(inner.text(key) for key in inner.values)
