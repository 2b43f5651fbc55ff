"""Where the window goes on the screens there are."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from ui.session import Geometry

SMALLEST = (1024, 640)


def fitted(wanted: Geometry) -> QRect:
    """As it was, if it can be seen whole there; else as much of it as fits, in the middle of a screen."""
    asked = QRect(wanted.x, wanted.y, max(wanted.width, SMALLEST[0]), max(wanted.height, SMALLEST[1]))
    screen = QGuiApplication.screenAt(asked.center()) or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    placed = QRect(asked.topLeft(), asked.size().boundedTo(room.size()))
    if not room.contains(placed):
        placed.moveCenter(room.center())
    return placed
