"""Pictures of the window in its states, with the real engine playing.

    python -m tests.benchmarks.screenshots OUTDIR [PRESET] [--scale 1] [--only training settings]

Runs under a private X server (software rendering) and a private PulseAudio null sink. Look at them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from synth.commands.cli import prepare_environment
from synth.presets.routes import Region
from tests.doubles.rig import Rig
from tests.ui.hands.display import virtual_display
from ui.shell.main_window import MainWindow

_LEFT = Qt.MouseButton.LeftButton
_RECORDING = Path(__file__).parents[1] / "data" / "clarinet.flac"


def _show_playing(window: MainWindow, folder: Path) -> None:
    """Tour, play, wound, tools, record, takes."""
    # Clicks, not keys: without a window manager no window is active.
    _save(window, folder, "tour")
    window.tour.leave()
    window.transport.play.click()
    _wait(2500)
    view = window.culture.viewport()
    QTest.mouseMove(view, _cell(window, 118, 34))
    QTest.mouseClick(view, _LEFT, pos=_cell(window, 52, 22))
    _wait(900)
    QTest.mousePress(view, _LEFT, pos=_cell(window, 118, 34))
    _wait(250)
    _save(window, folder, "main")
    QTest.mouseRelease(view, _LEFT, pos=_cell(window, 118, 34))
    _show_tools(window, folder)
    window.transport.record.click()
    _wait(1600)
    _save(window, folder, "recording")
    window.transport.record.click()
    _wait(400)
    window.takes.sheet.open()
    _wait(500)
    window.takes.sheet.play.click()
    _wait(700)
    _save(window, folder, "takes")
    window.takes.sheet.branch_from.click()
    _wait(300)
    _save(window, folder, "branch")
    window.takes.sheet.put_away()


def _show_tour(window: MainWindow, folder: Path) -> None:
    """Each of its steps, at the usual size and at the smallest."""
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        window.tour.start()
        for step in range(1, 7):
            _wait(400)
            _save(window, folder, f"tour-{step}{size}")
            window.tour.next.click()


def _show_sizes(window: MainWindow, folder: Path) -> None:
    """The smallest, and as many pixels as a 4K screen has, whatever the scale."""
    ratio = window.devicePixelRatioF()
    for width, height, name in ((1024, 640, "small"), (round(3840 / ratio), round(2160 / ratio), "4k")):
        window.resize(width, height)
        _wait(1000)
        _save(window, folder, name)


def _show_pages(window: MainWindow, folder: Path) -> None:
    """Every page of the controls, at the usual size and at the smallest."""
    window.tour.leave()
    if not window.transport.play.isChecked():
        window.transport.play.click()
    book = window.controls.motion
    for source, parameter, depth in (
        ("lfo1", "tilt_db", 0.5),
        ("lfo2", "width", -0.4),
        ("macro1", "weather_depth", 0.3),
        ("culture_activity", "tilt_db", 0.3),
        ("key", "contour_attack", -0.5),
    ):
        book.add(source, parameter, depth)
    book.set_region(Region(0.2, 0.5, 0.3, 0.7))
    book.name_macro("macro1", "Storm")
    _wait(1500)
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        for page in window.controls.pages.pages:
            window.controls.pages.show_page(page)
            _wait(500)
            _save(window, folder, f"page-{page}{size}")
        window.controls.pages.show_page("motion")
        for source in ("lfo1", "envelope2", "culture_activity"):
            book.choose(source)
            _wait(300)
            _save(window, folder, f"motion-{source}{size}")
        window.motion.sheet.open()
        _wait(400)
        _save(window, folder, f"routes{size}")
        window.motion.sheet.put_away()
        book.choose("macro1")
    window.controls.pages.show_page("sound")


def _show_morph(window: MainWindow, folder: Path) -> None:
    """A second preset chosen in the browser, half of it low first, its knob moved by an LFO; then painted by hand."""
    window.tour.leave()
    if not window.transport.play.isChecked():
        window.transport.play.click()
    presets = window.presets
    second = next(path for path in presets.paths() if path.stem == "ocean")
    presets.list.setCurrentItem(presets.list.at(second))
    next(action for action in presets.menu.actions() if action.text() == "Morph towards this").trigger()
    strip, knobs = window.desk.morph.strip, window.controls.knobs
    _until(strip.isVisible)
    knobs["morph_map"].set_amount(2.0)
    knobs["morph"].set_amount(0.5)
    window.controls.motion.add("lfo1", "morph", 0.3)
    _wait(2500)
    _save(window, folder, "morph")
    knobs["morph_map"].set_amount(3.0)
    strip.second.click()
    view = window.culture.viewport()
    QTest.mousePress(view, _LEFT, pos=_cell(window, 60, 40))
    _wait(1500)
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        _wait(700)
        _save(window, folder, f"morph-brush{size}")
    QTest.mouseRelease(view, _LEFT, pos=_cell(window, 60, 40))
    strip.end.click()
    _until(strip.isHidden)


def _show_error(window: MainWindow, folder: Path) -> None:
    """A preset that cannot be read."""
    broken = folder / "broken.safetensors"
    broken.write_bytes(b"\x00" * 64)
    window.load(broken)
    _wait(1200)
    _save(window, folder, "error")
    broken.unlink()
    window.banner.dismiss()


def _show_browser(window: MainWindow, folder: Path) -> None:
    """Grouped and rated; filtered, with a name asked for; both at the usual size and at the smallest."""
    presets = window.presets
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        for row, stars in ((1, 4), (2, 2), (3, 5)):
            presets.list.rate(presets.list.all_items()[row], stars)
        presets.sort.put_back("lively", grouped=True)
        presets.list.scrollToTop()
        presets.list.hear(presets.list.all_items()[1])
        _until(lambda: window.engine.audition.at_s is not None)
        _save(window, folder, f"browser-grouped{size}")
        presets.sort.put_back("name", grouped=False)
        presets.tags.choose("strings")
        presets.save.click()
        _wait(400)
        _save(window, folder, f"browser{size}")
        presets.names.put_away()
        presets.tags.clear()


def _show_help(window: MainWindow, folder: Path) -> None:
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        window.help.open()
        _wait(400)
        _save(window, folder, f"help{size}")
        window.about.open()
        _wait(1000)
        _save(window, folder, f"about{size}")
        window.about.put_away()


def _show_settings(window: MainWindow, folder: Path) -> None:
    """Every page at the usual size and at the smallest."""
    window.header.settings.click()
    sheet = window.settings_opener.sheet()
    for page in sheet.pages:
        sheet.turn_to(page)
        # The facts about a machine take a moment to find.
        _wait(2500)
        for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
            window.resize(width, height)
            _wait(300)
            _save(window, folder, f"settings-{page.title.casefold()}{size}")
    sheet.put_away()


def _show_tools(window: MainWindow, folder: Path) -> None:
    """Ice, a healing wound, a brush over all pitches, the hidden channels; and back."""
    view = window.culture.viewport()
    window.brushes.choose("freeze")
    QTest.mouseClick(view, _LEFT, pos=_cell(window, 90, 50))
    window.brushes.choose("erase")
    window.brushes.choose_shape("stripe")
    QTest.mouseMove(view, _cell(window, 140, 40))
    _wait(600)
    _save(window, folder, "tools")
    window.brushes.hidden.click()
    _wait(400)
    _save(window, folder, "hidden")
    window.brushes.hidden.click()
    window.brushes.choose_shape("round")
    window.brushes.undo_asked.emit()


def _show_training(window: MainWindow, folder: Path) -> None:
    """A recording on the sheet, half a minute of its training, and its end; then everything is put away again."""
    from ui.trainer.recording.region import Span

    studio = window.trainer.studio
    studio.take(_RECORDING)
    choose, grow = studio.sheet.choose, studio.sheet.grow
    _until(lambda: choose.start.isEnabled() and "partials" in choose.heard.text())
    for width, height, name in ((1024, 640, "train-choose-small"), (1280, 800, "train-choose")):
        window.resize(width, height)
        _wait(400)
        _save(window, folder, name)
    choose.wave.show_region(Span(0.3, 1.2))
    choose.wave.region_changed.emit(0.3, 1.2)
    _until(lambda: choose.start.isEnabled())
    choose.auto.click()
    choose.form.minutes.setValue(0.5)
    choose.start.click()
    _until(lambda: bool(grow.heard) or studio.ending is not None)
    _save(window, folder, "train")
    _until(lambda: studio.ending is not None)
    for width, height, name in ((1024, 640, "train-done-small"), (1280, 800, "train-done")):
        window.resize(width, height)
        _wait(400)
        _save(window, folder, name)
    grow.discard.click()
    studio.take(folder / "nothing.wav")
    _until(lambda: choose.remark.text() != "")
    _save(window, folder, "train-refused")
    studio.sheet.put_away()


SCENES: dict[str, Callable[[MainWindow, Path], None]] = {
    "playing": _show_playing,
    "tour": _show_tour,
    "pages": _show_pages,
    "morph": _show_morph,
    "sizes": _show_sizes,
    "error": _show_error,
    "browser": _show_browser,
    "training": _show_training,
    "help": _show_help,
    "settings": _show_settings,
}


def _until(wish: Callable[[], bool]) -> None:
    """Wait for something, for four minutes at most: a training has the processors when nobody else wants them."""
    for _ in range(2400):
        if wish():
            return
        _wait(100)
    raise AssertionError("it did not come")


def _wait(ms: int) -> None:
    """Let the window and the engine run; `QTest.qWait` would keep Python's lock and starve the engine."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def _cell(window: MainWindow, column: float, row: float) -> QPoint:
    return window.culture.position_of(column, row).toPoint()


