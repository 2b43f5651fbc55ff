"""Functions of many small torch operations, run in one piece where TorchScript is supported.

Each operation of torch lets go of Python's interpreter lock and takes it back afterwards. A window that is being drawn
takes it in between, and the engine waits a tenth of a millisecond and more, two hundred times in a block. TorchScript
runs a whole function without the lock. torch does not support it from Python 3.14 on: there the function runs as it is
written, operation by operation, which gives the same results.
"""

import functools
import os
import sys
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import torch

_P = ParamSpec("_P")
_R = TypeVar("_R")

PLAIN = "PETRICHORD_PLAIN_TORCH"
"""Environment variable: set to anything, no function is compiled, whatever the version of Python."""


def has_torchscript(version: tuple[int, ...] = sys.version_info[:2]) -> bool:
    """Whether torch compiles functions to TorchScript on this version of Python, and nobody asked it not to."""
    return version < (3, 14) and not os.environ.get(PLAIN)


def scripted(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function compiled to TorchScript: the same results, and none of Python's lock while it runs.

    The function itself where TorchScript is not supported.
    """
    if not has_torchscript():
        return function
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
