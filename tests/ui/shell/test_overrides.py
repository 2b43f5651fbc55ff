"""An override that fails: its error can be caught, and the program lives."""

import subprocess
import sys
import textwrap

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ui.shell.overrides import guard_overrides

_WITHOUT_A_SCREEN = textwrap.dedent("""
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication, QWidget
    from ui.shell.overrides import guard_overrides

    class Before(QWidget):
        def event(self, event):
            if event.type() == QEvent.Type.User:
                gone = QWidget()
                shiboken6.delete(gone)
                gone.width()
            return super().event(event)

    guard_overrides()

    class After(QWidget):
        def event(self, event):
            return int("no number") > 0 if event.type() == QEvent.Type.User else super().event(event)

    app = QApplication(["overrides"])
    for kind in (Before, After):
        try:
            QCoreApplication.sendEvent(kind(), QEvent(QEvent.Type.User))
        except (RuntimeError, ValueError) as error:
            print(kind.__name__, error)
""")


def test_an_error_that_c_code_raises_in_an_override_can_be_caught() -> None:
    """In a process of its own, which ends with a segmentation fault where overrides are not guarded."""
    command = [sys.executable, "-X", "faulthandler", "-c", _WITHOUT_A_SCREEN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.splitlines()
    assert before.startswith("Before") and "already deleted" in before
    assert after.startswith("After") and "no number" in after


def test_a_guarded_override_does_what_it_did(qtbot: QtBot, qapp: QApplication) -> None:
    guard_overrides()
    seen: list[QEvent.Type] = []

    class Listener(QWidget):
        def event(self, event: QEvent) -> bool:
            """What it hears."""
            seen.append(event.type())
            return event.type() == QEvent.Type.User

    listener = Listener()
    qtbot.addWidget(listener)
    assert QCoreApplication.sendEvent(listener, QEvent(QEvent.Type.User))
    assert not QCoreApplication.sendEvent(listener, QEvent(QEvent.Type.StyleChange))
    assert seen[-2:] == [QEvent.Type.User, QEvent.Type.StyleChange]
    assert (Listener.event.__name__, Listener.event.__doc__) == ("event", "What it hears.")


@pytest.mark.parametrize("arguments", [0, 1])
def test_a_slot_that_is_overridden_takes_as_many_arguments_as_before(qtbot: QtBot, arguments: int) -> None:
    """Qt gives a function that a signal is connected to as many arguments as it takes."""
    guard_overrides()
    told: list[tuple[object, ...]] = []

    class Bare(QWidget):
        def update(self) -> None:  # type: ignore[override]
            told.append(())

    class Whole(QWidget):
        def update(self, checked: bool) -> None:  # type: ignore[override]
            told.append((checked,))

    widget = (Bare, Whole)[arguments]()
    button = QPushButton(widget)
    qtbot.addWidget(widget)
    button.clicked.connect(widget.update)
    button.click()
    assert told == [(False,)[:arguments]]
