"""The list of all routes on a sheet: each can be changed, switched off and deleted, and new ones can be made."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from synth.instrument.modulation.sources import SOURCES
from synth.instrument.modulation.targets import modulatable
from synth.presets.routes import N_PLACES
from ui.controls.motion.book import MotionBook
from ui.controls.motion.route_row import RouteRow
from ui.look.shortcuts import on_key
from ui.look.theme import COLOURS
from ui.widgets.chooser import LOOK, Chooser
from ui.widgets.sheet import Sheet

_STYLE = (
    LOOK
    + """
QComboBox {{ background: {ground}; border: 1px solid {line}; border-radius: 6px; padding: 3px 8px; min-height: 17px; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled {{ color: {faint}; }}
QSlider::groove:horizontal {{ background: {line}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {accent}; width: 12px; margin: -5px 0; border-radius: 6px; }}
QSlider::handle:horizontal:focus {{ background: {text}; }}
QSlider::handle:horizontal:disabled {{ background: {faint}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; }}
""".format(**vars(COLOURS))
)
_MOST_WIDTH, _MOST_HEIGHT, _MARGIN = 900, 560, 40


class RouteSheet(Sheet):
    """Rows are made when there are routes to show, and kept."""

    def __init__(self, book: MotionBook, parent: QWidget) -> None:
        super().__init__("Modulation", parent)
        self._book = book
        self.rows: dict[int, RouteRow] = {}
        """By the route's place."""
        self.empty = QLabel("Nothing moves a control yet: choose a source and a control below.")
        self.empty.setProperty("role", "dim")
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self._list.addWidget(self.empty)
        self._list.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName("Routes")
        self.area.setToolTip("Scroll with the wheel, the arrows or Page Up and Page Down")
        self.setStyleSheet(_STYLE)
        self.body.addWidget(self.area, 1)
        self.body.addLayout(self._maker())
        on_key(parent, "Ctrl+Shift+C", self.toggle)
        book.shown.connect(self._follow)

    def _maker(self) -> QHBoxLayout:
        """Source, control and a button: a route by keyboard."""
        self.source = Chooser("Source of a new route", "The source that moves a control")
        self.target = Chooser("Control of a new route", "The control that is moved")
        for row in modulatable():
            self.target.addItem(row.label, row.id)
        self._name_sources()
        self.add = QPushButton("Add route")
        self.add.setAccessibleName("Add route")
        self.add.setToolTip("Let this source move this control, by half of its range at first")
        self.add.clicked.connect(lambda: self._book.add(self.source.currentData(), self.target.currentData()))
        self.count = QLabel()
        self.count.setProperty("role", "dim")
        foot = QHBoxLayout()
        for part in (self.source, self.target, self.add, self.count):
            foot.addWidget(part)
        foot.addStretch(1)
        return foot

    def _name_sources(self) -> None:
        """Macros first, by the names they have now."""
        chosen = self.source.currentIndex()
        self.source.clear()
        for id in sorted(SOURCES, key=lambda id: not id.startswith("macro")):
            self.source.addItem(self._book.motion.name_of(id), id)
        self.source.setCurrentIndex(max(chosen, 0))

    def open(self) -> None:
        self._name_sources()
        super().open()
        self._follow()
        first = next(iter(self.rows.values()), None)
        (self.source if first is None else first.slider).setFocus(Qt.FocusReason.OtherFocusReason)

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize(min(_MOST_WIDTH, self.width() - _MARGIN), min(_MOST_HEIGHT, self.height() - _MARGIN))

    def _follow(self) -> None:
        if not self.isVisible():
            return
        routes = dict(self._book.motion.routes)
        for place in [place for place in self.rows if place not in routes]:
            row = self.rows.pop(place)
            if row.isAncestorOf(self.focusWidget()):
                # Or the keyboard would leave the sheet with the row.
                self.add.setFocus()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, route in routes.items():
            if place not in self.rows:
                self.rows[place] = RouteRow(place, self._book)
                for button in self.rows[place].findChildren(QAbstractButton):
                    # The window lets Enter press its buttons.
                    button.installEventFilter(self.window())
                at = sum(other < place for other in self.rows)
                self._list.insertWidget(at, self.rows[place])
            self.rows[place].show_route(route)
        self.empty.setVisible(not routes)
        self.count.setText(f"{len(routes)} of {N_PLACES}")
        self.add.setEnabled(self._book.motion.routes.free_place() is not None)
