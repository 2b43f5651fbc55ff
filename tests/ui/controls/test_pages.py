"""The control panel's pages: named tabs, one page at a time, and every control on the page its row names."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.parameter import Page
from synth.instrument.parameters.table import PARAMETERS
from tests.doubles.engine import FakeEngine
from ui.controls.pages import layouts
from ui.controls.pages.tabs import TABS, PageTabs
from ui.controls.pages.widgets import PageWidget, PanelWidgets
from ui.controls.panel import ControlPanel
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_page_shows_its_own_controls_and_no_others(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    panel.show()
    for page in panel.pages.pages:
        panel.pages.show_page(page)
        tabs = [name for name, tab in panel.pages.tabs.buttons.items() if tab.isChecked()]
        assert [page in {part.page for part in tab.parts} for tab in TABS if tab.name in tabs] == [True]
        shown = {id for id, knob in panel.knobs.items() if knob.isVisible()}
        # A page with a layout of its own may show some of them at a time.
        own = {id for id in panel.knobs if PARAMETERS[id].display.page == page}
        assert shown and (shown < own if page in layouts.PAGE_LAYOUTS else shown == own)


def test_every_row_is_on_a_page_or_says_that_it_is_elsewhere(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    assert {p.display.page for p in PARAMETERS.values()} - {"elsewhere"} == panel.pages.pages.keys()


def test_tabs_are_named_and_one_without_rows_is_not_shown(qtbot: QtBot) -> None:
    tabs = PageTabs({"sound", "touch", "effects"})
    qtbot.addWidget(tabs)
    assert [button.text() for button in tabs.buttons.values()] == ["Sound", "Voice", "Effects"]
    assert tabs.pages == ["sound", "touch", "effects"]
    assert not tabs.parts


def test_a_click_goes_back_to_the_part_that_was_shown(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    panel.show()
    tabs = panel.pages.tabs
    tabs.buttons["Voice"].click()
    assert panel.pages.page == "voices"
    tabs.parts["envelope"].click()
    assert panel.pages.page == "envelope"
    tabs.buttons["Sound"].click()
    assert not tabs.parts["envelope"].isVisible()
    tabs.buttons["Voice"].click()
    assert panel.pages.page == "envelope"
    assert [page for page, part in tabs.parts.items() if part.isChecked()] == ["envelope"]


def test_keys_show_pages_and_their_parts_from_anywhere(win: MainWindow, engine: FakeEngine) -> None:
    pages = win.controls.pages
    QTest.keyClick(win, Qt.Key.Key_2, CTRL)
    assert pages.page == "voices"
    assert QApplication.focusWidget() is win.culture
    QTest.keyClick(win, Qt.Key.Key_2, CTRL)
    assert pages.page == "envelope"
    QTest.keyClick(win, Qt.Key.Key_1, CTRL)
    assert pages.page == "sound"
    QTest.keyClick(win, Qt.Key.Key_2, CTRL)
    assert pages.page == "envelope"


def test_a_page_that_is_left_gives_the_keyboard_to_the_tab_and_never_to_a_box_for_text(win: MainWindow) -> None:
    win.controls.knobs["fine_cents"].setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2, CTRL)
    assert QApplication.focusWidget() is win.controls.pages.tabs.buttons["Voice"]


@pytest.mark.parametrize(("key", "id"), [(Qt.Key.Key_F, "frozen"), (Qt.Key.Key_H, "follow_hand")])
def test_keys_of_a_switch_act_while_its_page_is_hidden(
    win: MainWindow, engine: FakeEngine, key: Qt.Key, id: str
) -> None:
    before = engine.values[id]
    win.controls.pages.show_page("voices")
    QTest.keyClick(win, key, CTRL)
    assert engine.values[id] != before


def test_a_page_can_be_laid_out_by_a_widget_of_its_own(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(PageWidget):
        def __init__(self, widgets: PanelWidgets) -> None:
            super().__init__()
            self.title = QLabel("mine", self)
            for row in widgets.rows("envelope"):
                widgets.of(row).setParent(self)

        def fit(self, side: int) -> None:
            self.side = side

    layout: dict[Page, Callable[[PanelWidgets], PageWidget]] = {**layouts.PAGE_LAYOUTS, "envelope": Own}
    monkeypatch.setattr("ui.controls.pages.stack.PAGE_LAYOUTS", layout)
    panel = ControlPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 200)
    panel.show()
    panel.pages.show_page("envelope")
    own = panel.pages.pages["envelope"]
    assert isinstance(own, Own) and own.title.isVisible()
    assert own.side == 62
    assert panel.knobs["attack_s"].parent() is own


def test_a_choice_is_turned_step_by_step_and_shown_as_a_word(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    heard: list[dict[str, float]] = []
    panel.changed.connect(heard.append)
    knob = panel.knobs["voice_mode"]
    knob.setValue(2)
    assert heard == [{"voice_mode": 2.0}]
    assert PARAMETERS["voice_mode"].text(panel.controls["voice_mode"]) == "legato"


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (2560, 1440)])
def test_the_culture_stays_where_it_is_from_page_to_page_and_no_page_is_clipped(
    win: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    win.resize(*size)
    # The layout settles in several rounds: a panel that has another width has knobs of another size.
    qtbot.wait(100)
    places, pages = set(), win.controls.pages
    for page, widget in pages.pages.items():
        pages.show_page(page)
        qtbot.wait(20)
        places.add(win.culture.geometry().getRect())
        least = widget.minimumSizeHint()
        assert least.width() <= widget.width() and least.height() <= widget.height(), page
    assert len(places) == 1, places
