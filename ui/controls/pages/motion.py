"""The Motion page: every source as a chip, and beside them the controls and routes of the one that is chosen."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from synth.instrument.modulation.sources import SOURCES
from synth.presets.routes import Region
from ui.controls.motion.book import MotionBook
from ui.controls.motion.chip import SourceChip
from ui.controls.motion.macros import MacroBank
from ui.controls.motion.model import depth_text, target_text
from ui.controls.pages.widgets import PageWidget, PanelWidgets
from ui.controls.panel_widgets import divider, tight_button
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.tool_button import tool_button

_COLUMNS = 4
_ORDER = (
    "lfo1", "lfo2", "lfo3", "envelope2", "macro1", "macro2", "macro3", "macro4", "velocity", "key", "wheel", "bend",
    "pressure", "timbre", "random", "follower", "culture_activity", "culture_strength",
)  # fmt: skip
"""Of the chips; sources that are not named here come at the end."""
_MOST_TOLD = 4
"""Routes of a source that are named on the page; the list has all."""


class MotionPage(PageWidget):
    """The culture's region is drawn on the culture: the page only asks for it."""

    list_asked = Signal()
    draw_asked = Signal()

    def __init__(self, widgets: PanelWidgets) -> None:
        super().__init__()
        self._book: MotionBook = widgets.motion
        self.chips = {id: SourceChip(SOURCES[id]) for id in sorted(SOURCES, key=_place_of)}
        self.macros = MacroBank([widgets.knobs[id] for id in SOURCES if id.startswith("macro")], widgets.motion)
        self.routes = tool_button(
            "", "All routes", "List of all routes: change, switch off, delete (Ctrl+Shift+C)", "", "micro"
        )
        self.routes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.routes.clicked.connect(self.list_asked)
        self.draw = tight_button(
            "Draw region", "Draw a rectangle on the culture: activity and strength are measured inside it"
        )
        self.draw.clicked.connect(self.draw_asked)
        self.whole = tight_button("Whole culture", "Measure activity and strength over the whole culture")
        self.whole.clicked.connect(lambda: self._book.set_region(Region()))
        self._title = QLabel()
        self._title.setProperty("role", "section")
        self._title.setFixedHeight(18)
        self._moves = ElidedLabel()
        self._moves.setFixedHeight(18)
        self._moves.setProperty("role", "dim")
        self._moves.setAccessibleName("What the source moves")
        self._parts = QStackedWidget()
        self._part_of: dict[str, QWidget] = {}
        """What is shown of a source, by its id."""
        self._make_parts(widgets)
        self._lay_out()
        for id, chip in self.chips.items():
            chip.clicked.connect(lambda _=False, id=id: self._book.choose(id))
        self._book.shown.connect(self.follow)
        self.follow()

    def _make_parts(self, widgets: PanelWidgets) -> None:
        """One for each group of controls, one for the culture, one for sources that have none."""
        rows = widgets.rows("motion")
        for group in dict.fromkeys(p.display.group for p in rows):
            source = group.casefold().replace(" ", "")
            if source in SOURCES:
                part = QWidget()
                knobs = _row(part)
                for p in rows:
                    if p.display.group == group:
                        knobs.addWidget(widgets.of(p), 0, Qt.AlignmentFlag.AlignCenter)
                knobs.addStretch(1)
                self._part_of[source] = part
        nothing, culture = QLabel(), QWidget()
        nothing.setWordWrap(True)
        self._help = nothing
        buttons = _row(culture)
        buttons.addWidget(self.draw)
        buttons.addWidget(self.whole)
        buttons.addStretch(1)
        for id in SOURCES:
            if id.startswith("macro"):
                self._part_of[id] = self.macros
            elif id.startswith("culture"):
                self._part_of[id] = culture
            else:
                self._part_of.setdefault(id, nothing)
        for part in dict.fromkeys(self._part_of.values()):
            self._parts.addWidget(part)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(3)
        for i, chip in enumerate(self.chips.values()):
            grid.addWidget(chip, i // _COLUMNS, i % _COLUMNS)
        last = len(self.chips)
        grid.addWidget(self.routes, last // _COLUMNS, last % _COLUMNS, 1, _COLUMNS - last % _COLUMNS)
        left = QVBoxLayout()
        left.addLayout(grid, 1)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._title)
        top.addWidget(self._moves, 1)
        right = QVBoxLayout()
        right.setSpacing(2)
        right.addLayout(top)
        right.addWidget(self._parts, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(left, 2)
        whole.addWidget(divider())
        whole.addLayout(right, 5)

    def fit(self, side: int) -> None:
        super().fit(side)
        self.macros.fit(side)

    def follow(self) -> None:
        """The chosen source, its part and its routes; names of macros on their chips."""
        motion, source = self._book.motion, self._book.source
        for id, chip in self.chips.items():
            chip.setChecked(id == source)
            if chip.text() != motion.short_name_of(id):
                chip.setText(motion.short_name_of(id))
                chip.update()
        self._parts.setCurrentWidget(self._part_of[source])
        for words in (self._title, self._moves):
            # A macro's name stands on its knob, which has the room instead.
            words.setVisible(self._part_of[source] is not self.macros)
        self._title.setText(motion.name_of(source).upper())
        self._help.setText(SOURCES[source].help)
        moved = [
            f"{target_text(route.parameter)} {depth_text(route)}{'' if route.enabled else ' (off)'}"
            for _, route in motion.routes
            if route.source == source
        ]
        more = f" and {len(moved) - _MOST_TOLD} more" if len(moved) > _MOST_TOLD else ""
        told = f"moves {', '.join(moved[:_MOST_TOLD])}{more}"
        self._moves.setText(told if moved else "moves nothing yet: drag its chip onto a knob, on any page")
        self.routes.setText(f"All routes ({len(motion.routes)})…")
        self.macros.follow()

    def show_levels(self, levels: Mapping[str, float]) -> None:
        """What the sources are at now, by id."""
        for id, level in levels.items():
            if id in self.chips:
                self.chips[id].show_level(level)


def _place_of(source: str) -> int:
    return _ORDER.index(source) if source in _ORDER else len(_ORDER)


def _row(part: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    return row
