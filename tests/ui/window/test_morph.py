"""A morph in the window: chosen in the browser, moved and painted below the culture, left by a button."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from synth.instrument.events import EndMorph, Hand, PaintShare, SetParameter, Touch
from synth.mel import FORMATS
from synth.presets.file import load_preset, save_preset
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from ui.look.colour_map import CulturePainter
from ui.shell.main_window import MainWindow


@pytest.fixture
def morphing(win: MainWindow, engine: FakeEngine) -> MainWindow:
    """The engine says that a second preset is played."""
    engine.state = replace(engine.state, preset="cello", morph="violin")
    win.desk.morph.show_status(engine.state)
    return win


def choose(win: MainWindow, path: Path) -> None:
    """As from the list's menu."""
    presets = win.presets
    presets.list.setCurrentItem(presets.list.at(path))
    action = next(each for each in presets.menu.actions() if each.text() == "Morph towards this")
    action.trigger()


def test_a_preset_of_the_same_parent_is_prepared_and_handed_to_the_engine(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    assert win.desk.preset is not None
    path = win.presets.paths()[1]
    save_preset(replace(load_preset(path), parent=win.desk.preset.name), path)
    win.controls.knobs["morph"].set_amount(0.7)
    assert win.desk.morph.strip.isHidden()
    with qtbot.waitSignal(win.loader.partnered, timeout=20_000):
        choose(win, path)
    qtbot.waitUntil(lambda: bool(engine.partners))
    assert engine.partners[0].first is engine.present.preset
    assert engine.partners[0].preset.name == load_preset(path).name
    # It begins with nothing of the second preset.
    assert SetParameter("morph", 0.0) in engine.actions
    assert win.controls.controls["morph"] == 0
    win.desk.morph.show_status(engine.state)
    assert not win.desk.morph.strip.isHidden()


def test_a_preset_that_does_not_fit_is_a_sentence_and_the_sound_goes_on(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    path = win.presets.paths()[1]
    save_preset(live_preset(fmt=FORMATS["44k128"], n_frames=24), path)
    with qtbot.waitSignal(win.loader.unfit, timeout=20_000) as told:
        choose(win, path)
    assert "choose a second preset of the same format" in told.args[0]
    qtbot.waitUntil(lambda: win.banner.isVisible())
    assert not engine.partners
    assert len(engine.swapped) == 1


def test_the_strip_names_both_presets_and_ends_the_morph(morphing: MainWindow, engine: FakeEngine) -> None:
    strip = morphing.desk.morph.strip
    assert strip.isVisible()
    # The engine goes on with the name it was loaded with.
    morphing.presets.renamed.emit("Night cello")
    morphing.desk.morph.show_status(engine.state)
    assert (strip.names.text(), engine.state.preset) == ("Night cello → violin", "cello")
    strip.end.click()
    assert engine.sent(EndMorph)
    morphing.desk.morph.show_status(replace(engine.state, morph=""))
    assert strip.isHidden()


def test_its_controls_move_the_engine_and_are_undone(morphing: MainWindow, engine: FakeEngine) -> None:
    morphing.controls.knobs["morph"].set_amount(0.4)
    morphing.controls.knobs["morph_map"].set_amount(2.0)
    assert engine.actions[-2:] == [SetParameter("morph", 0.4), SetParameter("morph_map", 2.0)]
    morphing.control_desk.undo()
    morphing.control_desk.undo()
    assert engine.values["morph"] == engine.values["morph_map"] == 0


def test_a_brush_paints_for_one_preset_and_with_the_right_button_for_the_other(
    morphing: MainWindow, engine: FakeEngine
) -> None:
    strip, hand = morphing.desk.morph.strip, morphing.hand
    assert strip.second.isHidden()
    morphing.controls.knobs["morph_map"].set_amount(3.0)
    assert strip.second.isVisible()
    strip.second.click()
    hand.press(20.0, 30.0)
    hand.lift()
    hand.press(20.0, 30.0, hand.brush.other_side)
    hand.lift()
    painted = [action for action in engine.actions if isinstance(action, PaintShare)]
    assert [action.second for action in painted] == [True, False]
    assert (painted[0].place.column, painted[0].place.row) == (20.0, 30.0)
    assert not engine.sent(Touch)
    # The place that is painted is heard, as under any other stroke.
    assert len(engine.sent(Hand)) == 4
    strip.first.click()
    assert not strip.second.isChecked()
    hand.press(20.0, 30.0)
    hand.lift()
    assert [a.second for a in engine.actions if isinstance(a, PaintShare)] == [True, False, False]


@pytest.mark.parametrize("left_by", ["map", "end", "button"])
def test_strokes_touch_cells_again_once_the_brush_is_left(
    morphing: MainWindow, engine: FakeEngine, left_by: str
) -> None:
    strip = morphing.desk.morph.strip
    morphing.controls.knobs["morph_map"].set_amount(3.0)
    strip.second.click()
    match left_by:
        case "map":
            morphing.controls.knobs["morph_map"].set_amount(0.0)
        case "end":
            morphing.desk.morph.show_status(replace(engine.state, morph=""))
        case _:
            strip.second.click()
    morphing.hand.press(20.0, 30.0)
    morphing.hand.lift()
    assert engine.sent(Touch)
    assert not engine.sent(PaintShare)


def test_everything_on_the_strip_is_reached_by_the_keyboard_and_has_a_name(morphing: MainWindow) -> None:
    strip, knobs = morphing.desk.morph.strip, morphing.controls.knobs
    for widget in (strip.first, strip.second, strip.end, knobs["morph"], knobs["morph_map"]):
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_second_presets_cells_are_tinted_by_their_share() -> None:
    grid, none = np.zeros((4, 6), np.float32), np.zeros((4, 6), np.float32)
    share = np.zeros((4, 6), np.float32)
    share[2, 3], share[1, 1] = 1.0, 0.5
    plain = CulturePainter().pixels(grid, none).astype(int)
    seen = np.abs(CulturePainter().pixels(grid, none, None, share).astype(int) - plain).sum(2)
    assert seen[2, 3] > seen[1, 1] > 10
    assert not seen[0].any()
