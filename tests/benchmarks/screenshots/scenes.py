"""The window's states, each brought about and photographed."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from synth.presets.routes import Region
from tests.benchmarks.screenshots.camera import Camera, cell, until, wait
from ui.shell.main_window import MainWindow

_LEFT = Qt.MouseButton.LeftButton
_RECORDING = Path(__file__).parents[2] / "data" / "clarinet.flac"


def _show_playing(window: MainWindow, camera: Camera) -> None:
    """Tour, play, wound, tools, record, takes."""
    # Clicks, not keys: without a window manager no window is active.
    camera.take(window, "tour")
    window.tour.leave()
    window.transport.play.click()
    wait(2500)
    view = window.culture.viewport()
    QTest.mouseMove(view, cell(window, 118, 34))
    QTest.mouseClick(view, _LEFT, pos=cell(window, 52, 22))
    wait(900)
    QTest.mousePress(view, _LEFT, pos=cell(window, 118, 34))
    wait(250)
    camera.take(window, "main")
    QTest.mouseRelease(view, _LEFT, pos=cell(window, 118, 34))
    _show_tools(window, camera)
    window.transport.record.click()
    wait(1600)
    camera.take(window, "recording")
    window.transport.record.click()
    wait(400)
    window.takes.sheet.open()
    wait(500)
    window.takes.sheet.play.click()
    wait(700)
    camera.take(window, "takes")
    window.takes.sheet.branch_from.click()
    wait(300)
    camera.take(window, "branch")
    window.takes.sheet.put_away()


def _show_tour(window: MainWindow, camera: Camera) -> None:
    """Each of its steps, at the usual size and at the smallest."""
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        window.tour.start()
        for step in range(1, 7):
            wait(400)
            camera.take(window, f"tour-{step}{size}")
            window.tour.next.click()


def _show_sizes(window: MainWindow, camera: Camera) -> None:
    """The smallest, and as many pixels as a 4K screen has, whatever the scale."""
    ratio = window.devicePixelRatioF()
    for width, height, name in ((1024, 640, "small"), (round(3840 / ratio), round(2160 / ratio), "4k")):
        window.resize(width, height)
        wait(1000)
        camera.take(window, name)


def _show_pages(window: MainWindow, camera: Camera) -> None:
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
    wait(1500)
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        for page in window.controls.pages.pages:
            window.controls.pages.show_page(page)
            wait(500)
            camera.take(window, f"page-{page}{size}")
        window.controls.pages.show_page("motion")
        for source in ("lfo1", "envelope2", "culture_activity"):
            book.choose(source)
            wait(300)
            camera.take(window, f"motion-{source}{size}")
        window.motion.sheet.open()
        wait(400)
        camera.take(window, f"routes{size}")
        window.motion.sheet.put_away()
        book.choose("macro1")
    window.controls.pages.show_page("sound")


def _show_morph(window: MainWindow, camera: Camera) -> None:
    """A second preset chosen in the browser, half of it low first, its knob moved by an LFO; then painted by hand."""
    window.tour.leave()
    if not window.transport.play.isChecked():
        window.transport.play.click()
    presets = window.presets
    second = next(path for path in presets.paths() if path.stem == "ocean")
    presets.list.setCurrentItem(presets.list.at(second))
    next(action for action in presets.menu.actions() if action.text() == "Morph towards this").trigger()
    strip, knobs = window.desk.morph.strip, window.controls.knobs
    until(strip.isVisible)
    knobs["morph_map"].set_amount(2.0)
    knobs["morph"].set_amount(0.5)
    window.controls.motion.add("lfo1", "morph", 0.3)
    wait(2500)
    camera.take(window, "morph")
    knobs["morph_map"].set_amount(3.0)
    strip.second.click()
    view = window.culture.viewport()
    QTest.mousePress(view, _LEFT, pos=cell(window, 60, 40))
    wait(1500)
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        wait(700)
        camera.take(window, f"morph-brush{size}")
    QTest.mouseRelease(view, _LEFT, pos=cell(window, 60, 40))
    strip.end.click()
    until(strip.isHidden)


def _show_error(window: MainWindow, camera: Camera) -> None:
    """A preset that cannot be read."""
    broken = camera.folder / "broken.safetensors"
    broken.write_bytes(b"\x00" * 64)
    window.load(broken)
    wait(1200)
    camera.take(window, "error")
    broken.unlink()
    window.banner.dismiss()


def _show_browser(window: MainWindow, camera: Camera) -> None:
    """Grouped and rated; filtered, with a name asked for; both at the usual size and at the smallest."""
    presets = window.presets
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        for row, stars in ((1, 4), (2, 2), (3, 5)):
            presets.list.rate(presets.list.all_items()[row], stars)
        presets.sort.put_back("lively", grouped=True)
        presets.list.scrollToTop()
        presets.list.hear(presets.list.all_items()[1])
        until(lambda: window.engine.audition.at_s is not None)
        camera.take(window, f"browser-grouped{size}")
        presets.sort.put_back("name", grouped=False)
        presets.tags.choose("strings")
        presets.save.click()
        wait(400)
        camera.take(window, f"browser{size}")
        presets.names.put_away()
        presets.tags.clear()


def _show_help(window: MainWindow, camera: Camera) -> None:
    for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
        window.resize(width, height)
        window.help.open()
        wait(400)
        camera.take(window, f"help{size}")
        window.about.open()
        wait(1000)
        camera.take(window, f"about{size}")
        window.about.put_away()


def _show_settings(window: MainWindow, camera: Camera) -> None:
    """Every page at the usual size and at the smallest."""
    window.header.settings.click()
    sheet = window.settings_opener.sheet()
    for page in sheet.pages:
        sheet.turn_to(page)
        # The facts about a machine take a moment to find.
        wait(2500)
        for width, height, size in ((1280, 800, ""), (1024, 640, "-small")):
            window.resize(width, height)
            wait(300)
            camera.take(window, f"settings-{page.title.casefold()}{size}")
    sheet.put_away()


def _show_tools(window: MainWindow, camera: Camera) -> None:
    """Ice, a healing wound, a brush over all pitches, the hidden channels; and back."""
    view = window.culture.viewport()
    window.brushes.choose("freeze")
    QTest.mouseClick(view, _LEFT, pos=cell(window, 90, 50))
    window.brushes.choose("erase")
    window.brushes.choose_shape("stripe")
    QTest.mouseMove(view, cell(window, 140, 40))
    wait(600)
    camera.take(window, "tools")
    window.brushes.hidden.click()
    wait(400)
    camera.take(window, "hidden")
    window.brushes.hidden.click()
    window.brushes.choose_shape("round")
    window.brushes.undo_asked.emit()


def _show_training(window: MainWindow, camera: Camera) -> None:
    """A recording on the sheet, half a minute of its training, and its end; then everything is put away again."""
    from ui.trainer.recording.region import Span

    studio = window.trainer.studio
    studio.take(_RECORDING)
    choose, grow = studio.sheet.choose, studio.sheet.grow
    until(lambda: choose.start.isEnabled() and "partials" in choose.heard.text())
    for width, height, name in ((1024, 640, "train-choose-small"), (1280, 800, "train-choose")):
        window.resize(width, height)
        wait(400)
        camera.take(window, name)
    choose.wave.show_region(Span(0.3, 1.2))
    choose.wave.region_changed.emit(0.3, 1.2)
    until(lambda: choose.start.isEnabled())
    choose.auto.click()
    choose.form.minutes.setValue(0.5)
    choose.start.click()
    until(lambda: bool(grow.heard) or studio.ending is not None)
    camera.take(window, "train")
    until(lambda: studio.ending is not None)
    for width, height, name in ((1024, 640, "train-done-small"), (1280, 800, "train-done")):
        window.resize(width, height)
        wait(400)
        camera.take(window, name)
    grow.discard.click()
    studio.take(camera.folder / "nothing.wav")
    until(lambda: choose.remark.text() != "")
    camera.take(window, "train-refused")
    studio.sheet.put_away()


SCENES: dict[str, Callable[[MainWindow, Camera], None]] = {
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
