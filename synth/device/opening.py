"""Opening a device in a thread of its own: a dead sound server can hold such a call for ever."""

import threading
from collections.abc import Callable
from contextlib import suppress

from synth.device.sinks import Sink
from synth.errors import AudioDeviceError
from synth.log import log_unexpected
from synth.thread_priority import raise_thread_priority


class Opening:
    """One attempt; what comes after it was abandoned is closed again."""

    def __init__(self, wanted: str | None, open_sink: Callable[[], Sink], done: Callable[[], object]) -> None:
        """`wanted` is the output's name; `open_sink` raises `AudioDeviceError` where it cannot be opened.

        `done` is called on the thread when the attempt has ended.
        """
        self.wanted = wanted
        self._open, self._done = open_sink, done
        self._lock = threading.Lock()
        self._abandoned = False
        self.sink: Sink | None = None
        self.error: AudioDeviceError | None = None
        self._thread = threading.Thread(target=self._run, name="opener", daemon=True)
        self._thread.start()

    @property
    def inside(self) -> bool:
        """True while the call into the driver has not come back."""
        return self._thread.is_alive()

    def abandon(self) -> None:
        """Nobody wants it any more."""
        with self._lock:
            self._abandoned = True
            sink, self.sink = self.sink, None
        if sink is not None:
            _let_go(sink)

    def _run(self) -> None:
        # Threads that the driver starts inherit this; at ordinary priority a busy machine starves them.
        raise_thread_priority("sound")
        try:
            sink = self._open()
        except AudioDeviceError as error:
            self.error = error
        except Exception as error:
            self.error = AudioDeviceError(
                f"The output could not be opened, for a reason nobody expected: choose another; details are in "
                f"{log_unexpected(error)}."
            )
        else:
            with self._lock:
                wanted = not self._abandoned
                if wanted:
                    self.sink = sink
            if not wanted:
                _let_go(sink)
        self._done()


def _let_go(sink: Sink) -> None:
    with suppress(AudioDeviceError):
        sink.close(abort=True)
