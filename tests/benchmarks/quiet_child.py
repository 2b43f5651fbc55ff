"""The command itself in a process that weighs itself phase by phase: started by `quiet`, in any checkout.

It imports nothing of the project but the command, so that it can be run in checkouts with other folders.
"""

import importlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

_SETTLE_S = 3.0


@dataclass(frozen=True)
class _Mark:
    """Processor times at one moment."""

    at: float
    process_s: float
    engine_s: float


def _mark() -> _Mark:
    engine = sum(_thread_s(thread.native_id) for thread in threading.enumerate() if thread.name == "engine")
    return _Mark(time.monotonic(), time.process_time(), engine)


def _thread_s(native_id: int | None) -> float:
    """Time on a processor so far, as Linux counts it in nanoseconds."""
    return int(Path(f"/proc/self/task/{native_id}/schedstat").read_text().split()[0]) / 1e9


class Watcher:
    """Waits for the window, brings about one phase after another and weighs each."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._shares: dict[str, float] = {}
        self._cover: QWidget | None = None
        self._timer = QTimer()
        self._timer.timeout.connect(self._wait_for_window)
        self._timer.start(50)

    def _wait_for_window(self) -> None:
        # By name: importing it here would import torch before the command does.
        for window in QApplication.topLevelWidgets():
            if type(window).__name__ == "MainWindow" and window.engine.view() is not None:  # type: ignore[attr-defined]
                self._timer.stop()
                self._window = window
                self._run(self._phases())

    def _phases(self) -> list[tuple[str, Callable[[], object]]]:
        window, engine = self._window, self._window.engine  # type: ignore[attr-defined]
        return [
            ("stopped and visible", window.showNormal),
            ("stopped and covered", self._cover_up),
            ("stopped and minimised", lambda: (self._uncover(), window.showMinimized())),
            ("playing and minimised", engine.play),
            ("playing and visible", lambda: (window.showNormal(), window.activateWindow())),
        ]

    def _cover_up(self) -> None:
        self._cover = QWidget()
        self._cover.setGeometry(QApplication.primaryScreen().geometry())
        self._cover.showFullScreen()

    def _uncover(self) -> None:
        if self._cover is not None:
            self._cover.close()
            self._cover = None

    def _run(self, phases: list[tuple[str, Callable[[], object]]]) -> None:
        if not phases:
            print(json.dumps(self._shares), flush=True)
            self._window.close()
            return
        (name, begin), *rest = phases
        begin()
        QTimer.singleShot(int(1000 * _SETTLE_S), lambda: self._weigh(name, rest))

    def _weigh(self, name: str, rest: list[tuple[str, Callable[[], object]]]) -> None:
        before = _mark()

        def note() -> None:
            after = _mark()
            share = 100 / (after.at - before.at)
            self._shares[f"{name}: process"] = round(share * (after.process_s - before.process_s), 2)
            self._shares[f"{name}: engine"] = round(share * (after.engine_s - before.engine_s), 2)
            self._run(rest)

        QTimer.singleShot(int(1000 * self._seconds), note)


def main() -> int:
    """`quiet_child PRESET SECONDS`."""
    app = QApplication(["petrichord"])
    watcher = Watcher(float(sys.argv[2]))
    # Not by trying: an editable installation elsewhere would offer its own folders.
    rooms = Path("synth/commands").is_dir()
    command = importlib.import_module("synth.commands.cli" if rooms else "synth.cli")
    code: int = command.main([sys.argv[1]])
    del watcher, app
    return code


if __name__ == "__main__":
    sys.exit(main())
