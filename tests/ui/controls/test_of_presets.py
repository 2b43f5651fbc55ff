"""A preset sounds the same whatever was loaded before it; what differs from it is seen and taken back."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.table import PARAMETERS
from synth.presets.file import save_preset
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.knobs import drag
from tests.ui.hands.scene import build
from ui.shell.main_window import MainWindow
from ui.shell.session_keeper import put_back, taken_down

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
OF_MINE = {
    "steps_per_frame": 2.0, "weather_depth": 0.5, "weather_speed": 2.0, "playhead_speed": -1.0, "width": 0.2,
    "tilt_db": -2.0,
}  # fmt: skip
OWNED = {p.id: p.default for p in PARAMETERS.values() if p.owner == "preset"}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A preset of one's own, which says something of some controls that presets own, and a volume that it may not."""
    settings = {**OF_MINE, "volume_db": 12.0}
    return save_preset(replace(live_preset(), name="Mine", settings=settings), tmp_path / "Mine.safetensors")


def load(win: MainWindow, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)


def owned(engine: FakeEngine) -> dict[str, float]:
    return {id: engine.values[id] for id in OWNED}


def test_a_preset_sounds_the_same_whatever_was_loaded_before(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path
) -> None:
    cello = win.presets.paths()[1]
    win.header.compare.init.click()
    win.controls.knobs["volume_db"].set_amount(-9.0)
    load(win, own, qtbot)
    assert owned(engine) == OWNED | OF_MINE
    load(win, cello, qtbot)
    assert owned(engine) == OWNED
    assert {id: win.controls.controls[id] for id in OWNED} == OWNED
    assert engine.values["volume_db"] == pytest.approx(-9.0)


def test_a_locked_control_stays_and_is_seen_to_be_locked(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path
) -> None:
    tilt = win.controls.knobs["tilt_db"]
    tilt.setFocus(Qt.FocusReason.TabFocusReason)
    before = tilt.grab().toImage()
    QTest.keyClick(tilt, Qt.Key.Key_L, CTRL | SHIFT)
    assert tilt.grab().toImage() != before
    assert tilt.accessibleDescription() == "0.0 dB/oct, locked"
    tilt.set_amount(3.0)
    load(win, own, qtbot)
    assert engine.values["tilt_db"] == tilt.amount() == pytest.approx(3.0)
    assert engine.swapped[-1][0].controls["tilt_db"] == pytest.approx(3.0), "from its first sample on"
    assert engine.values["width"] == pytest.approx(0.2)
    QTest.keyClick(tilt, Qt.Key.Key_L, CTRL | SHIFT)
    load(win, own, qtbot)
    assert engine.values["tilt_db"] == pytest.approx(-2.0)


def test_a_control_that_no_preset_sets_has_no_lock(win: MainWindow) -> None:
    win.controls.toggle_lock("volume_db")
    assert win.controls.locked == frozenset()


def test_the_menu_of_a_knob_locks_it_and_puts_it_back(win: MainWindow, qtbot: QtBot, own: Path) -> None:
    load(win, own, qtbot)
    menu, tilt, volume = win.controls.menu, win.controls.knobs["tilt_db"], win.controls.knobs["volume_db"]
    tilt.set_amount(1.0)
    tilt.customContextMenuRequested.emit(tilt.rect().center())
    assert menu.isVisible() and menu.revert.isEnabled() and not menu.lock.isChecked()
    menu.revert.trigger()
    assert tilt.amount() == pytest.approx(-2.0)
    menu.default.trigger()
    assert tilt.amount() == 0.0
    menu.lock.trigger()
    assert win.controls.locked == {"tilt_db"}
    menu.hide()
    volume.customContextMenuRequested.emit(volume.rect().center())
    assert not menu.lock.isVisible() and not menu.revert.isVisible() and menu.default.isVisible()
    menu.hide()


def test_what_differs_is_marked_and_revert_takes_it_back_in_one_step(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path
) -> None:
    load(win, own, qtbot)
    revert, width = win.header.compare.revert, win.controls.knobs["width"]
    assert not revert.isEnabled()
    same = width.accessibleDescription()
    drag(width, 30)
    win.controls.knobs["volume_db"].set_amount(-20.0)
    assert revert.isEnabled()
    assert width.accessibleDescription().endswith("differs from the preset")
    assert "differs" not in win.controls.knobs["volume_db"].accessibleDescription(), "no preset sets it"
    drag(win.controls.knobs["tilt_db"], 30)
    changed = owned(engine)
    QTest.keyClick(win, Qt.Key.Key_I, CTRL | SHIFT)
    assert owned(engine) == OWNED | OF_MINE
    assert engine.values["volume_db"] == pytest.approx(-20.0)
    assert width.accessibleDescription() == same
    assert not revert.isEnabled()
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    assert owned(engine) == pytest.approx(changed)
    assert revert.isEnabled()


def test_revert_leaves_what_is_locked(win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path) -> None:
    load(win, own, qtbot)
    win.controls.lock(["tilt_db"])
    win.controls.knobs["tilt_db"].set_amount(4.0)
    assert not win.header.compare.revert.isEnabled()
    win.controls.knobs["width"].set_amount(1.0)
    win.header.compare.revert.click()
    assert (engine.values["tilt_db"], engine.values["width"]) == (pytest.approx(4.0), pytest.approx(0.2))


def test_what_was_saved_is_what_nothing_differs_from(win: MainWindow, qtbot: QtBot) -> None:
    win.controls.knobs["width"].set_amount(0.9)
    assert win.header.compare.revert.isEnabled()
    with qtbot.waitSignal(win.presets.kept, timeout=20_000):
        win.presets.save_asked.emit("Wide", False, None)
    assert not win.header.compare.revert.isEnabled()


def test_locks_come_back_at_the_next_start(win: MainWindow, qtbot: QtBot) -> None:
    win.controls.lock(["tilt_db", "width", "a control of a later version"])
    session = taken_down(win)
    assert session.locked == ("tilt_db", "width")
    assert session.preset is not None
    win.controls.lock([])
    put_back(win, session, build(session.preset, session.controls), whole=True)
    assert win.controls.locked == {"tilt_db", "width"}
