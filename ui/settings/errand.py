"""Something slow done in a thread of its own, so that neither the window nor the sound waits for it."""

import sys
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance

from synth.errors import PetrichordError, of_the_program

_LEAVE_S = 1.0


class Errand(QObject):
    """One at a time; what comes of it arrives in the window's thread."""

    done = Signal(object)
    failed = Signal(object)
    """The `PetrichordError`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._busy = self._closed = False

    @property
    def busy(self) -> bool:
        return self._busy

    def run(self, work: Callable[[], object]) -> bool:
        """Start it; False while another is under way."""
        if self.busy or self._closed:
            return False
        # A daemon: a network that answers nothing must not keep the program from ending.
        self._busy = True
        self._thread = threading.Thread(target=self._work, args=(work,), name="errand", daemon=True)
        self._thread.start()
        return True

    def end(self) -> None:
        """Nothing arrives any more; wait a moment for what is under way."""
        self._closed = True
        if self._thread is not None:
            self._thread.join(_LEAVE_S)

    def _work(self, work: Callable[[], object]) -> None:
        try:
            result = work()
        except PetrichordError as problem:
            self._tell(self.failed, problem)
        except Exception as problem:
            # A fault of ours: into the log with it.
            sys.excepthook(type(problem), problem, problem.__traceback__)
            self._tell(self.failed, PetrichordError(of_the_program(problem)))
        else:
            self._tell(self.done, result)

    def _tell(self, signal: SignalInstance, what: object) -> None:
        # Before it is told: whoever hears of it may start the next.
        self._busy = False
        if not self._closed:
            signal.emit(what)