def _save(window: MainWindow, folder: Path, name: str) -> None:
    picture = window.grab()
    assert picture.save(str(folder / f"{name}.png")), f"{name}.png cannot be written"
    print(folder / f"{name}.png", f"{picture.width()}×{picture.height()}", flush=True)


def _inside(folder: Path, preset: str, scenes: list[str]) -> int:
    """In the private display: run the command's window and photograph it."""
    from synth.commands.cli import main as command

    app = QApplication(["petrichord"])
    timer = QTimer()

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.engine.view() is not None:
                timer.stop()
                try:
                    for scene in scenes:
                        window.resize(1280, 800)
                        SCENES[scene](window, folder)
                finally:
                    window.close()

    timer.timeout.connect(look)
    timer.start(50)
    code = command([preset] if preset else [])
    del app
    return code


def main() -> int:
    """Set the stage, then run again inside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("preset", nargs="?", default="")
    parser.add_argument("--scale", default="1", help="device pixel ratio, as QT_SCALE_FACTOR")
    parser.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES), help="these states, in this order")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    if os.environ.get("PETRICHORD_STAGE"):
        return _inside(args.folder, args.preset, args.only)
    with tempfile.TemporaryDirectory() as name, virtual_display(3900, 2200) as screen:
        rig = Rig(Path(name))
        rig.start()
        try:
            stage = {"QT_QPA_PLATFORM": "xcb", "PETRICHORD_STAGE": "1", "QT_SCALE_FACTOR": args.scale}
            # What the command sets before torch is imported: this module has imported it already.
            prepare_environment()
            environment = {**rig.environment, **stage, "DISPLAY": screen["DISPLAY"]}
            environment |= {name: os.environ[name] for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
            command = [sys.executable, "-m", "tests.benchmarks.screenshots", str(args.folder), args.preset]
            command += ["--only", *args.only]
            with rig.capture():
                return subprocess.run(command, env=environment, timeout=900, check=False).returncode
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())
