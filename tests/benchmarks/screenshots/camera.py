"""How the window is photographed: what is waited for, where a hand points, where a picture is written."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QTimer
from PySide6.QtGui import QPixmap

from ui.shell.main_window import MainWindow


def until(wish: Callable[[], bool]) -> None:
    """Wait for something, for four minutes at most: a training has the processors when nobody else wants them."""
    for _ in range(2400):
        if wish():
            return
        wait(100)
    raise AssertionError("it did not come")


def wait(ms: int) -> None:
    """Let the window and the engine run; `QTest.qWait` would keep Python's lock and starve the engine."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def cell(window: MainWindow, column: float, row: float) -> QPoint:
    return window.culture.position_of(column, row).toPoint()


class Camera:
    """Takes pictures of a window that plays, and writes them when it has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: dict[str, QPixmap] = {}

    def take(self, window: MainWindow, name: str) -> None:
        """Photograph the window as it is now."""
        self._taken[name] = window.grab()

    def develop(self) -> None:
        """Write what was taken. `QPixmap.save` keeps Python's lock while it compresses, 100 to 300 ms: more than the
        output queues, so each picture of a playing window would be a gap in its sound, which the next one shows."""
        for name, picture in self._taken.items():
            path = self.folder / f"{name}.png"
            assert picture.save(str(path)), f"{path} cannot be written"
            print(path, f"{picture.width()}×{picture.height()}", flush=True)
