"""Category, tags and comment: said when a preset is saved, read and changed later, never of a bundled one."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCompleter
from pytestqt.qtbot import QtBot

from synth.presets.about import About
from synth.presets.card import read_card
from synth.presets.file import load_preset
from ui.presets.details import DetailsForm
from ui.shell.main_window import MainWindow

CTRL, ENTER = Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Return


@pytest.fixture
def saved(library: MainWindow, qtbot: QtBot, tmp_path: Path) -> Path:
    """The cello that plays, saved with everything that can be said of it, by keyboard alone."""
    presets = library.presets
    QTest.keyClick(library, Qt.Key.Key_S, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), "Mine")
    for line in (presets.details.category, presets.details.tags, presets.details.comment):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is line
    assert presets.details.tags.text() == "strings, bowed"
    presets.details.category.setCurrentIndex(presets.details.category.findText("Pads"))
    presets.details.tags.setText("dark, Bowed")
    presets.details.comment.setText("For the second verse")
    with qtbot.waitSignal(presets.kept, timeout=10_000):
        presets.names.take.click()
    return tmp_path / "presets" / "Mine.safetensors"


def details_of(win: MainWindow, path: Path) -> DetailsForm:
    win.presets.list.setCurrentItem(win.presets.list.at(path))
    QTest.keyClick(win, Qt.Key.Key_E, CTRL)
    assert win.presets.names.isVisible() and win.presets.details.isVisible()
    return win.presets.details


def test_what_is_said_when_saving_is_in_the_file_and_the_list(library: MainWindow, saved: Path, qtbot: QtBot) -> None:
    assert load_preset(saved).about == About("pads", ("dark", "bowed"), "For the second verse")
    qtbot.waitUntil(lambda: "dark" in library.presets.tags.chips, timeout=10_000)
    item = library.presets.list.at(saved)
    assert item is not None and "For the second verse" in item.toolTip()
    said = item.data(int(Qt.ItemDataRole.AccessibleDescriptionRole))
    assert said == "yours; Pads; dark, bowed; For the second verse"
    for words in ("dark", "pads", "verse"):
        library.presets.search.setText(words)
        assert library.presets.paths() == [saved]


def test_it_is_changed_later_and_the_header_follows(library: MainWindow, saved: Path, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "dark" in library.presets.tags.chips, timeout=10_000)
    form = details_of(library, saved)
    assert (form.category.currentText(), form.tags.text(), form.comment.text()) == (
        "Pads", "dark, bowed", "For the second verse",
    )  # fmt: skip
    form.tags.setText("light")
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        QTest.keyClick(form.tags, ENTER)
    assert not library.presets.names.isVisible()
    assert read_card(saved).about == About("pads", ("light",), "For the second verse")
    assert library.banner.text == "The details of “Mine” are saved."
    assert "light" in library.header.about.text()


def test_it_can_have_another_name_as_well(library: MainWindow, saved: Path, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "dark" in library.presets.tags.chips, timeout=10_000)
    form = details_of(library, saved)
    form.comment.setText("")
    library.presets.names.edit.setText("Yours")
    with qtbot.waitSignal(library.presets.said, timeout=10_000):
        library.presets.names.take.click()
    assert load_preset(saved.with_name("Yours.safetensors")).about == About("pads", ("dark", "bowed"), "")
    assert not saved.exists()
    assert library.header.name.text() == "Yours"


def test_of_a_bundled_preset_it_can_only_be_read_and_says_so(library: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "cello.safetensors"
    before = path.read_bytes()
    form = details_of(library, path)
    names = library.presets.names
    assert form.tags.text() == "strings, bowed" and form.category.currentText() == "Strings"
    assert form.tags.isReadOnly() and form.comment.isReadOnly() and names.edit.isReadOnly()
    assert not form.category.isEnabled() and not names.take.isEnabled()
    assert "comes with Petrichord" in names.hint.text() and "Duplicate it" in names.hint.text()
    QTest.keyClicks(form.tags, "x")
    QTest.keyClick(form.tags, ENTER)
    QTest.keyClick(library, Qt.Key.Key_Escape)
    assert not names.isVisible() and path.read_bytes() == before
    # The form is not left locked for the next who asks.
    library.presets.save.click()
    assert not names.edit.isReadOnly() and not form.tags.isReadOnly() and form.category.isEnabled()
    names.put_away()


def test_renaming_asks_for_the_name_alone(library: MainWindow, saved: Path) -> None:
    QTest.keyClick(library, Qt.Key.Key_F2)
    assert library.presets.names.isVisible() and not library.presets.details.isVisible()
    library.presets.names.put_away()


def test_typed_tags_are_completed_from_known_ones_one_after_the_other(qtbot: QtBot) -> None:
    form = DetailsForm()
    qtbot.addWidget(form)
    form.offer(["bowed", "bell", "dark", "dark"])
    form.show_about(About())
    form.show()
    form.activateWindow()
    form.tags.setFocus()
    qtbot.waitUntil(form.tags.hasFocus, timeout=5000)
    completer = form.tags.completer()
    assert isinstance(completer, QCompleter)
    for typed, offered, whole in (
        ("b", {"bell", "bowed"}, None),
        ("BO", {"bowed"}, "bowed"),
        ("bowed, da", {"dark"}, "bowed, dark"),
        ("new word,be", {"bell"}, "new word, bell"),
    ):
        form.tags.setText("")
        QTest.keyClicks(form.tags, typed)
        model = completer.completionModel()
        assert {model.index(row, 0).data() for row in range(model.rowCount())} == offered
        if whole is not None:
            assert completer.pathFromIndex(model.index(0, 0)) == whole
            # The offscreen platform gives a popup no keyboard: it is told what Down and Enter would tell it.
            completer.popup().setCurrentIndex(model.index(0, 0))
            QTest.keyClick(completer.popup(), ENTER)
            assert form.tags.text() == whole
        completer.popup().hide()


def test_what_a_later_version_says_is_left_alone_where_it_is_not_touched(qtbot: QtBot) -> None:
    form = DetailsForm()
    qtbot.addWidget(form)
    odd = About("of-a-later-version", ("Upper, case",), "two\nlines")
    form.show_about(odd)
    assert form.about() == odd
    form.category.setCurrentIndex(form.category.findText("Keys"))
    form.tags.setText("a, b")
    assert form.about() == About("keys", ("a", "b"), "two\nlines")


def test_a_note_cannot_dress_itself_up(library: MainWindow, saved: Path, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "dark" in library.presets.tags.chips, timeout=10_000)
    form = details_of(library, saved)
    form.comment.setText("<img src='file:///x'>")
    with qtbot.waitSignal(library.presets.librarian.card_read, timeout=10_000):
        library.presets.names.take.click()
    item = library.presets.list.at(saved)
    assert item is not None and "<img" not in item.toolTip() and "&lt;img" in item.toolTip()
