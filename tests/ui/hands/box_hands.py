"""Hands that type into every box and drag from every control, and what must hold once they have left.

* After Enter, Esc or a click on the culture, letters play notes and digits choose brushes: no key is lost.
* None of these keys changes a box that has lost the keyboard: nothing leaks.
* A drag that has ended holds nothing.
"""

import random
import re
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QWidget,
)

from tests.ui.hands.mouse_and_keys import LEFT, click, move, pause, press, press_key, release
from ui.perform.note_keys import NoteKeys
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob
from ui.widgets.sheet import Sheet

FORBIDDEN = re.compile(r"quit|download|weights|train|test tone|get |folder of", re.IGNORECASE)
"""Names of what random hands leave alone: nothing is closed for good, downloaded, trained or written elsewhere."""
CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QListWidget, NoteKeys)
_BOXES = (Knob, QAbstractSpinBox, QLineEdit)
_TEXTS = (
    "e3",
    "440 Hz",
    "own",
    "cel",
    "a",
    "hm",
    "-3,5",
    "99999",
    "0.25",
    "120",
    "50 %",
    "1.2k",
    "dark, slow",
    "ä „x“ é",
)
_NAMED = {
    " ": Qt.Key.Key_Space, ".": Qt.Key.Key_Period, ",": Qt.Key.Key_Comma, "-": Qt.Key.Key_Minus,
    "%": Qt.Key.Key_Percent,
}  # fmt: skip
_MOST_ESCAPES = 3
"""One may put away a popup, one a notice or the sound of a preset that is only heard, one leaves the box."""
_SETTLE_S, _LOAD_S = 0.03, 1.0
_LOOK_S, _MOST_LOOKS = 0.06, 20
_NO_KEYS = Qt.KeyboardModifier.NoModifier


def may_use(widget: QWidget) -> bool:
    """Whether random hands reach for this."""
    named = f"{widget.accessibleName()} {widget.text() if isinstance(widget, QAbstractButton) else ''}"
    usable = isinstance(widget, CONTROLS) and widget.isVisible() and widget.isEnabled()
    return usable and not FORBIDDEN.search(named)


def _takes_text(widget: QWidget | None) -> bool:
    return isinstance(widget, QLineEdit | QAbstractSpinBox) and widget.isEnabled()


