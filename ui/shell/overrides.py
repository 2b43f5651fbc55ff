"""Errors in what Qt calls: a function that overrides one of Qt's and fails must not end the program."""

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from types import FunctionType
from typing import Any

from PySide6.QtCore import QMetaObject, QObject
from shiboken6 import Shiboken


def guard_overrides() -> None:
    """Let every error of an override, of all classes there are and will be, leave it as a Python exception.

    Before Python 3.12 an error raised by C code, such as that of a widget that is gone already, leaves a function as a
    kind and a text. Where Python code had Qt call that function, the binding (6.11) reads the text as an exception and
    the program ends with a segmentation fault in `PepException_GetArgs`. To catch it and raise it again makes it one.
    """
    if sys.version_info >= (3, 12) or "__init_subclass__" in vars(Shiboken.Object):
        return
    for kind in _below(Shiboken.Object):
        _guard(kind)
    Shiboken.Object.__init_subclass__ = classmethod(_guard)  # type: ignore[assignment, method-assign]


def _below(kind: type) -> Iterator[type]:
    heirs: list[type] = type.__subclasses__(kind)
    for heir in heirs:
        yield heir
        yield from _below(heir)


def _guard(kind: type) -> None:
    bases = [base for base in kind.__mro__ if _of_qt(base)]
    if not bases or bases[0] is kind:
        return
    slots = _slots(bases[0])
    for name, function in list(vars(kind).items()):
        overrides = any(name in vars(base) for base in bases)
        # A slot is left as it is: Qt counts the arguments of a function that a signal is connected to.
        if isinstance(function, FunctionType) and overrides and not name.startswith("_") and name not in slots:
            setattr(kind, name, _raising_exceptions(function))


def _of_qt(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("PySide6", "Shiboken")


def _slots(kind: type) -> set[str]:
    if not issubclass(kind, QObject):
        return set()
    methods: QMetaObject = kind.staticMetaObject  # type: ignore[attr-defined]
    return {bytes(methods.method(k).name().data()).decode() for k in range(methods.methodCount())}


def _raising_exceptions(function: FunctionType) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException:
            raise

    return guarded
