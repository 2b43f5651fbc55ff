"""Functions of many small torch operations, run in one piece.

Each operation of torch lets go of Python's interpreter lock and takes it back afterwards. A window that is being drawn
takes it in between, and the engine waits a tenth of a millisecond and more, two hundred times in a block. TorchScript
runs a whole function without the lock.
"""

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import torch

_P = ParamSpec("_P")
_R = TypeVar("_R")


def scripted(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function compiled to TorchScript: the same results, and none of Python's lock while it runs."""
    with warnings.catch_warnings():
        # What is recommended in its place, torch.compile, needs a compiler on the user's machine; torch is pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        compiled = torch.jit.script(function)

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        # Optimising takes a tenth of a second of the first calls, in the middle of the sound, and gains nothing here.
        with torch.jit.optimized_execution(False):
            return cast(_R, compiled(*args, **kwargs))

    return run
