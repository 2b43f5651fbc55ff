"""A source is brought to a knob by dragging, from the knob's menu or in the list; the engine hears of it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetRegion, SetRoute
from synth.instrument.modulation.sources import SOURCES
from synth.presets.routes import N_PLACES, Region, Route, Routes
from tests.doubles.engine import FakeEngine
from ui.controls.motion.chip import SourceChip
from ui.shell.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def middle(widget: QWidget) -> QPoint:
    return widget.rect().center()


def carry(chip: SourceChip, to: QWidget, down: int = 0) -> None:
    """The mouse moves on until it is over a widget; the button stays down."""
    at = chip.mapFromGlobal(to.mapToGlobal(middle(to) + QPoint(0, down)))
    QTest.mouseMove(chip, at)


def take(win: MainWindow, source: str) -> SourceChip:
    win.controls.pages.show_page("motion")
    chip = win.motion.page.chips[source]
    QTest.mousePress(chip, LEFT, pos=middle(chip))
    QTest.mouseMove(chip, middle(chip) + QPoint(30, 0))
    return chip


def let_go(chip: SourceChip) -> None:
    QTest.mouseRelease(chip, LEFT)


def the_route(engine: FakeEngine) -> Route:
    ((_, route),) = engine.routed
    return route


def test_a_source_dropped_on_a_knob_of_another_page_is_a_route_of_half_depth(
    win: MainWindow, engine: FakeEngine
) -> None:
    chip = take(win, "lfo1")
    assert win.motion.drag.under_way
    carry(chip, win.controls.pages.tabs.buttons["Sound"])
    assert win.controls.pages.page == "sound", "a tab opens while a source is over it"
    knob = win.controls.knobs["tilt_db"]
    carry(chip, knob)
    assert not engine.sent(SetRoute), "nothing is heard before the drop"
    let_go(chip)
    assert engine.sent(SetRoute) == [SetRoute(1, Route("lfo1", "tilt_db", 0.5, "bipolar"))]
    assert not win.motion.drag.under_way
    assert win.controls.knobs["tilt_db"].rings[0].name == "LFO 1 ±50 %"


def test_a_hand_that_rests_on_the_knob_draws_the_depth(win: MainWindow, engine: FakeEngine) -> None:
    chip = take(win, "macro1")
    knob = win.controls.knobs["lfo1_hz"]
    win.motion.page.chips["lfo1"].click()
    carry(chip, knob)
    win.motion.drag.hold()
    carry(chip, knob, 90)
    let_go(chip)
    # 90 of 120 pixels down from 0.5.
    assert the_route(engine) == Route("macro1", "lfo1_hz", -0.25, "unipolar")


@pytest.mark.parametrize("way", ["escape", "beside", "what cannot be moved"])
def test_a_source_that_is_not_dropped_on_a_knob_moves_nothing(win: MainWindow, engine: FakeEngine, way: str) -> None:
    chip = take(win, "lfo1")
    win.motion.page.chips["lfo1"].click()
    target = win.keys if way == "beside" else win.controls.knobs["lfo1_shape" if way != "escape" else "lfo1_hz"]
    carry(chip, target)
    if way == "escape":
        assert win.controls.knobs["lfo1_hz"].rings
        QTest.keyClick(win.culture, Qt.Key.Key_Escape)
        assert not win.motion.drag.under_way
    let_go(chip)
    assert not engine.sent(SetRoute)
    assert not any(knob.rings for knob in win.controls.knobs.values())


def test_a_press_that_stays_is_a_choice_and_no_route(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("motion")
    QTest.mouseClick(win.motion.page.chips["envelope2"], LEFT)
    assert win.controls.motion.source == "envelope2"
    assert win.controls.knobs["envelope2_sustain"].isVisible()
    assert not engine.sent(SetRoute)


def test_every_control_of_the_page_is_behind_one_of_its_chips(win: MainWindow) -> None:
    win.controls.pages.show_page("motion")
    shown, page = set(), win.motion.page
    for chip in page.chips.values():
        QTest.keyClick(chip, Qt.Key.Key_Return)
        shown |= {id for id, knob in win.controls.knobs.items() if page.isAncestorOf(knob) and knob.isVisible()}
    assert shown == {id for id, knob in win.controls.knobs.items() if knob.parameter.display.page == "motion"}
    assert set(win.motion.page.chips) == set(SOURCES)


def menu_entry(win: MainWindow, parameter: str, name: str) -> None:
    knob = win.controls.knobs[parameter]
    knob.customContextMenuRequested.emit(middle(knob))
    menu = win.controls.menu
    menu.hide()
    next(action for action in menu.modulate.actions() if action.text() == name).trigger()


def test_the_knobs_menu_makes_a_route_and_takes_it_away_again(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.motion.name_macro("macro2", "Growl")
    menu_entry(win, "tilt_db", "Growl")
    assert the_route(engine) == Route("macro2", "tilt_db", 0.5)
    first = [action.text() for action in win.controls.menu.modulate.actions()][:4]
    assert first == ["Macro 1", "Growl", "Macro 3", "Macro 4"]
    menu_entry(win, "tilt_db", "Growl")
    assert not engine.routed
    knob = win.controls.knobs["voice_mode"]
    knob.customContextMenuRequested.emit(middle(knob))
    win.controls.menu.hide()
    assert not win.controls.menu.modulate.menuAction().isVisible()


def test_ctrl_draws_the_ring_of_the_source_that_was_chosen(win: MainWindow, engine: FakeEngine) -> None:
    book, knob = win.controls.motion, win.controls.knobs["tilt_db"]
    book.add("lfo1", "tilt_db")
    book.add("lfo2", "tilt_db")
    before = knob.value()
    book.choose("lfo1")
    assert [ring.name[:5] for ring in knob.rings] == ["LFO 1", "LFO 2"], "the one in the hand is the outer one"
    book.choose("lfo2")
    QTest.keyClick(knob, Qt.Key.Key_Down, CTRL)
    QTest.mousePress(knob, LEFT, CTRL, middle(knob))
    QTest.mouseMove(knob, middle(knob))
    assert [round(route.depth, 6) for _, route in engine.routed] == [0.5, 0.45]
    assert knob.value() == before
    assert [ring.name[:5] for ring in knob.rings] == ["LFO 2", "LFO 1"]
    QTest.mouseRelease(knob, LEFT)
    QTest.keyClick(knob, Qt.Key.Key_Down)
    assert knob.value() != before


def test_undo_and_redo_bring_every_change_of_a_route(win: MainWindow, engine: FakeEngine) -> None:
    book, seen = win.controls.motion, [engine.routed]
    for change in (
        lambda: book.add("lfo1", "width"),
        lambda: book.set_depth(1, 0.25),
        lambda: book.edit(1, "polarity", polarity="unipolar"),
        lambda: book.edit(1, "on or off", enabled=False),
        lambda: book.add("key", "tilt_db"),
        lambda: book.remove(1),
    ):
        change()
        win.control_desk.history.seal()
        seen.append(engine.routed)
    assert len(set(seen)) == len(seen)
    for wanted in reversed(seen[:-1]):
        win.control_desk.undo()
        assert engine.routed == wanted == book.motion.routes
    for wanted in seen[1:]:
        win.control_desk.redo()
        assert engine.routed == wanted == book.motion.routes


def test_a_depth_that_is_drawn_in_one_go_is_one_step(win: MainWindow, engine: FakeEngine) -> None:
    book = win.controls.motion
    book.add("lfo1", "width")
    win.control_desk.history.seal()
    for percent in range(45, 20, -5):
        book.set_depth(1, percent / 100)
    win.control_desk.undo()
    assert the_route(engine).depth == 0.5


def test_the_32_places_are_filled_and_then_it_is_said(win: MainWindow, engine: FakeEngine) -> None:
    book = win.controls.motion
    targets = [id for id, knob in win.controls.knobs.items() if knob.parameter.modulatable]
    for i in range(N_PLACES):
        book.add("lfo1" if i < len(targets) else "lfo2", targets[i % len(targets)])
    assert len(engine.routed) == N_PLACES
    assert book.add("random", "tilt_db") is None
    assert "All 32 routes are taken" in win.banner.text
    assert len(engine.routed) == N_PLACES


def test_the_list_changes_switches_off_and_deletes(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    win.controls.motion.add("lfo1", "tilt_db")
    QTest.keyClick(win, Qt.Key.Key_C, CTRL | Qt.KeyboardModifier.ShiftModifier)
    sheet = win.motion.sheet
    assert sheet.isVisible()
    row = sheet.rows[1]
    assert QApplication.focusWidget() is row.slider
    QTest.keyClick(row.slider, Qt.Key.Key_Right)
    row.polarity.setCurrentIndex(0)
    row.polarity.activated.emit(0)
    row.curve.setCurrentIndex(2)
    row.curve.activated.emit(2)
    row.on.click()
    assert the_route(engine) == Route("lfo1", "tilt_db", 0.51, "unipolar", "s", enabled=False)
    names = {row.on.accessibleName(), row.slider.accessibleName(), row.polarity.accessibleName()}
    assert names == {"LFO 1 to Tilt on", "Depth of LFO 1 to Tilt", "Polarity of LFO 1 to Tilt"}
    sheet.source.setCurrentIndex(sheet.source.findData("key"))
    sheet.target.setCurrentIndex(sheet.target.findData("width"))
    QTest.keyClick(sheet.add, Qt.Key.Key_Return)
    assert dict(engine.routed)[2] == Route("key", "width", 0.5, "bipolar")
    row.delete.setFocus()
    QTest.keyClick(row.delete, Qt.Key.Key_Return)
    assert [place for place, _ in engine.routed] == [2] == list(sheet.rows)
    assert QApplication.focusWidget() is sheet.add


def test_a_route_of_a_later_version_is_listed_and_says_why_it_does_nothing(win: MainWindow) -> None:
    book = win.controls.motion
    book.show_motion(replace(book.motion, routes=Routes(((3, Route("moon", "tilt_db")),))))
    win.motion.sheet.open()
    row = win.motion.sheet.rows[3]
    assert "There is no source “moon”" in row.on.toolTip()
    assert not row.slider.isEnabled() and row.delete.isEnabled()
    assert not win.controls.knobs["tilt_db"].rings


def region_sent(engine: FakeEngine) -> Region:
    ((event),) = engine.sent(SetRegion)
    assert isinstance(event, SetRegion)
    return event.region


def test_a_rectangle_drawn_on_the_culture_is_the_region_and_no_wound(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("motion")
    win.motion.page.chips["culture_activity"].click()
    QTest.mouseClick(win.motion.page.draw, LEFT)
    view = win.culture.viewport()
    QTest.mousePress(view, LEFT, pos=win.culture.position_of(42.5, 60).toPoint())
    QTest.mouseMove(view, win.culture.position_of(128.5, 20).toPoint())
    QTest.mouseRelease(view, LEFT, pos=win.culture.position_of(128.5, 20).toPoint())
    region = region_sent(engine)
    column, row = 1 / 172, 1 / 80
    assert region.left == pytest.approx(0.25, abs=column) and region.right == pytest.approx(0.75, abs=column)
    assert region.low == pytest.approx(20.5 / 80, abs=row) and region.high == pytest.approx(60.5 / 80, abs=row)
    assert all(type(action).__name__ != "Touch" for action in engine.actions)
    assert win.motion.drawer.frame.region == region
    win.controls.pages.show_page("sound")
    assert win.motion.drawer.frame.region is None
    QTest.mouseClick(view, LEFT, pos=win.culture.position_of(42, 60).toPoint())
    assert any(type(action).__name__ == "Touch" for action in engine.actions), "the hand touches cells again"


def test_the_region_is_drawn_by_keyboard_or_left_by_escape(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("motion")
    win.motion.page.draw_asked.emit()
    QTest.keyClick(win.culture, Qt.Key.Key_Escape)
    assert not win.motion.drawer.active and not engine.sent(SetRegion)
    win.motion.page.draw_asked.emit()
    QTest.keyClick(win.culture, Qt.Key.Key_Return)
    for _ in range(10):
        QTest.keyClick(win.culture, Qt.Key.Key_Right)
        QTest.keyClick(win.culture, Qt.Key.Key_Up)
    QTest.keyClick(win.culture, Qt.Key.Key_Return)
    region = region_sent(engine)
    # Ten arrows of two columns and of one row.
    assert (region.right - region.left) * 172 == pytest.approx(20)
    assert (region.high - region.low) * 80 == pytest.approx(10)
    win.control_desk.undo()
    assert engine.followed == Region()


def test_a_macro_is_named_where_it_is_and_the_name_is_read_everywhere(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("motion")
    win.motion.page.chips["macro1"].click()
    edit = win.motion.page.macros.names[0]
    edit.setFocus()
    QTest.keyClicks(edit, "  Open   wide ")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is win.culture, "the next keys are the instrument's"
    assert win.controls.motion.motion.macro_names == ("Open wide", "", "", "")
    assert win.motion.page.chips["macro1"].text() == "Open wide"
    win.control_desk.undo()
    assert edit.text() == ""
    edit.setFocus()
    QTest.keyClicks(edit, "no")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert win.controls.motion.motion.macro_names == ("", "", "", "")


def test_a_knob_is_painted_when_its_present_value_is_seen_to_move_and_only_then(win: MainWindow, qtbot: QtBot) -> None:
    win.controls.motion.add("lfo1", "tilt_db")
    win._timer.stop()
    painted = Painted(win.controls.knobs["tilt_db"])

    def count(value: float) -> int:
        painted.times = 0
        win.controls.rings.show_present({"tilt_db": value})
        qtbot.wait(20)
        return painted.times

    qtbot.wait(50)
    assert count(3.0) == 1
    assert count(3.0) == 0
    assert count(3.001) == 0, "less than a place on the sweep"
    assert count(-2.0) == 1
    win.controls.pages.show_page("voices")
    assert count(1.0) == 0


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False
