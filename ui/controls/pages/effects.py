"""The page of the effects: their chain above, the controls of the chosen one below."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from synth.instrument.parameters.effect_rows import EFFECTS, effects_order
from ui.controls.pages.effect_chain import EffectChain
from ui.controls.pages.widgets import PageWidget, PanelWidgets

_SMALLEST_SIDE = 44
_CHAIN_ROOM = 8
"""The chain is so much higher than the titles of groups on other pages, in a knob's widths."""
_TIME, _NOTE, _SYNC = "delay_time_s", "delay_note", "delay_sync"


class EffectsPage(PageWidget):
    """One effect's controls at a time: of all five at once there are more than fit into a window."""

    def __init__(self, widgets: PanelWidgets) -> None:
        super().__init__()
        self._widgets = widgets
        self.chain = EffectChain({name: widgets.switches[f"{name}_on"] for name in EFFECTS})
        self._stack = QStackedWidget()
        self._pages = {name: _controls(name, widgets) for name in EFFECTS}
        for page in self._pages.values():
            self._stack.addWidget(page)
        self.chain.chosen.connect(lambda name: self._stack.setCurrentWidget(self._pages[name]))
        self.chain.moved.connect(self._move)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.chain)
        whole.addWidget(self._stack, 1)
        widgets.knobs[_NOTE].hide()

    def show_values(self, values: Mapping[str, float]) -> None:
        self.chain.show_order(effects_order(values))
        synced = bool(values[_SYNC])
        self._widgets.knobs[_TIME].setVisible(not synced)
        self._widgets.knobs[_NOTE].setVisible(synced)

    def fit(self, side: int) -> None:
        super().fit(max(_SMALLEST_SIDE, side - _CHAIN_ROOM))

    def _move(self, order: Sequence[str]) -> None:
        self._widgets.turn("Order of effects", {f"{name}_place": 1.0 + i for i, name in enumerate(order)})


def _controls(name: str, widgets: PanelWidgets) -> QWidget:
    """The knobs of one effect and the switches that are not its own."""
    rows = [row for row in widgets.rows("effects") if row.id.startswith(f"{name}_") and row.id != f"{name}_on"]
    page = QWidget()
    line = QHBoxLayout(page)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    line.addStretch(1)
    for row in rows:
        if not row.is_switch:
            line.addWidget(widgets.of(row), 0, Qt.AlignmentFlag.AlignCenter)
    for row in rows:
        if row.is_switch:
            line.addWidget(widgets.of(row), 0, Qt.AlignmentFlag.AlignCenter)
    line.addStretch(1)
    return page
