"""The window and the table of controls hold each other to account."""

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QScrollBar,
    QSlider,
    QWidget,
)

from synth.instrument.events import SetParameter
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.takes.branch_bar import MomentSlider
from ui.widgets.knob import Knob

DRAGGED = {f"{name}_place" for name in EFFECTS}
"""The order of effects is where their chips are dragged to."""
CHOSEN = {
    *(f"{kind} brush" for kind in ("Erase", "Freeze", "Noise", "Paint", "Reseed")),
    *(f"{shape} shape" for shape in ("Line", "Round", "Stripe")),
    *(f"State {letter}" for letter in "ABCD"),
    *(f"{name} page" for name in ("Sound", "Voice", "Motion", "Effects")),
    *(f"{name} controls" for name in ("Notes", "Envelope", "Touch", "Arpeggiator")),
    *(f"Source {source.label}" for source in SOURCES.values()),
    *("Hidden channels", "Paint first", "Paint second"),
    *("Favourite", "Favourites only", "Yours only", "Tag test", "Category", "Loop"),
    *("Play", "Record", "Source of a new route", "Control of a new route"),
}
"""What can be on or chosen and is no control of the sound: what a hand paints with, what is shown, lists of presets,
takes and routes, and what is an event. Whatever else can be set must be a row."""


def _controls(win: QWidget) -> list[QWidget]:
    """Whatever has a value of its own: knobs, sliders, number boxes, lists to choose from, switches of any kind."""
    kinds = (QAbstractSlider, QAbstractSpinBox, QComboBox)
    valued: list[QWidget] = [w for kind in kinds for w in win.findChildren(kind)]
    valued += [w for w in win.findChildren(QAbstractButton) if w.isCheckable() and ", place " not in w.accessibleName()]
    valued = [w for w in valued if w.property("parameter") or w.accessibleName() not in CHOSEN]
    return [w for w in valued if not isinstance(w, QScrollBar | MomentSlider)]


def test_every_control_of_the_window_is_a_row_of_the_table_and_every_row_has_one(win: MainWindow) -> None:
    found = {w.property("parameter"): w for w in _controls(win)}
    rows = {id: row for id, row in (PARAMETERS | BRUSH_PARAMETERS).items() if id not in DRAGGED}
    assert found.keys() == rows.keys()
    for id, row in rows.items():
        assert found[id].accessibleName() == row.label
        if isinstance(found[id], Knob):
            assert row.help in found[id].toolTip()


def test_whatever_can_be_set_and_is_no_row_is_found(win: MainWindow) -> None:
    known = set(_controls(win))
    strangers = [QCheckBox("Louder", win), QSlider(win), QComboBox(win)]
    assert set(_controls(win)) - known == set(strangers)


def test_two_writers_do_not_undo_each_other(win: MainWindow, engine: FakeEngine) -> None:
    """A controller turns the tilt; the window, which has not heard of it, turns the width."""
    engine.send(SetParameter("tilt_db", 3.0))
    win.controls.knobs["width"].setValue(20)
    win.controls.freeze.click()
    assert (engine.values["tilt_db"], engine.values["width"], engine.values["frozen"]) == (3.0, 0.2, True)
