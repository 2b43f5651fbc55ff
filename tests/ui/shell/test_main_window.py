"""The main job: load, play, touch, record, stop; and what happens when something is wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from synth.instrument.events import Hand, SetParameter
from synth.instrument.note_events import NoteOn
from synth.presets.file import save_preset
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.mouse_and_keys import drop
from tests.ui.hands.scene import OUTPUTS
from ui.presets.items import path_of
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_dropped_preset_is_loaded_and_swapped_in(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "dropped.safetensors"
    save_preset(live_preset(seed=9, n_frames=64), path)
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        assert drop(win, path)
    instrument, reason = engine.swapped[-1]
    adopted = tmp_path / "home" / "presets" / "Test tone.safetensors"
    assert instrument.preset.source_path == str(adopted)
    assert reason
    assert adopted in win.presets.paths()
    assert adopted.read_bytes() == path.read_bytes()
    assert path_of(win.presets.list.currentItem()) == adopted


def test_a_damaged_preset_is_a_banner_and_the_old_one_plays_on(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.play()
    playing, name = len(engine.swapped), win.header.name.text()
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(b"not a preset")
    with qtbot.waitSignal(win.presets.refused, timeout=20_000):
        drop(win, path)
    assert "damaged.safetensors" in win.banner.text
    assert win.banner.isVisible()
    assert len(engine.swapped) == playing
    assert "stop" not in engine.calls
    assert win.header.name.text() == name
    assert win.presets.list.currentItem().text() == name == "bronze bell"
    assert not win.header.about.text().startswith("loading")


def test_next_and_previous_walk_round_the_list(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    for key, expected in (
        (Qt.Key.Key_PageDown, "cello"),
        (Qt.Key.Key_PageUp, "bronze_bell"),
        (Qt.Key.Key_PageUp, "violin"),
    ):
        with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
            QTest.keyClick(win, key)
        assert Path(engine.swapped[-1][0].preset.source_path).stem == expected


def test_quick_presses_load_only_where_they_end(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    before = len(engine.swapped)
    for _ in range(4):
        QTest.keyClick(win, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: len(engine.swapped) > before, timeout=20_000)
    qtbot.wait(200)
    assert len(engine.swapped) == before + 1
    assert Path(engine.swapped[-1][0].preset.source_path).stem == "cello"


def test_a_new_preset_keeps_the_volume_and_takes_its_suggestions(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    from dataclasses import replace

    win.controls.knobs["volume_db"].setValue(win.controls.knobs["volume_db"].parameter.step_of(-12.0))
    path = tmp_path / "suggests.safetensors"
    save_preset(replace(live_preset(n_frames=64), settings={"weather_depth": 0.5, "volume_db": 12.0}), path)
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)
    controls = engine.values
    assert (controls["weather_depth"], controls["volume_db"]) == (0.5, pytest.approx(-12.0))
    assert win.controls.knobs["weather_depth"].amount() == pytest.approx(0.5)


_ENDS = {
    "steps_per_frame": 4.0,
    "weather_depth": 2.0,
    "weather_speed": 0.0,
    "playhead_speed": -2.0,
    "fine_cents": -37.0,
    "width": 0.0,
    "tilt_db": -6.0,
    "volume_db": -60.0,
    "fade_in_s": 10.0,
    "fade_out_s": 0.005,
}


def test_every_knob_sets_its_control_and_no_other(win: MainWindow, engine: FakeEngine) -> None:
    for name, value in _ENDS.items():
        before, sent = dict(win.controls.controls), len(engine.sent(SetParameter))
        knob = win.controls.knobs[name]
        knob.setValue(knob.parameter.step_of(value))
        assert before[name] != pytest.approx(value)
        assert dict(engine.values) == before | {name: pytest.approx(value)}
        assert len(engine.sent(SetParameter)) == sent + 1, name


def test_freeze_and_follow_hand_are_toggles(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_F, CTRL)
    assert engine.values["frozen"]
    QTest.keyClick(win, Qt.Key.Key_H, CTRL)
    assert not engine.values["follow_hand"]


def test_computer_keys_play_notes_and_leave_the_drone(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.note.setValue(62)
    for key in (Qt.Key.Key_A, Qt.Key.Key_W, Qt.Key.Key_H, Qt.Key.Key_K, Qt.Key.Key_Z, Qt.Key.Key_A):
        QTest.keyClick(win, key)
    assert [event.key for event, _, _ in engine.notes if isinstance(event, NoteOn)] == [60, 61, 69, 72, 48]
    assert engine.values["note"] == 62
    assert win.controls.note.text() == "D4"
    QTest.keyClick(win, Qt.Key.Key_0)
    assert engine.values["note"] == 0
    assert win.controls.note.text() == "own (A3)"


def test_letters_typed_into_the_search_play_nothing(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    win.presets.search.setFocus()
    before = len(engine.actions)
    QTest.keyClicks(win.presets.search, "cel ")
    QTest.keyClick(win.presets.search, Qt.Key.Key_Backspace)
    assert win.presets.search.text() == "cel"
    assert len(engine.actions) == before
    assert [path.stem for path in win.presets.paths()] == ["cello"]
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        QTest.keyClick(win.presets.search, Qt.Key.Key_Return)
    assert Path(engine.swapped[-1][0].preset.source_path).stem == "cello"


def test_tab_reaches_every_control(win: MainWindow) -> None:
    usable = (w for w in _controls(win) if w.isVisible() and w.isEnabled())
    wanted = {w for w in usable if w.focusPolicy() & Qt.FocusPolicy.TabFocus}
    # Tab goes to a group's checked button, arrows go on from there.
    wanted -= {button for kind, button in win.brushes.buttons.items() if kind != "erase"}
    wanted -= {button for shape, button in win.brushes.shapes.items() if shape != "round"}
    seen: set[QWidget] = set()
    for _ in range(len(wanted) + 20):
        QTest.keyClick(QApplication.focusWidget() or win, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is not None:
            seen.add(focused)
    missing = {w.accessibleName() for w in wanted - seen}
    assert not missing
    assert win.culture in seen


def test_enter_presses_the_focused_button_and_space_stays_play(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    win.controls.freeze.setFocus()
    QTest.keyClick(win.controls.freeze, Qt.Key.Key_Return)
    assert win.controls.freeze.isChecked()
    QTest.keyClick(win.controls.freeze, Qt.Key.Key_Space)
    assert win.controls.freeze.isChecked()
    assert engine.calls == ["play"]


def _controls(win: MainWindow) -> list[QWidget]:
    """Everything a hand can use; what Qt builds inside its own widgets belongs to these."""
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QLineEdit)
    found = [w for w in win.findChildren(QWidget) if isinstance(w, kinds)]
    return [w for w in found if not w.objectName().startswith("qt_") and not _is_part(w)]


def _is_part(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    inside = isinstance(parent, QAbstractSpinBox | QLineEdit)
    return inside or (parent is not None and parent.objectName().startswith("qt_"))


def test_device_menu_lists_outputs_and_moves_to_one(win: MainWindow, engine: FakeEngine) -> None:
    menu = win.header.devices
    menu.refresh()
    assert menu.names() == ["System default", *OUTPUTS]
    menu.outputs.actions()[-1].trigger()
    menu.outputs.actions()[0].trigger()
    assert [output.device for output in engine.outputs] == ["HDMI", None]


def test_opening_the_device_menu_waits_for_nobody(win: MainWindow) -> None:
    """A menu that runs its own loop holds Python's lock, and the engine starves (measured: 4 ticks of 1000)."""
    QTest.keyClick(win, Qt.Key.Key_D, CTRL)
    assert win.header.devices.outputs.isVisible()
    win.header.devices.outputs.close()


