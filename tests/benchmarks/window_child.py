"""The command itself in a process that watches it: started by `window_fps`."""

import json
import sys
import time

import numpy as np
import psutil
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

_SETTLE_S = 1.0


class Watcher(QObject):
    """Waits for the window, plays, counts paint events of the culture, closes."""

    def __init__(self, seconds: float, size: tuple[int, int], voices: int) -> None:
        super().__init__()
        self._seconds, self._size, self._voices = seconds, size, voices
        self._paints: list[float] = []
        self._ready = False
        self._window = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._wait_for_window)
        self._timer.start(5)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 – Qt's name
        if event.type() == QEvent.Type.Paint:
            self._paints.append(time.perf_counter())
            if len(self._paints) == 2 and not self._ready:
                self._ready = True
                # Painted twice: it is really on screen, and the engine has made a view to paint.
                print("ready", flush=True)
        return False

    def _wait_for_window(self) -> None:
        # By name: importing it here would import torch before the command does.
        for window in QApplication.topLevelWidgets():
            if type(window).__name__ == "MainWindow" and window.engine.view() is not None:  # type: ignore[attr-defined]
                self._timer.stop()
                self._window = window
                window.resize(*self._size)
                window.culture.viewport().installEventFilter(self)
                QTimer.singleShot(500, self._play)
                QTimer.singleShot(int(1000 * (0.5 + _SETTLE_S)), self._paints.clear)
                QTimer.singleShot(int(1000 * (0.5 + _SETTLE_S + self._seconds)), self._report)

    def _play(self) -> None:
        """Play the drone, or hold so many keys from C2 on."""
        from synth.instrument.note_events import NoteOn

        if not self._voices:
            self._window.engine.play()  # type: ignore[union-attr]
        for i in range(self._voices):
            self._window.engine.send(NoteOn(i, 36 + i, 0.8))  # type: ignore[union-attr]

    def _report(self) -> None:
        window, paints = self._window, np.array(self._paints)
        gaps = np.diff(paints) * 1000
        per_second = np.histogram(paints, np.arange(paints[0], paints[-1], 1.0))[0]
        status = window.engine.status()
        process = psutil.Process()
        print(
            json.dumps(
                {
                    "paints_per_second": float(np.median(per_second)) if len(per_second) else 0.0,
                    "worst_gap_ms": round(float(gaps.max()), 1),
                    "p99_gap_ms": round(float(np.percentile(gaps, 99)), 1),
                    "size": [window.width(), window.height()],
                    "playing": status.playing,
                    "voices": len(window.engine.view().keys),
                    "device": status.device,
                    "underruns": status.underruns,
                    "load": round(status.load, 3),
                    "slowed": status.slowed,
                    "steps_per_second": round(status.steps_per_second, 1),
                    "latency_ms": round(1000 * status.latency_s, 1),
                    "memory_mb": round(process.memory_info().rss / 2**20),
                    "imported": [m for m in ("bigvgan", "librosa", "matplotlib") if m in sys.modules],
                }
            ),
            flush=True,
        )
        window.close()


def main() -> int:
    """`window_child PRESET SECONDS WIDTH HEIGHT VOICES`."""
    app = QApplication(["petrichord"])
    watcher = Watcher(float(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4])), int(sys.argv[5]))
    from synth.commands.cli import main as command

    code = command([sys.argv[1]])
    del watcher, app
    return code


if __name__ == "__main__":
    sys.exit(main())
