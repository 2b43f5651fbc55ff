"""A sheet over the window, for what is not needed while one plays. The sound goes on beneath it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from ui.look.theme import COLOURS
from ui.widgets.tool_button import tool_button

_SHADE = QColor(8, 10, 14, 200)
_RIM = 8
"""The paper's rounded edge, through whose corners one sees; all within it is opaque."""


class _Ground(QWidget):
    """Opaque, and says so: what moves beneath is not painted, nor is everything here whenever it moves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), QColor(COLOURS.panel))


class Sheet(QWidget):
    """Covers its parent, whose controls neither mouse, Tab nor letters reach until Escape, its × or a press beside it
    puts it away. One sheet of a window shows at a time."""

    opened = Signal()
    closed = Signal()

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self._before: QWidget | None = None
        """What had the keyboard when the sheet was opened."""
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.paper = QFrame(self)
        self.paper.setProperty("role", "panel")
        outer = QVBoxLayout(self)
        outer.addWidget(self.paper, 0, Qt.AlignmentFlag.AlignCenter)
        ground = _Ground(self.paper)
        rim = QVBoxLayout(self.paper)
        rim.setContentsMargins(_RIM, _RIM, _RIM, _RIM)
        rim.addWidget(ground)
        self.body = QVBoxLayout(ground)
        """Whatever the sheet shows goes here."""
        self.body.setContentsMargins(20, 12, 20, 12)
        self.body.setSpacing(12)
        top = QHBoxLayout()
        label = QLabel(title)
        label.setProperty("role", "name")
        top.addWidget(label, 1)
        self.away = tool_button("×", f"Close {title}", "Close (Esc)", "", role="icon")
        self.away.setFixedSize(28, 28)
        self.away.clicked.connect(self.put_away)
        top.addWidget(self.away)
        self.body.addLayout(top)
        self.hide()

    def toggle(self) -> None:
        """Show it over the whole parent, or put it away."""
        if self.isVisible():
            self.put_away()
        else:
            self.open()

    def open(self) -> None:
        """Show it, and put away any other sheet of this window."""
        for other in self._covered.findChildren(Sheet):
            if other is not self:
                other.put_away()
        focused = self._covered.focusWidget()
        # One that is opened again has the keyboard itself.
        if focused is None or not self.isAncestorOf(focused):
            self._before = focused
        self.cover()
        self.raise_()
        self.show()
        self.setFocus()
        self.opened.emit()

    def put_away(self) -> None:
        """Hide it; what it shows is kept."""
        if not self.isHidden():
            self.hide()
            # First: a part of the sheet that is left may ask for the keyboard.
            self.closed.emit()
            before = self._before
            usable = before is not None and isValid(before) and before.isVisible() and before.isEnabled()
            (before if before is not None and usable else self._covered).setFocus()

    def cover(self) -> None:
        """Be as large as the window is now."""
        self.setGeometry(self._covered.rect())

    def event(self, event: QEvent) -> bool:
        """Letters, digits and signs typed anywhere on the sheet are not the window's keys; Space still is."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_sign(event):
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks round the sheet's own controls."""
        # Not by `nextInFocusChain`: the binding takes each widget for a child of the one before it from then on, and
        # once that one is deleted, what Python has of a menu's actions or of a viewport is invalid.
        here = QApplication.focusWidget()
        order = self.findChildren(QWidget)[:: 1 if forward else -1]
        start = order.index(here) + 1 if here in order else 0
        reached = next((widget for widget in order[start:] + order[:start] if _reachable(widget)), None)
        if reached is not None:
            reached.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.paper.geometry().contains(event.position().toPoint()):
            self.put_away()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), _SHADE)


def open_sheet(window: QWidget) -> Sheet | None:
    """The sheet that lies over this window now."""
    return next((sheet for sheet in window.findChildren(Sheet) if sheet.isVisible()), None)


class KeyboardKeeper(QObject):
    """Takes the keyboard from whatever gets it without being seen: Qt gives it to hidden widgets too, and letters typed
    there would play nothing. An answer that comes late may ask for it when its sheet or page is no longer shown."""

    def __init__(self, window: QWidget, usual: QWidget) -> None:
        """Where no sheet is open, `usual` has the keyboard then."""
        super().__init__(window)
        self._window, self._usual = window, usual
        QApplication.instance().focusChanged.connect(self._look)  # type: ignore[union-attr]

    def _look(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self._window.isAncestorOf(now):
            return
        sheet = open_sheet(self._window)
        covered = sheet is not None and now is not sheet and not sheet.isAncestorOf(now)
        if covered or self._was_hidden(now):
            (sheet or self._usual).setFocus(Qt.FocusReason.OtherFocusReason)

    def _was_hidden(self, widget: QWidget | None) -> bool:
        """Whether somebody hid it or what it lies in; what has only just been made is shown in a moment."""
        by_hand = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
        while widget is not None and widget is not self._window:
            if widget.isHidden() and widget.testAttribute(by_hand):
                return True
            widget = widget.parentWidget()
        return False


def _reachable(widget: QWidget) -> bool:
    # The editor inside a number field hands the keyboard on to the field; to ask for its `focusProxy` would make the
    # field its child.
    editor = isinstance(widget.parentWidget(), QAbstractSpinBox)
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and not editor
    return by_tab and widget.isVisible() and widget.isEnabled()


def _is_sign(event: QKeyEvent) -> bool:
    others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    return not event.modifiers() & others and event.text().isprintable() and event.text().strip() != ""
