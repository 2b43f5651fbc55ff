"""The window's parts and where each of them lies."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from synth.presets.library import Entry
from ui.controls.panel import ControlPanel
from ui.culture.brush_bar import BrushBar
from ui.culture.brushes import BrushHand
from ui.culture.view import CultureView
from ui.files.folders import Places
from ui.perform.dock import Dock
from ui.perform.tempo_box import TempoBox
from ui.presets.panel import PresetPanel
from ui.widgets.banner import Banner
from ui.window.header import Header
from ui.window.status_line import StatusLine

_BROWSER_WIDTH, _BROWSER_SHARE = 216, 0.185
_SPACE = 8
"""Between the parts, and round all of them."""


@dataclass(frozen=True)
class Parts:
    """Made once; who connects them to each other is not their business."""

    header: Header
    presets: PresetPanel
    brushes: BrushBar
    banner: Banner
    culture: CultureView
    controls: ControlPanel
    dock: Dock
    status_line: StatusLine

    @staticmethod
    def make(
        hand: BrushHand,
        entries: list[Entry],
        list_outputs: Callable[[], list[str]],
        device: str | None,
        places: Places,
    ) -> "Parts":
        """Every part, not yet in any layout."""
        controls = ControlPanel()
        switches = controls.switches
        tempo = TempoBox(controls.knobs["tempo_bpm"], switches["midi_clock"])
        return Parts(
            Header(list_outputs, device),
            PresetPanel(entries, places),
            BrushBar(),
            Banner(),
            CultureView(hand),
            controls,
            Dock(tempo, switches["latch"]),
            StatusLine(),
        )

    def laid_out(self) -> QWidget:
        """All of them in one widget: header, browser beside culture and controls, dock, status line."""
        middle = QHBoxLayout()
        middle.setSpacing(_SPACE)
        middle.addWidget(self.presets)
        # Over the list, which is not played: whatever pushed or covered the culture would move a stroke.
        self.banner.float_over(self.presets.shelf)
        middle.addLayout(self._played(), 1)
        body = QVBoxLayout()
        body.setContentsMargins(_SPACE, _SPACE, _SPACE, _SPACE)
        body.setSpacing(_SPACE)
        body.addLayout(middle, 1)
        body.addWidget(self.dock)
        central = QWidget()
        central.setObjectName("central")
        whole = QVBoxLayout(central)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addLayout(body, 1)
        whole.addWidget(self.status_line)
        return central

    def _played(self) -> QVBoxLayout:
        """The culture with its brushes, the controls below."""
        stage = QFrame()
        stage.setProperty("role", "panel")
        inside = QVBoxLayout(stage)
        inside.setContentsMargins(8, 8, 8, 6)
        inside.setSpacing(6)
        inside.addWidget(self.brushes)
        inside.addWidget(self.culture, 1)
        played = QVBoxLayout()
        played.setSpacing(_SPACE)
        played.addWidget(stage, 1)
        played.addWidget(self.controls)
        return played

    def add_below_culture(self, part: QWidget) -> None:
        """Something below the culture's time axis."""
        stage = self.culture.parentWidget().layout()
        assert stage is not None
        stage.addWidget(part)

    def fit(self, window: QSize) -> None:
        """Share out a window of this size: browser and transport are one column."""
        width = round(min(max(_BROWSER_WIDTH, _BROWSER_SHARE * window.width()), 1.6 * _BROWSER_WIDTH))
        self.presets.setFixedWidth(width)
        self.dock.fit(width, window.height())
        self.header.fit(window.width())
        self.controls.fit(window.width() - width - 3 * _SPACE)
        self._settle()

    def _settle(self) -> None:
        """Lay out at once, from the inside out, what the new sizes change.

        Qt does it level by level, one turn of the event loop for each: on a busy machine the window was painted in
        between, with knobs of the new size in a panel of the old height (the culture 10 pixels lower).
        """
        self.controls.pages.settle()
        for part in (self.controls, self.controls.parentWidget()):
            layout = part.layout() if part is not None else None
            if layout is not None:
                layout.activate()
