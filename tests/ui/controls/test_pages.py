"""The control panel's pages: one at a time, each with its groups, and every control on the page its row names."""

from pytestqt.qtbot import QtBot

from synth.instrument.parameters.table import PARAMETERS
from ui.controls.panel import ControlPanel


def test_a_page_shows_its_own_controls_and_no_others(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    panel.show()
    for page, tab in panel.tabs.items():
        tab.click()
        assert [name for name, other in panel.tabs.items() if other.isChecked()] == [page]
        shown = {id for id, knob in panel.knobs.items() if knob.isVisible()}
        assert shown == {id for id in panel.knobs if PARAMETERS[id].display.page == page}


def test_a_choice_is_turned_step_by_step_and_shown_as_a_word(qtbot: QtBot) -> None:
    panel = ControlPanel()
    qtbot.addWidget(panel)
    heard: list[dict[str, float]] = []
    panel.changed.connect(heard.append)
    knob = panel.knobs["voice_mode"]
    knob.setValue(2)
    assert heard == [{"voice_mode": 2.0}]
    assert PARAMETERS["voice_mode"].text(panel.controls["voice_mode"]) == "legato"
