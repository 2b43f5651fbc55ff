"""Numbers as people type them: a comma or a point is the decimal mark, on the command line as in the window."""

import argparse
import re
import unicodedata
from collections.abc import Iterable

_SAME = {",": ".", "\u066b": ".", "\uff0c": ".", "\uff0e": ".", "\u2212": "-", "\uff0d": "-"}
"""Decimal marks of Europe, Arabic and Japanese keyboards, and minus signs."""
_OPTION = re.compile(r"--[a-z][a-z-]*")
_NEGATIVE = re.compile(r"-[.,]?\d[\d.,]*(?:[eE][+-]?\d+)?")


def plain_number(text: str) -> str:
    """A number as it was typed, in the letters that programs read: “1,5”, “１．５” and “١٫٥” are all 1.5."""
    return "".join(_SAME.get(letter) or _digit(letter) for letter in text)


def typed_number(text: str) -> float:
    """The number that was typed; `ValueError` with a sentence where it is none. A mark between thousands is none."""
    try:
        return float(plain_number(text))
    except ValueError:
        raise ValueError(f"“{text}” is not a number: write one such as 1.5 or 1,5") from None


def typed_whole_number(text: str) -> int:
    """The whole number that was typed; `ValueError` with a sentence where it is none."""
    plain = plain_number(text)
    try:
        # Not by way of a float, which holds 53 bits of a seed.
        return int(plain) if plain.strip().lstrip("+-").isdigit() else _whole(float(plain))
    except ValueError:
        raise ValueError(f"“{text}” is not a whole number: write digits alone, such as 48000") from None


def number(text: str) -> float:
    """`typed_number` as the type of an option."""
    try:
        return typed_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def whole_number(text: str) -> int:
    """`typed_whole_number` as the type of an option."""
    try:
        return typed_whole_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def with_negative_values(words: Iterable[str]) -> list[str]:
    """A command line in which `--tilt -2,5` is `--tilt=-2,5`: argparse takes few negative numbers for values."""
    joined: list[str] = []
    for word in words:
        if joined and _OPTION.fullmatch(joined[-1]) and _NEGATIVE.fullmatch(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError(number)
    return int(number)


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)
