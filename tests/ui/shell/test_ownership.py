"""What Python keeps of Qt's objects, Python has made.

A wrapper of an object that Qt made (`menu.addAction(text)`) is marked as deleted whenever shiboken invalidates what
holds it, although the object lives on: from then on each use raises “Internal C++ object already deleted”. Of objects
that Python made, shiboken hears when they are really deleted.
"""

import gc
import re
from collections.abc import Iterator

import shiboken6
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from ui.perform.record_options import RecordOptions
from ui.shell.main_window import MainWindow


def kept(win: MainWindow) -> Iterator[tuple[str, QObject]]:
    """Every Qt object in an attribute, or a list or dictionary there, of what the window holds of this program."""
    waiting: list[object] = [win]
    seen = {id(win)}
    while waiting:
        owner = waiting.pop()
        for name, value in getattr(owner, "__dict__", {}).items():
            inside = (
                value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else (value,)
            )
            for thing in inside:
                if isinstance(thing, QObject):
                    yield f"{type(owner).__name__}.{name}", thing
                if id(thing) not in seen and type(thing).__module__.startswith("ui."):
                    seen.add(id(thing))
                    waiting.append(thing)


def test_every_action_menu_and_group_that_python_keeps_was_made_by_python(win: MainWindow) -> None:
    win.settings_opener.sheet()
    win.trainer.studio  # noqa: B018
    win.header.devices.refresh()
    found = [(name, thing) for name, thing in kept(win) if isinstance(thing, QAction | QActionGroup | QMenu)]
    assert len(found) > 10
    assert [name for name, thing in found if not shiboken6.createdByPython(thing)] == []


def test_nothing_that_qt_made_is_kept(win: MainWindow) -> None:
    """Windows of the system, viewports, editors of number fields: whoever needs one asks for it."""
    win.settings_opener.sheet()
    win.trainer.studio  # noqa: B018
    assert [name for name, thing in kept(win) if not shiboken6.createdByPython(thing)] == []


def strangers() -> list[str]:
    """Widgets that the binding takes for children of a widget which they do not lie in.

    When that one is deleted, all that Qt made in them, as actions of a menu and viewports, is invalid in Python.
    """
    living = [thing for thing in gc.get_objects() if isinstance(thing, QWidget) and shiboken6.isValid(thing)]
    widgets = {f"{id(widget):#x}": widget for widget in living}
    found = []
    for widget in living:
        family = re.search(r"\nparent\.+ .* at (0x[0-9a-f]+)>", shiboken6.dump(widget))
        parent = widgets.get(family[1]) if family else None
        if parent is not None and parent not in _above(widget):
            found.append(f"{type(widget).__name__} {widget.accessibleName()} of {type(parent).__name__}")
    return found


def _above(widget: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


def test_a_walk_by_tab_makes_no_strangers_a_family(win: MainWindow) -> None:
    for sheet in (win.settings_opener.sheet(), win.trainer.studio.sheet):
        sheet.open()
        for key in (*[Qt.Key.Key_Tab] * 12, *[Qt.Key.Key_Backtab] * 5):
            QTest.keyClick(QApplication.focusWidget() or sheet, key)
        assert sheet.isAncestorOf(QApplication.focusWidget() or win)
    assert strangers() == []


def test_no_object_that_python_keeps_is_deleted(win: MainWindow) -> None:
    win.header.devices.refresh()
    win.presets.tags._open()
    win.presets.tags.menu.hide()
    assert [name for name, thing in kept(win) if not shiboken6.isValid(thing)] == []


def test_the_recording_options_can_be_chosen_after_their_holder_was_invalidated(win: MainWindow) -> None:
    """What shiboken does to whatever it believes to be gone, done to the menu on purpose."""
    parent = QWidget()
    options = RecordOptions(parent)
    action = options.menu_.addAction("made by Qt")
    shiboken6.invalidate(options.menu_)
    assert not shiboken6.isValid(action), "this is how a wrapper dies before its object"
    options.show_choice("pcm16", True)
    assert options.text() == "16-bit"
    parent.deleteLater()
