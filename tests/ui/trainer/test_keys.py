"""The sheet by keyboard alone."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget

from tests.training.tiny import write_hiss
from tests.ui.trainer.stage import LONG, Stage
from ui.trainer.recording.wave_view import WaveView


def test_every_control_of_the_sheet_has_a_name_a_tip_and_is_reached_by_tab(stage: Stage, recording: Path) -> None:
    stage.train(recording, "slow")
    stage.qtbot.waitUntil(lambda: stage.studio.training.share > 0, timeout=LONG)  # type: ignore[union-attr]
    stage.studio.training.stop()  # type: ignore[union-attr]
    stage.until_ended()
    sheet = stage.sheet
    for page in (sheet.start, sheet.choose, sheet.grow):
        sheet.turn_to(page)
        QApplication.processEvents()
        fields = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, WaveView)
        focusable = {
            widget
            for widget in sheet.findChildren(QWidget)
            if widget.isVisible()
            and widget.isEnabled()
            and isinstance(widget, fields)
            and not isinstance(widget.parent(), QAbstractSpinBox)
        }
        for widget in focusable:
            assert widget.accessibleName(), widget
            assert widget.toolTip(), widget.accessibleName()
        reached = set()
        sheet.setFocus()
        for _ in range(60):
            QTest.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
            reached.add(QApplication.focusWidget())
        assert focusable <= reached, {w.accessibleName() for w in focusable - reached}
        assert all(w is not None and (w is sheet or sheet.isAncestorOf(w)) for w in reached), "Tab stays in the sheet"


def test_typed_names_play_no_notes(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    name = stage.sheet.choose.form.name
    name.setFocus()
    name.clear()
    sent = len(stage.engine.actions)
    QTest.keyClicks(name, "a sad reed")
    assert name.text() == "a sad reed"
    assert len(stage.engine.actions) == sent
    assert isinstance(QApplication.focusWidget(), QLineEdit)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_no_trainer_outlives_a_window_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import signal, sys, time; from pathlib import Path; from ui.trainer.process.child import Child\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)  # as what a shell began in its background\n"
        "child = Child(sys.argv[2:], Path(sys.argv[1])); print(child.pid, flush=True); time.sleep(600)"
    )
    train = ["train", str(write_hiss(tmp_path / "hiss.wav")), "-o", str(tmp_path / "x.safetensors"), "--parent", "none"]
    options = ["--iterations", "100000", "--json-lines", "--attached"]
    command = [sys.executable, "-m", "tests.training.tiny", *train, *options]
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log.txt"), *command], stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert child.wait(LONG / 1000) is not None or not child.is_running()
