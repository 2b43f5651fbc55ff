"""Takes down what the window is like and puts it back: preset, controls, brush, browser, keyboard, place."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from synth.automaton.gestures import GestureKind
from synth.engine.kept_culture import culture_path, save_culture
from ui.culture.brushes import Brush
from ui.presets.finding.finder import Finder
from ui.presets.loader import Loaded
from ui.shell.main_window import MainWindow
from ui.window.session import Browser, BrushState, Geometry, Session, SessionFile

_EVERY_MS = 20_000
"""What a crash costs at most."""
_ANSWER_S = 0.5


class SessionKeeper(QObject):
    """Writes from time to time when something has changed, and when the window has been closed."""

    refused = Signal(str)

    def __init__(self, window: MainWindow, file: SessionFile, culture: Path | None = None) -> None:
        super().__init__(window)
        self._window, self._file = window, file
        self._culture = culture or culture_path()
        self._written = file.session
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="session-writer")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.note)
        self._timer.start(_EVERY_MS)
        self._complained = False
        self.refused.connect(window.complain)

    def note(self) -> None:
        """Write what the window is like, in a thread, if it is not as it was."""
        session = taken_down(self._window)
        if session != self._written:
            self._written = session
            self._writer.submit(self._write, session)

    def close(self) -> None:
        """The window has been closed and the engine still runs: write everything, the culture too."""
        self._timer.stop()
        self.note()
        self._writer.submit(self._keep_culture)
        self._writer.shutdown(wait=True)

    def _write(self, session: Session) -> None:
        try:
            self._file.write(session)
        except OSError as error:
            if not self._complained:
                self._complained = True
                self.refused.emit(
                    f"The window’s state cannot be written to {self._file.path} ({error.strerror}), so it will not "
                    "come back at the next start: make its folder writable."
                )

    def _keep_culture(self) -> None:
        """A culture that cannot be kept grows anew: not worth a word when the window is gone.

        One of another preset than the next start plays would only take the place of the culture of that one.
        """
        if not self._file.plays(self._written):
            return
        with suppress(NoAnswer, OSError):
            save_culture(self._window.engine.capture().result(_ANSWER_S), self._culture)


def taken_down(window: MainWindow) -> Session:
    """What the window is like now."""
    brush, aside = window.brushes.brush, window.brushes.aside
    at = window.normalGeometry() if window.isMaximized() else window.geometry()
    return Session(
        preset=window.presets.playing,
        controls=window.controls.controls,
        states=window.control_desk.states,
        variations=window.control_desk.variations,
        geometry=Geometry(at.x(), at.y(), at.width(), at.height(), window.isMaximized()),
        brush=BrushState(
            brush.kind,
            brush.shape,
            brush.radius_frames,
            brush.radius_rows,
            brush.strength,
            window.brushes.hidden.isChecked(),
            aside.radius_frames,
            aside.radius_rows,
            aside.strength,
        ),
        browser=_browser(window.presets.finder),
        octave=window.keys.octave,
        locked=tuple(sorted(window.controls.locked)),
        motion=window.controls.motion.motion,
        page=window.controls.pages.page,
    )


def _browser(finder: Finder) -> Browser:
    tags, sort = finder.tags, finder.sort
    return Browser(
        finder.search.text(),
        tuple(sorted(tags.chosen | tags.awaited)),
        tags.favourites.isChecked(),
        tags.yours.isChecked(),
        sort.sort_by,
        sort.grouped.isChecked(),
    )


def put_back(window: MainWindow, session: Session, loaded: Loaded, *, whole: bool) -> None:
    """Make the window what it was, around what has been loaded.

    The `whole` of it: what plays is what played. Else it was asked for, and suggests controls as presets do.
    """
    window.controls.lock(session.locked)
    window.controls.show_controls(session.controls)
    window.show_loaded(loaded)
    if whole:
        window.controls.show_controls(session.controls)
        if session.motion is not None:
            window.controls.motion.show_motion(session.motion)
        window.desk.show_note()
    window.control_desk.put_back(session.states, session.variations)
    _put_brush(window, session.brush)
    window.controls.pages.show_page(session.page)
    window.dock.shift_octave(session.octave - window.keys.octave)
    shown = session.browser
    window.presets.finder.show_filter(
        shown.search,
        shown.tags,
        favourites_only=shown.favourites_only,
        yours_only=shown.yours_only,
        sort=shown.sort,
        grouped=shown.grouped,
    )


def _put_brush(window: MainWindow, stored: BrushState) -> None:
    bar = window.brushes
    kind = next((kind for kind in bar.buttons if kind == stored.kind), Brush().kind)
    shape = next((shape for shape in bar.shapes if shape == stored.shape), Brush().shape)
    bar.choose(kind)
    bar.choose_shape(shape)
    if stored.aside_frames > 0 and stored.aside_rows > 0:
        radii = stored.aside_frames, stored.aside_rows
        other: GestureKind = "erase" if kind == "paint" else "paint"
        bar.aside = Brush(other, *radii, stored.aside_strength)
    bar.resize_brush(stored.radius_frames, stored.radius_rows)
    bar.strength.setValue(bar.strength.parameter.step_of(stored.strength))
    if bar.hidden.isChecked() != stored.hidden:
        bar.hidden.click()
