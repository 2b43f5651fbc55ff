"""Mouse and keys as the platform delivers them: events for the window, posted to its event loop.

`QTest` runs the event loop inside its own calls, with Python's lock held: on a busy machine the engine starves while
the window paints, which no hand can cause. Here the loop delivers what was posted, as it does with a real mouse.
"""

import os
from pathlib import Path
from urllib.parse import quote_from_bytes

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

NONE, LEFT, RIGHT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_NO_KEYS = Qt.KeyboardModifier.NoModifier


def pause(seconds: float) -> None:
    """Let the event loop run, without Python's lock."""
    loop = QEventLoop()
    QTimer.singleShot(max(0, round(1000 * seconds)), loop.quit)
    loop.exec()


def press(widget: QWidget, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
    _mouse(QEvent.Type.MouseButtonPress, widget, at, button, button)


def move(widget: QWidget, at: QPoint, held: Qt.MouseButton = NONE) -> None:
    _mouse(QEvent.Type.MouseMove, widget, at, NONE, held)


def release(widget: QWidget, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
    _mouse(QEvent.Type.MouseButtonRelease, widget, at, button, NONE)


def click(widget: QWidget, at: QPoint | None = None, button: Qt.MouseButton = LEFT) -> None:
    """Go there, press and let go."""
    place = widget.rect().center() if at is None else at
    move(widget, place)
    press(widget, place, button)
    release(widget, place, button)


def turn_wheel(widget: QWidget, at: QPoint, angle: int, modifiers: Qt.KeyboardModifier = _NO_KEYS) -> None:
    window = widget.window()
    place = QPointF(widget.mapTo(window, at))
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, angle),
        NONE,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.postEvent(window.windowHandle(), event)


def press_key(window: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NO_KEYS, text: str = "") -> None:
    """Down and up; Qt tries shortcuts first, as with a real key."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.postEvent(window.windowHandle(), QKeyEvent(kind, key, modifiers, text))


def drop(window: QWidget, *things: Path | QUrl) -> bool:
    """Let files, folders or links fall on the window together; False when they are not taken."""
    data = QMimeData()
    # As a file manager writes them: names as bytes, in per cent.
    data.setUrls(
        [thing if isinstance(thing, QUrl) else QUrl.fromEncoded(b"file://" + quote(thing)) for thing in things]
    )
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, left, none)
    QCoreApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    QCoreApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, data, left, none))
    return True


def quote(path: Path) -> bytes:
    """A path as it is in a URL."""
    return quote_from_bytes(os.fsencode(path.absolute())).encode()


def _mouse(kind: QEvent.Type, widget: QWidget, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    window = widget.window()
    place, everywhere = QPointF(widget.mapTo(window, at)), QPointF(widget.mapToGlobal(at))
    QCoreApplication.postEvent(
        window.windowHandle(), QMouseEvent(kind, place, place, everywhere, button, held, _NO_KEYS)
    )
