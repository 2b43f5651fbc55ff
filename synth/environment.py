"""Environment variables as people leave them: empty is unset, and what is absurd is as unset.

Imports the standard library alone: it runs before anything else is imported.
"""

import math
import os

_NUMBERS = (
    "HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT", "TQDM_MININTERVAL", "TQDM_MAXINTERVAL", "TQDM_MINITERS",
    "TQDM_NCOLS", "TQDM_NROWS", "TQDM_DELAY", "TQDM_SMOOTHING", "TQDM_INITIAL", "TQDM_TOTAL", "TQDM_POSITION",
)  # fmt: skip
"""Read by libraries as they are imported, which ends them where it is no number."""


def variable(name: str) -> str:
    """What it says; "" where it is unset or blank."""
    return os.environ.get(name, "").strip()


def number_variable(name: str, low: float, high: float) -> float | None:
    """The number it says; None where it says none, or one outside the range."""
    try:
        number = float(variable(name))
    except ValueError:
        return None
    return number if math.isfinite(number) and low <= number <= high else None


def set_if_unset(name: str, value: str) -> None:
    """Give it a value unless the user did."""
    if not variable(name):
        os.environ[name] = value


def forget_absurd_numbers() -> None:
    """Unset what a library would take for a number and is none: a download's timeout, a bar's interval."""
    for name in _NUMBERS:
        if name in os.environ and number_variable(name, 0, 1e9) is None:
            del os.environ[name]
