"""The page of the effects: one effect's controls at a time, and their order by mouse and keyboard."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.effect_rows import EFFECT_ROWS, EFFECTS
from synth.instrument.parameters.table import PARAMETERS
from tests.doubles.engine import FakeEngine
from ui.controls.pages.effects import EffectsPage
from ui.controls.panel import ControlPanel
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
USUAL = list(EFFECTS)


@pytest.fixture
def panel(qtbot: QtBot) -> ControlPanel:
    made = ControlPanel()
    qtbot.addWidget(made)
    made.resize(1000, 200)
    made.show()
    made.pages.show_page("effects")
    return made


def page_of(panel: ControlPanel) -> EffectsPage:
    page = panel.pages.pages["effects"]
    assert isinstance(page, EffectsPage)
    return page


def test_each_effect_shows_its_own_controls_and_all_are_reached(panel: ControlPanel) -> None:
    seen: set[str] = set()
    for name, chip in page_of(panel).chain.chips.items():
        chip.choose.click()
        boxes = {**panel.knobs, **panel.switches}
        shown = {row.id for row in EFFECT_ROWS if row.id in boxes and boxes[row.id].isVisible()}
        assert {id.partition("_")[0] for id in shown if not id.endswith("_on")} == {name}
        assert {f"{other}_on" for other in EFFECTS} <= shown
        seen |= shown
    assert seen | {"delay_note"} == {row.id for row in EFFECT_ROWS if row.display.page == "effects"}


def test_the_delay_shows_a_time_or_a_note_length(panel: ControlPanel) -> None:
    page_of(panel).chain.chips["delay"].choose.click()
    for synced in (True, False):
        panel.switches["delay_sync"].click()
        assert panel.knobs["delay_note"].isVisible() == synced
        assert panel.knobs["delay_time_s"].isVisible() != synced


def drag_before(page: EffectsPage, name: str, other: str) -> None:
    """Press a chip, move it in steps until it is left of another, and let go."""
    chip, target = page.chain.chips[name].choose, page.chain.chips[other].choose
    begin = chip.rect().center()
    QTest.mousePress(chip, LEFT, pos=begin)
    for beyond in (60, 20, -20):
        at = chip.mapFromGlobal(target.mapToGlobal(QPoint(beyond, 5)))
        QTest.mouseMove(chip, at)
    QTest.mouseRelease(chip, LEFT, pos=chip.rect().center())


def test_dragging_a_chip_moves_its_effect_as_one_step(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("effects")
    page = page_of(win.controls)
    drag_before(page, "reverb", "drive")
    wanted = ["reverb", "drive", "chorus", "delay", "eq"]
    assert page.chain.order == wanted
    assert [engine.values[f"{name}_place"] for name in wanted] == [1, 2, 3, 4, 5]
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    assert page.chain.order == USUAL
    assert [engine.values[f"{name}_place"] for name in USUAL] == [1, 2, 3, 4, 5]


def test_a_chip_that_is_dropped_where_it_was_asks_for_nothing(panel: ControlPanel) -> None:
    heard: list[object] = []
    panel.changed.connect(heard.append)
    choose = page_of(panel).chain.chips["delay"].choose
    at = choose.rect().center()
    QTest.mousePress(choose, LEFT, pos=at)
    QTest.mouseMove(choose, at + QPoint(30, 0))
    QTest.mouseRelease(choose, LEFT, pos=at)
    assert page_of(panel).chain.order == USUAL
    assert heard == []
    assert panel.knobs["delay_feedback"].isVisible()


def test_keys_move_an_effect_and_keep_the_keyboard_on_it(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("effects")
    page = page_of(win.controls)
    choose = page.chain.chips["eq"].choose
    choose.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(choose, Qt.Key.Key_Left, CTRL)
    QTest.keyClick(choose, Qt.Key.Key_Left, CTRL)
    assert page.chain.order == ["drive", "chorus", "eq", "delay", "reverb"]
    assert QApplication.focusWidget() is choose
    assert choose.accessibleName() == "Equaliser, place 3 of 5"
    QTest.keyClick(choose, Qt.Key.Key_Right, CTRL)
    assert engine.values["eq_place"] == 4
    for _ in range(3):
        QTest.keyClick(choose, Qt.Key.Key_Right, CTRL)
    assert page.chain.order == USUAL


def test_a_switch_is_one_step_of_undo(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.pages.show_page("effects")
    page_of(win.controls).chain.chips["reverb"].switch.click()
    assert engine.values["reverb_on"] is True
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    assert engine.values["reverb_on"] is False
    assert not win.controls.switches["reverb_on"].isChecked()


def test_a_preset_s_effects_are_shown_and_a_plain_one_turns_them_off(panel: ControlPanel) -> None:
    values = panel.controls.with_values({"chorus_on": True, "chorus_place": 5.0, "eq_place": 2.0})
    panel.show_controls(values)
    assert panel.switches["chorus_on"].isChecked()
    assert page_of(panel).chain.order == ["drive", "eq", "delay", "reverb", "chorus"]
    panel.show_controls(values.with_values({row.id: row.default for row in PARAMETERS.values()}))
    assert page_of(panel).chain.order == USUAL


def test_a_switch_reads_off_while_it_is_off_and_keeps_its_place(panel: ControlPanel) -> None:
    switches = {id: switch for id, switch in panel.switches.items() if id.endswith("_on")}
    assert set(switches) == {*(f"{name}_on" for name in EFFECTS), "arp_on"}
    assert {switch.text() for switch in switches.values()} == {"Off"}
    panel.grab()
    before = {id: switch.geometry() for id, switch in switches.items()}
    for switch in switches.values():
        switch.click()
    panel.grab()
    assert {switch.text() for switch in switches.values()} == {"On"}
    assert {id: switch.geometry() for id, switch in switches.items()} == before
