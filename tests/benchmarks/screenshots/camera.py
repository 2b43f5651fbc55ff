"""How the window is photographed: what is waited for, where a hand points, where a picture is written."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QTimer

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


def save(window: MainWindow, folder: Path, name: str) -> None:
    picture = window.grab()
    assert picture.save(str(folder / f"{name}.png")), f"{name}.png cannot be written"
    print(folder / f"{name}.png", f"{picture.width()}×{picture.height()}", flush=True)
