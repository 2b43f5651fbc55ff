"""What goes wrong is said with what still works, and with a button where something can be done; nothing is modal."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.engine.protocol import Notice
from synth.errors import AudioDeviceError
from synth.log import log_path
from tests.doubles.engine import FakeEngine
from tests.doubles.instruments import ScriptedSink, SineInstrument, wait_until
from ui.shell.app import Reporter
from ui.shell.main_window import MainWindow
from ui.widgets.banner import Remedy

CTRL = Qt.KeyboardModifier.ControlModifier


def dialogs() -> list[QFileDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]


def test_a_button_acts_once_and_takes_its_sentence_away(win: MainWindow) -> None:
    done: list[str] = []
    win.banner.complain("First.")
    win.banner.complain("Second.", Remedy("Mend it", lambda: done.append("mended")))
    assert win.banner.button.isVisible()
    assert win.banner.button.text() == win.banner.button.accessibleName() == "Mend it"
    win.banner.button.click()
    assert done == ["mended"]
    assert win.banner.text == "First."
    assert not win.banner.button.isVisible()


@pytest.mark.parametrize(
    ("remedy", "label"),
    [("output", "Choose output"), ("folder", "Choose folder"), ("vocoder", "Choose vocoder"), ("log", "Show log")],
)
def test_each_kind_of_notice_offers_what_helps(win: MainWindow, remedy: str, label: str) -> None:
    win.remedies.say(Notice(1, "Something broke.", True, remedy))  # type: ignore[arg-type]
    assert win.banner.button.text() == label
    assert win.banner.button.isVisible()


def test_good_news_has_no_button(win: MainWindow) -> None:
    win.remedies.say(Notice(1, "The output is back.", False, "output"))
    assert win.banner.text == "The output is back."
    assert not win.banner.button.isVisible()


def test_a_lost_device_says_what_plays_on_and_leads_to_the_outputs(win: MainWindow) -> None:
    sink = ScriptedSink("Speakers")

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        if sink.fail:
            raise AudioDeviceError("The output “Speakers” is not there.")
        return sink

    engine = Engine(SineInstrument(), playing=True, open_device=open_device)
    engine.start()
    try:
        wait_until(lambda: sink.chunks)
        sink.fail = True
        wait_until(lambda: engine.status().notices)
        notice = engine.status().notices[0]
        assert re.match(
            r"The output “Speakers” is gone .* Playing on in silence and trying to open it again", notice.text
        )
        assert notice.urgent
        win.remedies.say(notice)
        win.banner.button.click()
        assert win.header.devices.outputs.isVisible()
        win.header.devices.outputs.close()
    finally:
        engine.close()


def test_a_take_that_cannot_be_written_says_that_sound_goes_on_and_leads_to_another_folder(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    real = Engine(SineInstrument())
    real.record(Path("/proc/nowhere/take.wav"))
    (notice,) = real.status().notices
    assert re.search(r"/proc/nowhere/take.wav.*sound goes on: choose another folder", notice.text)
    win.remedies.say(notice)
    win.banner.button.click()
    (dialog,) = dialogs()
    assert QApplication.activeModalWidget() is None
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert str(tmp_path) in win.banner.text
    win.transport.record.click()
    path = engine.recorded[-1][0]
    assert path is not None and path.parent == tmp_path


def test_a_damaged_preset_says_what_plays_on_and_is_tried_again(win: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(b"no preset")
    with qtbot.waitSignal(win.loader.failed, timeout=20_000):
        win.load(path)
    assert win.banner.text.startswith("damaged.safetensors is not a preset")
    assert win.banner.text.endswith("“bronze bell” plays on.")
    assert win.banner.button.text() == "Try again"
    path.write_bytes(win.presets.paths()[1].read_bytes())
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.banner.button.click()
    assert win.header.name.text() == "cello"
    assert win.banner.text == ""


def test_the_unexpected_leads_to_the_log(win: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    reporter = Reporter()
    reporter.reported.connect(win.remedies.report)
    reporter._report(ZeroDivisionError, ZeroDivisionError("one of ours"), None)
    assert "the sound goes on" in win.banner.text
    assert str(log_path()) in win.banner.text
    assert "Traceback" not in win.banner.text
    win.banner.button.click()
    assert shown == [str(log_path())]
    assert "one of ours" in log_path().read_text()


def test_adding_a_file_leaves_the_window_playable(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    """A dialog that runs its own loop holds Python's lock, one that is modal keeps the hand from the instrument."""
    QTest.keyClick(win, Qt.Key.Key_O, CTRL)
    (dialog,) = dialogs()
    assert QApplication.activeModalWidget() is None
    assert not dialog.isModal()
    QTest.keyClick(win, Qt.Key.Key_Space)
    assert engine.calls[-1] == "play"
    with qtbot.waitSignal(win.presets.librarian.changed, timeout=20_000):
        dialog.fileSelected.emit(str(win.presets.paths()[0]))
    dialog.close()


def test_no_module_of_the_window_can_open_a_modal_box() -> None:
    """Whatever waits for an answer with a loop of its own, by name."""
    forbidden = re.compile(r"QMessageBox|QInputDialog|QProgressDialog|getOpenFileName|getSaveFileName|setModal\(True")
    source = Path(__file__).parents[3] / "ui"
    found = [path.name for path in source.rglob("*.py") if forbidden.search(path.read_text(encoding="utf-8"))]
    waits = [
        path.name for path in source.rglob("*.py") if re.search(r"(?<!app)\.exec\(", path.read_text(encoding="utf-8"))
    ]
    assert (found, waits) == ([], [])
