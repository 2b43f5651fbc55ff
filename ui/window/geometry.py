"""Where the window goes on the screens there are, and how large what is in it may be."""

import os

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication

from ui.window.session import Geometry

SMALLEST = (1024, 640)
_SCALES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_SCALE_VARIABLE = "QT_SCALE_FACTOR"


def enlarge(scale: float) -> None:
    """Show everything so much larger; before there is an application, and unless the user's environment says otherwise.

    Qt knows no other moment: it takes the factor from the environment when it starts.
    """
    if scale != 1.0:
        os.environ.setdefault(_SCALE_VARIABLE, f"{scale:g}")


def scales_that_fit(screen: QSize, ratio: float, stored: float) -> list[float]:
    """With which the smallest window still fits this screen, of `screen` units of `ratio` pixels; and the stored one.

    The system's own part of the ratio stays when the scale changes.
    """
    own = ratio / float(os.environ.get(_SCALE_VARIABLE, "1"))
    fits = min(screen.width() * ratio / own / SMALLEST[0], screen.height() * ratio / own / SMALLEST[1])
    return sorted({1.0, stored, *(scale for scale in _SCALES if scale <= fits)})


def fitted(wanted: Geometry) -> QRect:
    """As it was, if it can be seen whole there; else as much of it as fits, in the middle of a screen."""
    asked = QRect(wanted.x, wanted.y, max(wanted.width, SMALLEST[0]), max(wanted.height, SMALLEST[1]))
    screen = QGuiApplication.screenAt(asked.center()) or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    placed = QRect(asked.topLeft(), asked.size().boundedTo(room.size()))
    if not room.contains(placed):
        placed.moveCenter(room.center())
    return placed
