"""Where the window goes on the screens there are, and how large what is in it may be."""

import math
import os
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication, QScreen

from synth.environment import number_variable
from ui.window.session import Geometry

SMALLEST = (1024, 640)
_FRAME, _BORDER = 32, 6
"""Height of a window's title bar, and the width of its other edges, in the units of the window."""
_LEAST_BAR = 20
"""Of title bars the lowest: where a window stood, it stands again."""
_SCALES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_SCALE_VARIABLE = "QT_SCALE_FACTOR"
_SANE = (0.1, 20.0)


def enlarge(scale: float, screens: Sequence[tuple[int, int]] = ()) -> None:
    """Show everything so much larger; before there is an application, and unless the user's environment says otherwise.

    Both give way to the screen: the smallest window fits the largest of the `screens`, whose sizes are in the system's
    own units; what the system enlarged too much is made smaller. Qt knows no other moment: it takes the factor from
    the environment when it starts, and an absurd one as well.
    """
    asked = environment_scale() or scale
    least = SMALLEST[0] + 2 * _BORDER, SMALLEST[1] + _FRAME + _BORDER
    fits = max((min(width / least[0], height / least[1]) for width, height in screens), default=asked)
    # Rounded down: a pixel too much would be one too much.
    factor = math.floor(1000 * max(_SANE[0], min(asked, fits))) / 1000
    if factor == 1.0:
        os.environ.pop(_SCALE_VARIABLE, None)
    else:
        os.environ[_SCALE_VARIABLE] = f"{factor:g}"


def environment_scale() -> float | None:
    """The factor that the environment names; None where it names none that makes sense."""
    return number_variable(_SCALE_VARIABLE, *_SANE)


def scales_that_fit(screen: QSize, ratio: float, stored: float) -> list[float]:
    """With which the smallest window still fits this screen, of `screen` units of `ratio` pixels; and the stored one.

    The system's own part of the ratio stays when the scale changes.
    """
    own = ratio / (environment_scale() or 1.0)
    fits = min(screen.width() * ratio / own / SMALLEST[0], screen.height() * ratio / own / SMALLEST[1])
    return sorted({1.0, stored, *(scale for scale in _SCALES if scale <= fits)})


def fitted(wanted: Geometry | None) -> QRect:
    """As it was, if it can be seen whole there; else, and at first, what fits of it, in the middle of a screen."""
    at_first = wanted is None
    wanted = wanted or Geometry()
    asked = QRect(wanted.x, wanted.y, max(wanted.width, SMALLEST[0]), max(wanted.height, SMALLEST[1]))
    here = None if at_first else QGuiApplication.screenAt(asked.center())
    screen = here or QGuiApplication.primaryScreen()
    # The scale was chosen for the largest of them.
    large_enough = (other for other in QGuiApplication.screens() if _holds_the_smallest(other))
    screen = screen if _holds_the_smallest(screen) else next(large_enough, screen)
    room = _room(screen)
    placed = QRect(asked.topLeft(), asked.size().boundedTo(room.size()))
    if at_first or not screen.availableGeometry().adjusted(0, _LEAST_BAR, 0, 0).contains(placed):
        placed.moveCenter(room.center())
    return placed


def _room(screen: QScreen) -> QRect:
    """Where a window can be with its title bar, which is around the geometry that Qt is told."""
    return screen.availableGeometry().adjusted(_BORDER, _FRAME, -_BORDER, -_BORDER)


def _holds_the_smallest(screen: QScreen) -> bool:
    room = _room(screen)
    return room.width() >= SMALLEST[0] and room.height() >= SMALLEST[1]
