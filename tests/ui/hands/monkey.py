"""Hands that do anything: clicks, drags and typing everywhere, strokes, keys, presets, sizes, sheets, takes; and what
comes of it.

Nothing is closed for good, downloaded or trained. Files go where the process's own folders are: give it private ones.
"""

import itertools
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMenu,
    QWidget,
)

from tests.ui.hands.box_hands import CONTROLS, FORBIDDEN, BoxHands, may_use
from tests.ui.hands.mouse_and_keys import LEFT, RIGHT, click, move, pause, press, press_key, release, turn_wheel
from ui.shell.main_window import MainWindow
from ui.widgets.name_popup import NamePopup

_K, _M = Qt.Key, Qt.KeyboardModifier
_CTRL, _SHIFT, _NONE = _M.ControlModifier, _M.ShiftModifier, _M.NoModifier
_KEYS: tuple[tuple[Qt.Key, Qt.KeyboardModifier], ...] = (
    *((Qt.Key(code), _NONE) for code in range(_K.Key_A, _K.Key_Z + 1)),
    *((Qt.Key(code), _NONE) for code in range(_K.Key_0, _K.Key_9 + 1)),
    *((key, _NONE) for key in (_K.Key_Space, _K.Key_Return, _K.Key_Escape, _K.Key_Tab, _K.Key_F1, _K.Key_F2)),
    *((key, _NONE) for key in (_K.Key_Up, _K.Key_Down, _K.Key_Left, _K.Key_Right, _K.Key_Delete, _K.Key_Comma)),
    *((key, _NONE) for key in (_K.Key_PageDown, _K.Key_PageUp, _K.Key_BracketLeft, _K.Key_BracketRight)),
    *((Qt.Key(ord(letter)), _CTRL) for letter in "ABDEFGHIKLMORSTUYZ"),
    *((Qt.Key(ord(letter)), _CTRL | _SHIFT) for letter in "ABCDEFHIKLMPRTZ"),
    *((Qt.Key(ord(digit)), _CTRL) for digit in "1234"),
    *((Qt.Key(ord(digit)), _M.AltModifier) for digit in "1234"),
    (_K.Key_Comma, _CTRL),
    (_K.Key_Delete, _CTRL),
    (_K.Key_Tab, _SHIFT),
    (_K.Key_Return, _SHIFT),
)


