"""Lengths of time as the window writes and reads them, everywhere alike."""

import re

from synth.instrument.parameters.typed_numbers import plain_number

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)s?")


def clock(seconds: float) -> str:
    """Whole seconds gone by: 0:42, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def exact_clock(seconds: float) -> str:
    """With thousandths: 0:42.500."""
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{clock(whole)}.{thousandths:03}"


def typed_time(text: str) -> float:
    """Seconds, as a time was typed: 62.5, 1:02.5 and 1:02,500 are the same; `ValueError` with a sentence."""
    found = _TIME.fullmatch(plain_number("".join(text.split())).lower())
    if found is None:
        raise ValueError(f"“{text}” is no time: type seconds such as 2.5, or minutes and seconds such as 1:02.5.")
    hours, minutes, seconds = found.groups()
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
