"""The computer's keys as a piano, wherever in the window the focus is; where one types they are letters."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractSpinBox, QApplication, QLineEdit, QMainWindow

from synth.midi.computer_keys import ComputerKeys
from ui.perform.note_keys import NoteKeys, platform
from ui.perform.note_player import NotePlayer

_OTHERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def code_of(event: QKeyEvent, keys: ComputerKeys) -> int:
    """The number of the key's place. Keys that other programs send have none: then its US letter stands for it."""
    if event.nativeScanCode() == 0:
        return keys.code_of(chr(event.key())) if 0 < event.key() < 128 else -1
    return event.nativeVirtualKey() if platform() == "macos" else event.nativeScanCode()


class KeyHand(QObject):
    """Listens to a window's keys. Who types comes first: a box that takes text takes its letters.

    Notes begin with Qt's question whether a key is a shortcut, which every key asks on its way up from the widget with
    the focus: an answer there keeps letters of shortcuts, which lie elsewhere on other layouts, from acting as well.
    """

    octave_moved = Signal()

    def __init__(self, window: QMainWindow, piano: NoteKeys, player: NotePlayer) -> None:
        super().__init__(window)
        self._piano, self._keys, self._player = piano, piano.computer, player
        self._taken: set[int] = set()
        """Keys that are down and were the piano's when they went down."""
        window.installEventFilter(self)
        for view in window.findChildren(QAbstractItemView):
            # A list jumps to the entry that begins with a letter.
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate:
            self.let_go()
        elif isinstance(event, QKeyEvent):
            code = code_of(event, self._keys)
            if kind == QEvent.Type.KeyPress:
                return code in self._taken
            if watched is not self.parent():
                return False
            if kind == QEvent.Type.ShortcutOverride:
                return self._press(code, event)
            if kind == QEvent.Type.KeyRelease:
                return self._release(code, event)
        return False

    def let_go(self) -> None:
        """Every key and the mouse button come up: nobody will tell when they do."""
        self._taken.clear()
        self._keys.release_all()
        self._piano.lift()
        self._player.let_go()

    def check(self) -> None:
        """Let go when a menu or a box to type in has taken the keys that are down."""
        if self._player.has_fingers and (
            QApplication.activePopupWidget() is not None
            or (self._taken and isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox))
        ):
            self.let_go()

    def _press(self, code: int, event: QKeyEvent) -> bool:
        change = self._keys.press(
            code,
            is_repeat=event.isAutoRepeat(),
            has_modifier=bool(event.modifiers() & _OTHERS),
            text=event.text(),
        )
        if not change.taken:
            return False
        self._taken.add(code)
        for note in change.begun:
            self._player.begin(code, note.key)
        if change.octave_moved:
            self.octave_moved.emit()
        if change.begun or change.octave_moved:
            self._piano.update()
        event.accept()
        return True

    def _release(self, code: int, event: QKeyEvent) -> bool:
        change = self._keys.release(code, is_repeat=event.isAutoRepeat())
        if not event.isAutoRepeat():
            self._taken.discard(code)
        if change.ended:
            self._player.end(code)
        return change.taken
