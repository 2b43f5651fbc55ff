"""Whatever a hand or the keyboard can reach says what it is and explains itself in one line, on the sheets too."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from ui.shell.main_window import MainWindow
from ui.widgets.sheet import Sheet

_KINDS = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTextEdit, QPlainTextEdit,
    QAbstractItemView,
)  # fmt: skip
_LONGEST = 130


def reachable(root: QWidget) -> list[QWidget]:
    """Every control under `root`, shown or not; what Qt builds inside its own widgets belongs to these."""
    found = [
        w for w in root.findChildren(QWidget) if isinstance(w, _KINDS) or w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    return [w for w in found if not isinstance(w, QScrollBar | Sheet) and not _inside(w)]


def _inside(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
        return True
    return widget.objectName().startswith("qt_") or any(
        isinstance(w, QAbstractSpinBox | QLineEdit | QComboBox | QAbstractSlider) or w.objectName().startswith("qt_")
        for w in _ancestors(widget)
    )


def _ancestors(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def called(widget: QWidget) -> str:
    name = widget.accessibleName() or widget.objectName()
    return f"{type(widget).__name__} “{name}” in {type(widget.parent()).__name__}"


def test_every_control_has_a_name(win: MainWindow) -> None:
    controls = reachable(win)
    assert len(controls) > 60
    assert not [called(w) for w in controls if not w.accessibleName()]


def test_every_control_explains_itself_in_one_line(win: MainWindow) -> None:
    # A tip over the culture would lie under the brush: it says in its description what one does there.
    assert win.culture.accessibleDescription()
    unexplained = [called(w) for w in reachable(win) if not w.toolTip() and w is not win.culture]
    assert not unexplained
    long = [called(w) for w in reachable(win) if "\n" in w.toolTip() or len(w.toolTip()) > _LONGEST]
    assert not long


def test_no_two_buttons_in_sight_have_the_same_name(win: MainWindow) -> None:
    names = [w.accessibleName() for w in reachable(win) if isinstance(w, QAbstractButton) and w.isVisible()]
    assert len(names) == len(set(names))


def test_sheets_say_what_they_are_and_what_is_on_them(win: MainWindow) -> None:
    sheets = win.findChildren(Sheet)
    assert sheets
    for sheet in sheets:
        sheet.open()
        assert sheet.accessibleName()
        inside = reachable(sheet)
        assert inside
        assert not [called(w) for w in inside if not (w.accessibleName() and w.toolTip())]
        sheet.put_away()


def test_a_control_without_a_name_would_be_found(win: MainWindow, qtbot: object) -> None:
    nameless = QLineEdit(win)
    assert nameless in reachable(win)
    assert not nameless.accessibleName()


def test_a_knob_is_named_in_full_where_its_label_is_short(win: MainWindow) -> None:
    for name in ("weather_depth", "weather_speed", "playhead_speed", "fade_in_s"):
        assert len(win.controls.knobs[name].accessibleName().split()) == 2, name
