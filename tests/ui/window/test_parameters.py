"""The window and the table of controls hold each other to account."""

from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QScrollBar, QToolButton, QWidget

from synth.instrument.events import SetParameter
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.takes.branch_bar import MomentSlider
from ui.widgets.knob import Knob

DRAGGED = {f"{name}_place" for name in EFFECTS}
"""The order of effects is where their chips are dragged to."""


def _controls(win: MainWindow) -> list[QWidget]:
    """Whatever has a value of its own: knobs, sliders, number boxes, and the switches of rows wherever they stand."""
    valued = [w for kind in (QAbstractSlider, QAbstractSpinBox) for w in win.findChildren(kind)]
    inside = win.controls.findChildren(QToolButton)
    switches = [
        w for w in win.findChildren(QToolButton) if w.isCheckable() and (w in inside or w.property("parameter"))
    ]
    return [w for w in (*valued, *switches) if not isinstance(w, QScrollBar | MomentSlider)]


def test_every_control_of_the_window_is_a_row_of_the_table_and_every_row_has_one(win: MainWindow) -> None:
    found = {w.property("parameter"): w for w in _controls(win)}
    rows = {id: row for id, row in (PARAMETERS | BRUSH_PARAMETERS).items() if id not in DRAGGED}
    assert found.keys() == rows.keys()
    for id, row in rows.items():
        assert found[id].accessibleName() == row.label
        if isinstance(found[id], Knob):
            assert row.help in found[id].toolTip()


def test_two_writers_do_not_undo_each_other(win: MainWindow, engine: FakeEngine) -> None:
    """A controller turns the tilt; the window, which has not heard of it, turns the width."""
    engine.send(SetParameter("tilt_db", 3.0))
    win.controls.knobs["width"].setValue(20)
    win.controls.freeze.click()
    assert (engine.values["tilt_db"], engine.values["width"], engine.values["frozen"]) == (3.0, 0.2, True)