def test_engine_notices_appear_once_and_urgent_ones_stay(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.notify("The output is gone; playing in silence.", urgent=True)
    qtbot.waitUntil(lambda: win.banner.text.startswith("The output is gone"), timeout=2000)
    engine.notify("The culture was reseeded.")
    qtbot.waitUntil(lambda: win.banner.text == "The culture was reseeded.", timeout=2000)
    assert len(win.banner.texts) == 2
    for left in (["The output is gone; playing in silence."], []):
        QTest.keyClick(win, Qt.Key.Key_Escape)
        assert win.banner.texts == left


def test_an_urgent_notice_does_not_hide_another(win: MainWindow) -> None:
    win.complain("First.")
    win.complain("Second.")
    assert win.banner.text == "Second."
    win.banner.dismiss()
    assert win.banner.text == "First."
    win.banner.dismiss()
    assert win.banner.text == ""


def test_a_value_no_control_can_take_is_said_in_the_banner(win: MainWindow) -> None:
    for control, text in ((win.controls.knobs["width"], "90 dB"), (win.brushes.length, "1 h")):
        control.start_typing(text)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        assert control.parameter.display.name in win.banner.text or control.parameter.label in win.banner.text


def test_status_line_tells_how_the_engine_is(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    line = win.status_line
    qtbot.waitUntil(lambda: line.latency.text() == "Latency 98 ms", timeout=2000)
    assert line.vocoder.text().startswith("spectral")
    assert line.device.text() == "Studio Monitors · 48 kHz"
    assert (line.load.text(), line.underruns.text()) == ("Load 23%", "0 underruns")


def test_a_preset_has_its_whole_name_in_the_smallest_window(win: MainWindow, qtbot: QtBot) -> None:
    win.resize(1024, 640)
    label = win.header.name
    qtbot.waitUntil(lambda: win.header.brand.isHidden() and label.width() > 100, timeout=2000)
    for name in ("Glass harmonica", "Dark cello two"):
        win.header.show_name(name)
        font, text = label.shown()
        assert text == name and label.toolTip() == name
        assert font.pointSizeF() >= 0.75 * label.font().pointSizeF()
    win.header.show_name("A name that is longer than any window is wide, as one can be")
    assert label.shown()[1].endswith("…")


def test_nothing_in_the_status_line_is_cut_off(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    """The longest that can be met there, in the smallest window; the vocoder's name goes without its reason."""
    line = win.status_line
    win.resize(1024, 640)
    line.show_pointer("20.15 kHz D#10 · 1.99 s")
    status = replace(
        engine.status(), latency_s=0.302, slowed=True, steps_per_second=344.0, load=1.0, underruns=1234,
        vocoder="spectral (auto: built in; BigVGAN is optional)",
    )  # fmt: skip
    qtbot.waitUntil(lambda: line.vocoder.width() < 200, timeout=2000)
    line.show_status(status)
    assert line.vocoder.text() == "spectral" and line.vocoder.toolTip() == status.vocoder
    labels = (line.vocoder, line.pointer, line.latency, line.evolution, line.load, line.underruns)
    for label in labels:
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.contentsRect().width(), label.text()
    win.resize(1280, 800)
    qtbot.waitUntil(lambda: line.vocoder.width() > 300, timeout=2000)
    line.show_status(status)
    assert line.vocoder.text() == status.vocoder


def test_help_shows_every_shortcut_and_goes_away(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_F1)
    assert win.help.isVisible()
    QTest.keyClick(win.help, Qt.Key.Key_Escape)
    assert not win.help.isVisible()


def test_the_culture_moves_on_screen(win: MainWindow, qtbot: QtBot) -> None:
    first = _pixels(win)
    qtbot.wait(300)
    changed = (np.abs(_pixels(win).astype(int) - first).max(axis=-1) > 8).mean()
    assert changed > 0.02


def _pixels(win: MainWindow) -> np.ndarray:  # type: ignore[type-arg]
    image = win.culture.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : image.width() * 4].reshape(image.height(), image.width(), 4)[..., :3].copy()


def test_closing_leaves_no_timer_and_no_thread(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    import threading

    from PySide6.QtCore import QTimer

    win.hand.press(1, 1)
    win.close()
    assert not engine.sent(Hand)[-1].down
    assert not [t for t in win.findChildren(QTimer) if t.isActive() and not t.isSingleShot()]
    assert not [t.name for t in threading.enumerate() if t.name.startswith("preset-loader")]
    count = len(engine.sent(SetParameter))
    qtbot.wait(100)
    assert len(engine.sent(SetParameter)) == count


def test_nothing_is_clipped_at_the_smallest_window(win: MainWindow, qtbot: QtBot) -> None:
    win.resize(1024, 640)
    assert win.culture.height() >= 230, "before the event loop had a turn: no picture shows another height"
    qtbot.wait(50)
    assert (win.width(), win.height()) == (1024, 640)
    tight = [w.accessibleName() for w in _controls(win) if w.isVisible() and w.width() < w.minimumSizeHint().width()]
    assert not tight
    assert win.culture.height() >= 230
