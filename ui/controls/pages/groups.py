"""The usual layout of a page: its groups side by side, each with its title."""

from PySide6.QtWidgets import QHBoxLayout

from synth.instrument.parameters.parameter import Page
from ui.controls.pages.widgets import PageWidget, PanelWidgets
from ui.controls.panel_widgets import divider, titled_group

_KNOB_ROOM, _STACK_ROOM, _SLIDER_ROOM = 2, 3, 4
"""How the panel's width is shared out among the groups."""


def grouped(page: Page, widgets: PanelWidgets) -> PageWidget:
    """All rows of a page, in the groups that they name."""
    whole = PageWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    rows = widgets.rows(page)
    for i, title in enumerate(dict.fromkeys(p.display.group for p in rows)):
        members = [p for p in rows if p.display.group == title]
        knobs = [widgets.knobs[p.id] for p in members if p.display.widget == "knob"]
        others = [widgets.of(p) for p in members if p.display.widget != "knob"]
        others += widgets.beside.get(title, ())
        if i:
            row.addWidget(divider())
        has_slider = any(p.display.widget == "slider" for p in members)
        room = (_SLIDER_ROOM if has_slider else _STACK_ROOM) if others else 0
        row.addLayout(titled_group(title, knobs, others), _KNOB_ROOM * len(knobs) + room)
    return whole
