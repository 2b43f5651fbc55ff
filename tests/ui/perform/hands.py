"""Keys as a keyboard's hardware sends them: with the number of their place, which a simulated click has not."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from synth.instrument.note_events import AllSoundOff, NoteOff, NoteOn
from tests.doubles.engine import FakeEngine

# Linux's event codes (linux/input-event-codes.h) and the 8 that X11 adds.
CODES = {"A": 30 + 8, "S": 31 + 8, "D": 32 + 8, "W": 17 + 8, "Z": 44 + 8, "X": 45 + 8, ";": 39 + 8}
NONE = Qt.KeyboardModifier.NoModifier


def down(
    widget: QWidget, place: str, types: str = "", modifiers: Qt.KeyboardModifier = NONE, *, repeat: bool = False
) -> None:
    """The key at this place of a US keyboard goes down; `types` is what the layout prints on it."""
    asked = _event(QEvent.Type.ShortcutOverride, place, types, modifiers, repeat)
    asked.ignore()
    QApplication.sendEvent(widget, asked)
    press = _event(QEvent.Type.KeyPress, place, types, modifiers, repeat, is_shortcut=not asked.isAccepted())
    QApplication.sendEvent(widget, press)


def up(widget: QWidget, place: str, types: str = "", *, repeat: bool = False) -> None:
    QApplication.sendEvent(widget, _event(QEvent.Type.KeyRelease, place, types, NONE, repeat))


def _event(
    kind: QEvent.Type, place: str, types: str, modifiers: Qt.KeyboardModifier, repeat: bool, *, is_shortcut: bool = True
) -> QKeyEvent:
    """Qt looks for a shortcut once more when a program sends a key; it finds none for a key that it does not know."""
    letter = (types or place).upper()
    key = ord(letter) if is_shortcut else int(Qt.Key.Key_unknown)
    return QKeyEvent(kind, key, modifiers, CODES[place], 0, 0, letter.lower(), repeat)


def begun(engine: FakeEngine) -> list[int]:
    """MIDI keys of all notes so far, in their order."""
    return [event.key for event, _, _ in engine.notes if isinstance(event, NoteOn)]


def held(engine: FakeEngine) -> list[int]:
    """MIDI keys of the notes that nothing has ended."""
    notes: dict[int, int] = {}
    for event, _, _ in engine.notes:
        match event:
            case NoteOn(note_id, key):
                assert note_id not in notes, "one name for two notes"
                notes[note_id] = key
            case NoteOff(note_id):
                notes.pop(note_id, None)
            case AllSoundOff():
                notes.clear()
            case _:
                pass
    return sorted(notes.values())
