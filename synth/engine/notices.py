"""Sentences for the user from any thread; the window shows them in a banner, the command prints them."""

import threading

from synth.engine.protocol import Notice, Remedy

_KEPT = 8


class Noticeboard:
    """Keeps the latest few notices; `latest` is an immutable tuple, cheap to poll."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serial = 0
        self.latest: tuple[Notice, ...] = ()

    def post(self, text: str, urgent: bool = False, remedy: Remedy = "") -> None:
        with self._lock:
            self._serial += 1
            self.latest = (*self.latest, Notice(self._serial, text, urgent, remedy))[-_KEPT:]
