"""What tests' hands do to knobs: press, drag, turn the wheel."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

_NONE = Qt.KeyboardModifier.NoModifier


def drag(knob: Knob, pixels: int, modifiers: Qt.KeyboardModifier = _NONE) -> None:
    """Press in the middle, move pixel by pixel in the direction that turns the knob up, release."""
    start = knob.rect().center()
    QTest.mousePress(knob, Qt.MouseButton.LeftButton, modifiers, start)
    move(knob, pixels, modifiers)
    QTest.mouseRelease(knob, Qt.MouseButton.LeftButton, modifiers, start)


def move(knob: Knob, pixels: int, modifiers: Qt.KeyboardModifier = _NONE) -> None:
    """Move the pressed mouse from the middle."""
    start, left = knob.rect().center(), Qt.MouseButton.LeftButton
    for way in range(1, abs(pixels) + 1):
        up = way if pixels > 0 else -way
        here = QPointF(start) + (QPointF(up, 0) if isinstance(knob, Slider) else QPointF(0, -up))
        QApplication.sendEvent(knob, QMouseEvent(QEvent.Type.MouseMove, here, here, left, left, modifiers))


def wheel(target: QWidget, delta: int = 120, modifiers: Qt.KeyboardModifier = _NONE, *, sideways: bool = False) -> None:
    """One turn of the wheel; some systems turn it sideways while Alt or Shift is held."""
    here, phase = QPointF(target.rect().center()), Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        here,
        here,
        QPoint(),
        QPoint(delta, 0) if sideways else QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        phase,
        False,
    )
    QApplication.sendEvent(target, event)
