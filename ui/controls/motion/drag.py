"""A source that is carried to a knob, on whichever page: what it is over shows what a drop would do.

Qt's own drag and drop has a loop of its own, which would hold Python's lock against the engine; here the mouse is only
watched.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QRadioButton, QWidget

from synth.instrument.modulation.routes import natural_route
from synth.presets.routes import Route
from ui.controls.motion.book import NEW_DEPTH, MotionBook
from ui.controls.motion.colours import colour_of
from ui.controls.motion.model import depth_text, span, target_text
from ui.look.theme import COLOURS
from ui.widgets.dial.face import Ring
from ui.widgets.knob import Knob

_STAYS_MS = 400
"""So long over one knob, and the hand draws the depth from there on."""
_DRAW_PIXELS = 120.0
"""Upward motion that draws the depth by the whole of the range."""
_BESIDE = QPoint(14, 10)


class SourceDrag(QObject):
    """One source in the hand at a time, from the chip's first motion to the button's release, or Escape."""

    def __init__(self, book: MotionBook, panel: QWidget, show_rings: Callable[[str], object]) -> None:
        """`show_rings` lets a knob show its own rings again."""
        super().__init__(panel)
        self._book, self._panel, self._show_rings = book, panel, show_rings
        self._source = ""
        self._over: Knob | None = None
        self._at = QPoint()
        self._drawn_from: int | None = None
        """The height from which the hand draws the depth."""
        self._words: QLabel | None = None
        self._stays = QTimer(self)
        self._stays.setSingleShot(True)
        self._stays.setInterval(_STAYS_MS)
        self._stays.timeout.connect(self.hold)

    @property
    def under_way(self) -> bool:
        """True while a source is in the hand."""
        return bool(self._source)

    @property
    def depth(self) -> float:
        """What a drop now would make of it."""
        if self._drawn_from is None:
            return NEW_DEPTH
        return min(max(NEW_DEPTH + (self._drawn_from - self._at.y()) / _DRAW_PIXELS, -1.0), 1.0)

    def begin(self, source: str, at: QPoint) -> None:
        """The hand has taken a source and is here on the screen."""
        self._source, self._at = source, at
        self._words = words = QLabel(self._panel.window())
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words.setAccessibleName("What is carried")
        edge = f"border: 1px solid {colour_of(source)}; border-radius: 5px; padding: 3px 7px;"
        words.setStyleSheet(f"background: {COLOURS.raised}; {edge}")
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self._follow()
        words.show()

    def hold(self) -> None:
        """The hand rests on a knob: from here on it draws the depth."""
        if self._over is not None:
            self._drawn_from = self._at.y()
            self._tell()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent):
            if event.type() == QEvent.Type.MouseMove:
                self._at = event.globalPosition().toPoint()
                self._follow()
            elif event.type() == QEvent.Type.MouseButtonRelease:
                self._drop()
        elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                self._end()
            return True
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._end()
        return False

    def _follow(self) -> None:
        window = self._panel.window()
        under = window.childAt(window.mapFromGlobal(self._at))
        knob = _knob_of(under)
        if self._drawn_from is None and knob is not self._over:
            self._leave()
            if knob is not None:
                self._over = knob
                self._stays.start()
        if isinstance(under, QRadioButton) and self._panel.isAncestorOf(under) and not under.isChecked():
            under.click()
        self._tell()

    def _tell(self) -> None:
        """Beside the hand, and on the knob it is over, what a drop would do."""
        words = self._words
        if words is None:
            return
        name = self._book.motion.name_of(self._source)
        if self._over is None:
            words.setText(f"{name} → a knob")
        elif (route := self._route()) is None:
            words.setText(f"{target_text(self._over.parameter.id)} cannot be moved")
        else:
            words.setText(f"{name} → {target_text(route.parameter)}  {depth_text(route)}")
            self._over.show_rings([Ring(name, *span(route), colour_of(self._source))])
        words.adjustSize()
        window = self._panel.window()
        at = window.mapFromGlobal(self._at) + _BESIDE
        room = window.rect().bottomRight() - QPoint(words.width(), words.height())
        words.move(min(at.x(), room.x()), min(at.y(), room.y()))
        words.raise_()

    def _route(self) -> Route | None:
        knob = self._over
        if knob is None or not knob.parameter.modulatable:
            return None
        return natural_route(self._source, knob.parameter.id, self.depth)

    def _drop(self) -> None:
        route = self._route()
        self._end()
        if route is not None:
            self._book.add(route.source, route.parameter, route.depth)

    def _leave(self) -> None:
        self._stays.stop()
        if self._over is not None:
            self._show_rings(self._over.parameter.id)
        self._over = None

    def _end(self) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        self._leave()
        self._source, self._drawn_from = "", None
        if self._words is not None:
            self._words.hide()
            self._words.deleteLater()
            self._words = None


def _knob_of(widget: QWidget | None) -> Knob | None:
    """The knob that a widget is or is in."""
    while widget is not None and not isinstance(widget, Knob):
        widget = widget.parentWidget()
    return widget
