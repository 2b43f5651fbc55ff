"""What Python keeps of Qt's objects, Python has made.

A wrapper of an object that Qt made (`menu.addAction(text)`) is marked as deleted whenever shiboken invalidates what
holds it, although the object lives on: from then on each use raises “Internal C++ object already deleted”. Of objects
that Python made, shiboken hears when they are really deleted.
"""

from collections.abc import Iterator

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget

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


def test_a_walk_by_tab_leaves_the_binding_s_families_as_they_were(win: MainWindow) -> None:
    """Where the walk made it the child of what was before it, an action of a menu was invalid once that was deleted."""
    sheet = win.settings_opener.sheet()
    sheet.open()
    before = QPushButton("before", sheet)
    holder = QPushButton("holder", sheet)
    menu = QMenu(holder)
    menu.addAction("made by Qt")
    holder.setMenu(menu)
    for widget in (before, holder):
        widget.show()
    before.setFocus()
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Tab):
        QTest.keyClick(QApplication.focusWidget(), key)
    assert QApplication.focusWidget() is holder
    (action,) = menu.actions()
    before.deleteLater()
    QCoreApplication.sendPostedEvents(before, QEvent.Type.DeferredDelete.value)
    assert not shiboken6.isValid(before)
    assert shiboken6.isValid(action)


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
