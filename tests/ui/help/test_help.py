"""Help and About."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from synth import __version__
from synth.midi.computer_keys import DOWN_LETTER, UP_LETTER, US_LETTERS
from synth.presets.credits import PACKAGES, read_credit
from synth.presets.file import load_preset
from synth.presets.library import bundled_folder
from ui.help.shortcut_groups import GLOSSARY, GROUPS
from ui.shell.main_window import MainWindow
from ui.widgets.sheet import Sheet

SHIFT = Qt.KeyboardModifier.ShiftModifier


def normal(keys: str) -> str:
    return QKeySequence(keys).toString()


def keys_of(win: MainWindow) -> set[str]:
    """Those of all its sheets too, also of such as are made when they are wanted."""
    win.settings_opener.sheet()
    win.trainer.studio  # noqa: B018
    piano = {*US_LETTERS, DOWN_LETTER, UP_LETTER}
    return {shortcut.key().toString() for shortcut in win.findChildren(QShortcut)} | piano


def test_every_key_of_the_window_is_in_the_help(win: MainWindow) -> None:
    told = {normal(keys) for _, group in GROUPS for key in group for keys in key.keys.split(" ")}
    assert keys_of(win) - told == set()


def test_every_key_in_the_help_is_one_of_the_window(win: MainWindow) -> None:
    told = {normal(keys) for _, group in GROUPS for key in group for keys in key.keys.split(" ") if keys}
    assert told - keys_of(win) == {"Tab"}


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_help_fits_and_can_be_scrolled_to_its_end(win: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    win.resize(*size)
    QTest.keyClick(win, Qt.Key.Key_F1)
    help_sheet = win.help
    assert help_sheet.rect().contains(help_sheet.paper.geometry())
    qtbot.wait(50)
    assert help_sheet.area.widget().width() <= help_sheet.area.viewport().width()
    bar = help_sheet.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    last = help_sheet.groups[-1]
    foot = last.mapTo(help_sheet.area.viewport(), last.rect().bottomLeft()).y()
    assert foot <= help_sheet.area.viewport().height()


def test_typing_leaves_the_keys_that_fit(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_F1)
    QTest.keyClicks(QApplication.focusWidget(), "undo")
    shown = [group for group in win.help.groups if not group.isHidden()]
    assert len(shown) == 1
    win.help.search.setText("theremin")
    assert not win.help.nothing.isHidden()
    QTest.keyClick(win, Qt.Key.Key_Escape)
    assert not win.help.isVisible()
    QTest.keyClick(win, Qt.Key.Key_F1)
    assert all(not group.isHidden() for group in win.help.groups)


def test_the_glossary_explains_at_most_25_words_and_is_searched_like_the_keys(win: MainWindow) -> None:
    terms = [entry.label for entry in GLOSSARY]
    assert len(terms) == len(set(terms)) <= 25
    # The words that stopped readers.
    for word in ("Spectrum", "Step", "22k80", "Variation", "Init", "Reseed", "Own pitch", "Checkpoint", "Underrun"):
        assert any(word in f"{entry.label} {entry.meaning}" for entry in GLOSSARY), word
    QTest.keyClick(win, Qt.Key.Key_F1)
    QTest.keyClicks(QApplication.focusWidget(), "ltas")
    (shown,) = [group for group in win.help.groups if not group.isHidden()]
    assert sum(not label.isHidden() for _, label, _ in shown._rows) == 1


def test_about_names_version_licence_every_package_and_the_credit_of_every_preset(
    win: MainWindow, qtbot: QtBot
) -> None:
    for path in sorted(bundled_folder().glob("*.safetensors")):
        win.presets.add(path, bundled=True)
    QTest.keyClick(win, Qt.Key.Key_F1, SHIFT)
    assert win.about.isVisible()
    qtbot.waitUntil(lambda: "violin" in win.about.text.text(), timeout=10_000)
    text = re.sub("<[^>]*>", "", win.about.text.text())
    for path in bundled_folder().glob("*.safetensors"):
        credit = load_preset(path).credit
        for part in (credit.recording, credit.author, credit.licence):
            assert part in text.replace("&amp;", "&").replace("&#x27;", "'").replace("&quot;", '"'), (path.name, part)
    assert "BigVGAN" in text and "NVIDIA" in text
    assert __version__ in win.about.findChildren(type(win.about.text))[1].text() or any(
        __version__ in label.text() for label in win.about.findChildren(type(win.about.text))
    )


def test_every_package_that_is_required_is_credited() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.split(r"[<>=!\[ ]", wanted)[0].casefold() for wanted in project["dependencies"]}
    credited = {package.name.casefold() for package in PACKAGES}
    assert required <= credited
    assert credited - required == {"bigvgan"}
    assert all(package.version for package in PACKAGES if package.name != "bigvgan")


def test_a_preset_that_cannot_be_read_costs_only_its_own_credit(tmp_path: Path) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"no")
    assert read_credit(tmp_path / "no.safetensors") is None


def test_the_credit_of_what_plays_is_in_the_help(win: MainWindow) -> None:
    preset = win.desk.preset
    assert preset is not None
    win.help.show_credit(replace(preset, name="Moss"))
    assert win.help.credit.text().startswith("“Moss” is grown from")


def test_no_key_means_two_things(win: MainWindow) -> None:
    """Qt does nothing for a key that two shortcuts wait for; a sheet may have keys of its own while it is open."""
    window_wide = [
        shortcut.key().toString() for shortcut in win.findChildren(QShortcut) if not _on_a_sheet(shortcut.parent())
    ]
    assert sorted(keys for keys in set(window_wide) if window_wide.count(keys) > 1) == []


def _on_a_sheet(owner: object) -> bool:
    while isinstance(owner, QWidget):
        if isinstance(owner, Sheet):
            return True
        owner = owner.parentWidget()
    return False