class BoxHands:
    """Acts on one window; `find` is told in a sentence what should not have happened."""

    def __init__(self, window: MainWindow, rng: random.Random, find: Callable[[str], None]) -> None:
        self._window, self._rng, self._find = window, rng, find
        self._turned: list[str] = []
        self._doing = ""
        self._loads = 0
        window.loader.loaded.connect(self._count_load)
        window.controls.turned.connect(lambda label, *_: self._turned.append(label))

    # What it does

    def type_into_a_box(self) -> str:
        """Click on a box, type something, leave it."""
        self._look_active()
        boxes = [box for box in self._window.findChildren(QWidget) if self._is_box(box) and self._on_top(box)]
        if not boxes:
            return "no box to type into"
        box = self._rng.choice(boxes)
        name = box.accessibleName()
        click(box, QPoint(min(12, box.width() // 3), box.height() // 2))
        if isinstance(box, Knob):
            self._press(Qt.Key.Key_Return)
        self._doing = f"type {self._type()} into {name} and leave it by "
        return self._doing + self._leave()

    def walk_and_type(self) -> str:
        """Walk on by Tab, type something into whatever has the keyboard then, leave it."""
        self._look_active()
        steps, back = self._rng.randint(1, 9), self._rng.random() < 0.3
        for _ in range(steps):
            modifiers = Qt.KeyboardModifier.ShiftModifier if back else _NO_KEYS
            press_key(self._window, Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab, modifiers)
        pause(_SETTLE_S)
        here = self._window.focusWidget()
        if here is None or FORBIDDEN.search(here.accessibleName()):
            return "walk"
        name = here.accessibleName()
        self._doing = f"walk to {name}, type {self._type()} and leave it by "
        return self._doing + self._leave()

    def drag_something(self) -> str:
        """Press on a control, go somewhere else, let go; half of the time onto another control."""
        found = [w for w in self._window.findChildren(QWidget) if may_use(w) and self._on_top(w)]
        if not found:
            return "nothing to drag"
        source = self._rng.choice(found)
        # Before the drag: it may delete what it begins on.
        name = source.accessibleName()
        if self._rng.random() < 0.5:
            target = self._rng.choice(found)
            by, onto = target.mapTo(self._window, target.rect().center()), target.accessibleName()
            by -= source.mapTo(self._window, source.rect().center())
        else:
            by, onto = QPoint(self._rng.randint(-200, 200), self._rng.randint(-120, 120)), "nowhere"
        self.drag(source, by)
        return f"drag {name} onto {onto}"

    def drag(self, source: QWidget, by: QPoint) -> None:
        """Press in the middle of a control, go so far, let go."""
        window, name = self._window, source.accessibleName()
        start = source.mapTo(window, source.rect().center())
        press(window, start)
        for k in range(1, 7):
            move(window, start + by * (k / 6), LEFT)
            pause(0.005)
        release(window, start + by)
        pause(_SETTLE_S)
        held = [w for w in window.findChildren(QAbstractSlider) if w.isSliderDown()]
        if held and QApplication.activePopupWidget() is None:
            self._find(f"{held[0].accessibleName()} is still held after a drag from {name}")

    def name_it(self, popup: QWidget) -> str:
        """A popup asks for a name: type one."""
        return f"name something {self._type(popup)}"

    # How it does it

    def _look_active(self) -> None:
        """Where no window manager gives the keyboard back to the window when another one is closed."""
        if QApplication.activeWindow() is None:
            self._window.activateWindow()
            pause(_SETTLE_S)

    def _is_box(self, widget: QWidget) -> bool:
        inner = isinstance(widget.parentWidget(), QAbstractSpinBox)
        return isinstance(widget, _BOXES) and may_use(widget) and not inner

    def _on_top(self, widget: QWidget) -> bool:
        top = self._window.childAt(widget.mapTo(self._window, widget.rect().center()))
        return top is widget or (top is not None and widget.isAncestorOf(top))

    def _press(self, key: Qt.Key, target: QWidget | None = None) -> None:
        press_key(target or self._window, key)
        pause(_SETTLE_S)

    def _type(self, target: QWidget | None = None) -> str:
        text = self._rng.choice(_TEXTS)
        for sign in text:
            key = _NAMED.get(sign, Qt.Key(ord(sign.upper())) if sign.isascii() else Qt.Key.Key_unknown)
            press_key(target or self._window, key, text=sign)
        pause(_SETTLE_S)
        if target is not None:
            self._press(Qt.Key.Key_Return, target)
        return f"“{text}”"

    def _leave(self) -> str:
        ways = {"Enter": Qt.Key.Key_Return, "Esc": Qt.Key.Key_Escape, "a click on the culture": None}
        way, key = self._rng.choice(list(ways.items()))
        covered = self._covered
        if key is None:
            view = self._window.culture.viewport()
            click(view, QPoint(view.width() // 2, view.height() // 2))
            pause(_SETTLE_S)
        else:
            self._press(key)
        if covered or self._covered:
            # A sheet keeps its keys, and gives the keyboard back to what had it.
            return way
        for _ in range(_MOST_ESCAPES if key is not None else 0):
            # Enter is refused where a name is taken or nothing was found: then Esc leaves.
            if _takes_text(self._window.focusWidget()) and not self._covered:
                self._press(Qt.Key.Key_Escape)
        if not self._covered:
            self.expect_keys(way)
        return way

    @property
    def _covered(self) -> bool:
        """Whether a popup, a sheet or a file dialog has the keyboard now."""
        sheets = any(sheet.isVisible() for sheet in self._window.findChildren(Sheet))
        elsewhere = QApplication.activeWindow() not in (None, self._window)
        return sheets or elsewhere or QApplication.activePopupWidget() is not None

    # What it expects

    def expect_keys(self, way: str = "") -> None:
        """A letter plays, digits choose brushes where they are the window's, and no box changes by them."""
        window, focus, left = self._window, self._window.focusWidget(), self._doing + way
        if _takes_text(focus):
            self._find(f"{focus.accessibleName()} keeps the keyboard after {left}")  # type: ignore[union-attr]
            return
        texts, loads = self._settled_texts(), self._loads
        self._turned.clear()
        self._one_key(QEvent.Type.KeyPress, "a")
        if not window.player.has_fingers:
            # A preset that has just been loaded lets go of every key.
            self._one_key(QEvent.Type.KeyRelease, "a")
            pause(_LOAD_S)
            self._one_key(QEvent.Type.KeyPress, "a")
        if not window.player.has_fingers and not self._covered:
            name = "nothing" if focus is None else focus.accessibleName() or type(focus).__name__
            hidden = focus is not None and not focus.isVisible()
            self._find(f"A plays no note after {left}, with the keyboard at {name}{' (hidden)' if hidden else ''}")
        self._one_key(QEvent.Type.KeyRelease, "a")
        if window.player.has_fingers:
            self._find(f"the note of A does not end after {left}")
        if focus is window.culture:
            for digit, kind in (("2", "paint"), ("1", "erase")):
                self._press(Qt.Key(ord(digit)))
                if window.brushes.brush.kind != kind and not self._covered:
                    self._find(f"{digit} chooses no brush after {left}")
        changed = [name for name, text in self._texts().items() if name in texts and texts[name] != text]
        # What was asked for earlier may arrive meanwhile, also the preset that played already.
        if changed and loads == self._loads:
            self._find(f"keys after {left} change {', '.join(changed)}")
        if self._turned:
            self._find(f"keys after {left} turn {', '.join(self._turned)}")

    def _count_load(self, *_: object) -> None:
        self._loads += 1

    def _one_key(self, kind: QEvent.Type, letter: str) -> None:
        event = QKeyEvent(kind, Qt.Key(ord(letter.upper())), _NO_KEYS, letter)
        QCoreApplication.postEvent(self._window.windowHandle(), event)
        pause(_SETTLE_S)

    def _settled_texts(self) -> dict[str, str]:
        """As soon as two looks agree: what a preset that has just begun calls its macros comes a moment after it."""
        texts = self._texts()
        for _ in range(_MOST_LOOKS):
            pause(_LOOK_S)
            before, texts = texts, self._texts()
            if before == texts:
                break
        return texts

    def _texts(self) -> dict[str, str]:
        """What stands in all boxes and choosers but those of closed sheets, by name and place."""
        said: dict[str, str] = {}
        # A sheet that is closed may be filled by an answer that comes late, such as which devices there are.
        closed = [sheet for sheet in self._window.findChildren(Sheet) if not sheet.isVisible()]
        for n, box in enumerate(self._window.findChildren(QWidget)):
            if any(sheet.isAncestorOf(box) for sheet in closed):
                continue
            if (isinstance(box, QLineEdit) and not isinstance(box.parentWidget(), QAbstractSpinBox)) or isinstance(
                box, QAbstractSpinBox
            ):
                said[f"{box.accessibleName()} ({n})"] = box.text()
            elif isinstance(box, QComboBox):
                said[f"{box.accessibleName()} ({n})"] = box.currentText()
        return said