class Monkey:
    """Acts on one window; `findings` are the sentences about what should not have happened."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window, self.rng = window, random.Random(seed)
        self._quiet = False
        """True: the hooks that were there are not told."""
        self.verbose = False
        self.findings: list[str] = []
        self.done: list[str] = []
        self.memory_mb: list[float] = []
        self.memory_at_s: list[float] = []
        """When each of these was resident, since the hands were made."""
        self._began_s = time.monotonic()
        self.underruns_after: list[str] = []
        self._underruns = 0
        self._process = psutil.Process()
        self._boxes = BoxHands(window, self.rng, self._find)
        self._restore: list[Callable[[], object]] = []

    def __enter__(self) -> "Monkey":
        hooks = sys.excepthook, threading.excepthook
        sys.excepthook = lambda *what: self._note(what[1], hooks[0], *what)
        threading.excepthook = lambda args: self._note(args.exc_value, hooks[1], args)
        handler = qInstallMessageHandler(self._note_message)
        open_url = QDesktopServices.openUrl
        QDesktopServices.openUrl = staticmethod(lambda url: True)  # type: ignore[assignment]

        def restore() -> None:
            sys.excepthook, threading.excepthook = hooks
            qInstallMessageHandler(handler)
            QDesktopServices.openUrl = open_url  # type: ignore[method-assign]

        self._restore.append(restore)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore.pop()()

    def run(self, n_actions: int, pause_s: float = 0.05, minutes: float = 0.0) -> None:
        """So many random actions, each followed by a little time; with `minutes` as many as that takes, if more."""
        end = time.monotonic() + 60 * minutes
        actions: tuple[tuple[Callable[[], str], int], ...] = (
            (self._click, 30),
            (self._key, 25),
            (self._drag, 16),
            (self._wheel, 6),
            (self._preset, 6),
            (self._resize, 4),
            (self._sheet, 7),
            (self._record, 6),
            (self._boxes.type_into_a_box, 14),
            (self._boxes.walk_and_type, 6),
            (self._boxes.drag_something, 12),
        )
        choices, weights = zip(*actions, strict=True)
        while len(self.done) < n_actions or time.monotonic() < end:
            popup = QApplication.activePopupWidget()
            act = (lambda popup=popup: self._answer(popup)) if popup else self.rng.choices(choices, weights)[0]
            self.done.append(act())
            if self.verbose:
                print(self.done[-1], file=sys.stderr, flush=True)
            pause(self.rng.uniform(0.4, 1.6) * pause_s)
            self._look_around()
        release(self.window.culture.viewport(), QPoint(5, 5))
        release(self.window.culture.viewport(), QPoint(5, 5), RIGHT)
        pause(0.1)

    def _look_around(self) -> None:
        # These hands act inside one slot: what is to be deleted later would be when they are all done.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        modal = QApplication.activeModalWidget()
        if modal is not None:
            self._find(f"a modal {type(modal).__name__} “{modal.windowTitle()}” stands over the instrument")
            modal.close()
        for other in QApplication.topLevelWidgets():
            if isinstance(other, QFileDialog) and other.isVisible():
                other.close()
        if not self.window.isVisible():
            self._find("the window is gone")
        self.memory_mb.append(self._process.memory_info().rss / 2**20)
        self.memory_at_s.append(time.monotonic() - self._began_s)
        underruns = self.window.engine.status().underruns
        if underruns > self._underruns:
            self.underruns_after.append(f"{underruns - self._underruns} after {'; '.join(self.done[-3:])}")
        self._underruns = underruns

    # What it does

    def _click(self) -> str:
        found = [widget for widget in self.window.findChildren(QWidget) if may_use(widget)]
        for widget in self.rng.sample(found, len(found)):
            at = QPoint(self.rng.randrange(max(1, widget.width())), self.rng.randrange(max(1, widget.height())))
            top = self.window.childAt(widget.mapTo(self.window, at))
            if top is widget or (top is not None and widget.isAncestorOf(top)):
                name = widget.accessibleName() or type(widget).__name__
                click(widget, at, self.rng.choice([LEFT, LEFT, LEFT, LEFT, RIGHT]))
                return f"click {name} at {at.x()}, {at.y()}"
        return "nothing to click"

    def _key(self) -> str:
        key, modifiers = self.rng.choice(_KEYS)
        text = chr(key).lower() if key < 128 and modifiers == _NONE else ""
        press_key(self.window, key, modifiers, text)
        return f"key {key.name}{' with ' + str(modifiers.name) if modifiers != _NONE else ''}"

    def _drag(self) -> str:
        view = self.window.culture.viewport()
        button = self.rng.choice([LEFT, LEFT, RIGHT])
        places = [
            QPoint(self.rng.randint(-40, view.width() + 40), self.rng.randint(-40, view.height() + 40)) for _ in "four"
        ]
        press(view, places[0], button)
        for a, b in itertools.pairwise(places):
            for k in range(1, 6):
                # Asked for each time: what Python holds of a widget that Qt made can be invalidated at any time.
                move(self.window.culture.viewport(), a + (b - a) * (k / 5), button)
                pause(0.01)
        release(self.window.culture.viewport(), places[-1], button)
        return "drag"

    def _wheel(self) -> str:
        found = [w for w in self.window.findChildren(QWidget) if isinstance(w, CONTROLS) and w.isVisible()]
        target = self.rng.choice([self.window.culture.viewport(), *found])
        angle, keys = self.rng.choice([-240, -15, 7, 120, 1200]), self.rng.choice([_NONE, _SHIFT, _CTRL])
        name = target.accessibleName()
        turn_wheel(target, target.rect().center(), angle, keys)
        return f"wheel over {name}"

    def _preset(self) -> str:
        key = self.rng.choice([_K.Key_PageDown, _K.Key_PageUp])
        press_key(self.window, key)
        return "another preset"

    def _resize(self) -> str:
        self.window.resize(self.rng.randint(1024, 1800), self.rng.randint(640, 1100))
        return f"resize to {self.window.width()} × {self.window.height()}"

    def _sheet(self) -> str:
        key, keys = self.rng.choice(
            [(_K.Key_F1, _NONE), (_K.Key_R, _CTRL | _SHIFT), (_K.Key_Escape, _NONE), (_K.Key_Escape, _NONE)]
        )
        press_key(self.window, key, keys)
        return f"sheet: {key.name}"

    def _record(self) -> str:
        press_key(self.window, _K.Key_R, _CTRL)
        return "record"

    def _answer(self, popup: QWidget) -> str:
        """A menu is open: choose something in it, or not."""
        if isinstance(popup, NamePopup):
            return self._boxes.name_it(popup)
        actions = (
            [a for a in popup.actions() if a.isEnabled() and not a.isSeparator()] if isinstance(popup, QMenu) else []
        )
        actions = [action for action in actions if not FORBIDDEN.search(action.text())]
        if actions and self.rng.random() < 0.6:
            action = self.rng.choice(actions)
            assert isinstance(popup, QMenu)
            click(popup, popup.actionGeometry(action).center())
            return f"menu: {action.text()}"
        press_key(popup, _K.Key_Escape)
        return "menu: Escape"

    # What it finds

    def _find(self, what: str) -> None:
        self.findings.append(f"{what} – after: {'; '.join(self.done[-6:])}")

    def _note(self, error: BaseException | None, hook: Callable[..., object], *args: object) -> None:
        where = traceback.extract_tb(error.__traceback__)[-3:] if error is not None else []
        self._find(f"{error!r} in {' ← '.join(f'{f.filename}:{f.lineno} {f.name}' for f in reversed(where))}")
        if not self._quiet:
            hook(*args)

    def _note_message(self, kind: QtMsgType, context: object, message: str) -> None:
        # The offscreen platform has no windows to raise; it says so every time.
        ours = not message.startswith("This plugin does not support")
        if ours and kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            self._find(f"Qt says: {message}")


def left_behind(window: MainWindow, before: set[str], grace_s: float = 5.0) -> list[str]:
    """Threads and timers that outlived a window and engine that were closed, after a moment of grace."""
    deadline = time.monotonic() + grace_s
    while (extra := {t.name for t in threading.enumerate()} - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    timers = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    return [f"thread {name}" for name in sorted(extra)] + [
        f"timer of {type(timer.parent()).__name__} ({timer.interval()} ms)" for timer in timers
    ]
