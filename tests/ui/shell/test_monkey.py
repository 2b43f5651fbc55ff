"""Random hands on the real window and engine, for a little while; `tests.benchmarks.monkey` does it for long."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from tests.benchmarks.monkey import growth
from tests.doubles.cultures import steady_preset
from tests.doubles.engine import FakeEngine
from tests.ui.hands.box_hands import BoxHands
from tests.ui.hands.monkey import Monkey, left_behind
from tests.ui.hands.mouse_and_keys import pause
from tests.ui.hands.scene import preset_files
from ui.files.folders import Places
from ui.look.theme import apply_theme
from ui.presets.loader import Loaded
from ui.shell.app import instrument_builder
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob

ACTIONS = 40


@pytest.fixture
def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


@pytest.fixture
def real(qtbot: QtBot, qapp: QApplication, threads: set[str], tmp_path: Path) -> Iterator[MainWindow]:
    """The window on a real engine whose sound goes nowhere, at its true pace."""
    apply_theme(qapp)
    preset = steady_preset(64)
    instrument, reason = ready_instrument(preset, 44100, ParameterValues())
    engine = Engine(instrument, reason=reason, open_device=lambda *_: SilentSink(44100))
    entries = preset_files(tmp_path)
    places = Places(tmp_path / "presets", tmp_path / "favourites.json")
    window = MainWindow(engine, instrument_builder(engine), entries, lambda: ["Nowhere"], places=places)
    window.takes.folder = tmp_path / "takes"
    qtbot.addWidget(window)
    window.show_loaded(Loaded(entries[0].path, preset, instrument, reason))
    engine.start()
    window.show()
    qtbot.waitUntil(lambda: engine.view() is not None, timeout=20_000)
    yield window
    window.close()
    engine.close()


def test_forty_random_actions_break_nothing_and_leave_nothing_behind(real: MainWindow, threads: set[str]) -> None:
    with Monkey(real, seed=5) as monkey:
        real.transport.play.click()
        monkey.run(ACTIONS, pause_s=0.03)
        engine = real.engine
        real.close()
        engine.close()
    assert monkey.findings == []
    assert len(monkey.done) == ACTIONS
    assert left_behind(real, threads) == []


def test_the_monkey_sees_exceptions_modal_boxes_threads_timers_and_growth(real: MainWindow, threads: set[str]) -> None:
    release = threading.Event()
    dialog = QDialog(real)
    dialog.setModal(True)
    with Monkey(real, seed=1) as monkey:
        # pytest-qt's own hook would fail the test for the exception this test wants.
        monkey._quiet = True
        QTimer.singleShot(0, lambda: 1 // 0)
        pause(0.1)
        dialog.show()
        monkey._look_around()
        threading.Thread(target=release.wait, name="forgotten").start()
        timer = QTimer(real)
        timer.start(1000)
        real.close()
        real.engine.close()
        left = left_behind(real, threads, grace_s=0.2)
    release.set()
    timer.stop()
    assert any("ZeroDivisionError" in finding and "test_monkey.py" in finding for finding in monkey.findings)
    assert any("modal QDialog" in finding for finding in monkey.findings)
    assert left == ["thread forgotten", "timer of MainWindow (1000 ms)"]
    assert growth([100.0 + i for i in range(300)]) == pytest.approx(374.5 / 224.5 - 1)
    assert growth(list(np.full(300, 50.0))) == 0


def test_typing_and_dragging_everywhere_loses_no_key_and_leaks_into_no_box(win: MainWindow) -> None:
    findings: list[str] = []
    hands = BoxHands(win, random.Random(4), findings.append)
    done: list[str] = []
    for page in win.controls.pages.pages:
        win.controls.pages.show_page(page)
        done += [hands.type_into_a_box(), hands.drag_something(), hands.walk_and_type()]
    assert findings == [], done


def test_the_hands_see_a_lost_key_a_leak_and_what_is_still_held(
    win: MainWindow, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings: list[str] = []
    hands = BoxHands(win, random.Random(1), findings.append)
    hands.expect_keys()
    assert findings == []
    win.presets.search.setFocus()
    hands.expect_keys()
    win.culture.setFocus()
    monkeypatch.setattr(win.player, "_play", lambda *_: win.presets.search.setText("leaked"))
    hands.expect_keys()
    win.removeEventFilter(win.key_hand)
    hands.expect_keys()
    monkeypatch.setattr(Knob, "mouseReleaseEvent", lambda *_: None)
    hands.drag(win.controls.knobs["width"], QPoint(0, -20))
    kept, leaked, lost, held = findings
    assert kept.startswith("Search presets keeps the keyboard")
    assert "change Search presets" in leaked
    assert lost.startswith("A plays no note")
    assert held.startswith("Width is still held")
