"""A mode of the culture in which the hand draws a rectangle instead of touching cells."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from synth.presets.routes import Region
from ui.culture.region import RegionFrame, region_between
from ui.culture.view import CultureView

_MOUSE = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease)


class RegionDrawer(QObject):
    """The mouse drags from corner to corner; with keys, arrows move and Enter sets a corner. Escape ends it."""

    drawn = Signal(object)
    """A `Region`; the mode is over."""
    ended = Signal()
    """The mode is over, whether something was drawn or not."""

    def __init__(self, culture: CultureView) -> None:
        super().__init__(culture)
        self._culture = culture
        self.frame = RegionFrame()
        culture.getPlotItem().addItem(self.frame, ignoreBounds=True)
        self.active = False
        self._corner: tuple[float, float] | None = None
        self._kept: Region | None = None
        """What is shown while nothing is drawn."""
        culture.installEventFilter(self)
        culture.viewport().installEventFilter(self)

    def show_region(self, region: Region | None) -> None:
        """Show this one lightly; None shows nothing."""
        self._kept = region
        if self._corner is None:
            self.frame.show_region(region, self._culture.hand.field)

    def begin(self) -> None:
        """The next rectangle is a region."""
        self._culture.hand.lift()
        self.active, self._corner = True, None
        self._culture.setFocus(Qt.FocusReason.TabFocusReason)

    def end(self) -> None:
        """The hand touches cells again."""
        if self.active:
            self.active, self._corner = False, None
            self.show_region(self._kept)
            self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.active:
            return False
        if watched is self._culture.viewport() and isinstance(event, QMouseEvent):
            return event.type() in _MOUSE and self._follow_mouse(event)
        if watched is self._culture and isinstance(event, QKeyEvent):
            return self._follow_key(event)
        return False

    def _follow_mouse(self, event: QMouseEvent) -> bool:
        cell = self._culture.cell_at(event.position())
        if event.type() == QEvent.Type.MouseMove:
            self._stretch(cell)
            # The culture goes on saying what is under the cursor.
            return False
        if event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._corner = cell
            elif self._corner is not None:
                self._finish(cell)
        return True

    def _follow_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            self.end()
            return True
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            if self._corner is None:
                self._corner = self._culture.cursor_cell
                self._stretch(self._corner)
            else:
                self._finish(self._culture.cursor_cell)
        elif not enter and self._corner is not None and event.type() == QEvent.Type.KeyRelease:
            self._stretch(self._culture.cursor_cell)
        return enter

    def _stretch(self, cell: tuple[float, float]) -> None:
        if self._corner is not None:
            field = self._culture.hand.field
            self.frame.show_region(region_between(self._corner, cell, field), field)

    def _finish(self, cell: tuple[float, float]) -> None:
        assert self._corner is not None
        region = region_between(self._corner, cell, self._culture.hand.field)
        self.drawn.emit(region)
        self.end()
