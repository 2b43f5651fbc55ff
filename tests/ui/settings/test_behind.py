"""What the window starts beside the sound never has the window's own priority."""

import contextlib
import os
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from synth.thread_priority import favoured
from ui.files.opening import show_in_system
from ui.settings.child import Child
from ui.trainer.process.child import Child as Trainer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems keep priorities to the process")


def policies(process: psutil.Process) -> set[int]:
    """Of all its threads, and of what it has started itself."""
    found = set()
    for each in [process, *process.children(recursive=True)]:
        for thread in each.threads():
            try:
                found.add(os.sched_getscheduler(thread.id))
            except ProcessLookupError:
                continue  # It has ended meanwhile.
    return found


def test_an_examination_stands_behind_whatever_sounds(qtbot: QtBot) -> None:
    """With real-time priority its second of computing kept the sound server waiting, which no counter sees."""
    child, seen, nice = Child(), set(), []
    with favoured("helper"):
        assert child.start("doctor", "--json")
        assert child._process is not None
        process = psutil.Process(child._process.processId())

        def look() -> None:
            with contextlib.suppress(psutil.Error):
                seen.update(policies(process))
                nice.append(process.nice())

        # To list the threads of all it has started costs a third of what it computes itself, every 10 ms.
        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(40)
        qtbot.waitUntil(lambda: not child.running, timeout=120_000)
        timer.stop()
    assert len(nice) > 20
    assert seen <= {os.SCHED_OTHER, os.SCHED_BATCH}
    assert nice[-1] == 10


def test_a_training_stands_behind_whatever_sounds(tmp_path: Path, qtbot: QtBot) -> None:
    with favoured("helper"):
        trainer = Trainer([sys.executable, "-c", "import sys; sys.stdin.read()"], tmp_path / "log.txt")
        assert os.sched_getscheduler(trainer.pid) == os.SCHED_BATCH
        assert psutil.Process(trainer.pid).nice() == 10
        trainer.close(0.0)


def test_a_file_manager_that_is_opened_is_ordinary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    def opened(url: object) -> bool:
        # Whoever it starts has this thread's priority.
        seen.append((url.toLocalFile(), os.sched_getscheduler(0)))  # type: ignore[attr-defined]
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", opened)
    with favoured("helper"):
        own = os.sched_getscheduler(0)
        show_in_system(tmp_path)
        assert os.sched_getscheduler(0) == own
    assert seen == [(str(tmp_path), os.SCHED_OTHER)]
