"""How much of the browser is seen in the smallest window."""

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import preset_files, window
from ui.look.theme import apply_theme
from ui.shell.main_window import MainWindow


@pytest.fixture
def small(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> MainWindow:
    """1024 × 640, with more presets than fit."""
    apply_theme(qapp)
    made = window(preset_files(tmp_path, tuple(f"preset {i}" for i in range(20))), FakeEngine(), tmp_path / "home")
    qtbot.addWidget(made)
    made.resize(1024, 640)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: bool(made.presets.tags.chips), timeout=10_000)
    QApplication.processEvents()
    return made


def rows_in_sight(win: MainWindow) -> int:
    """Presets of which the whole row is seen."""
    presets = win.presets.list
    sight = presets.viewport().rect()
    return sum(sight.contains(presets.visualItemRect(item)) for item in presets.all_items())


def test_nine_presets_are_seen_in_the_smallest_window(small: MainWindow) -> None:
    assert (small.width(), small.height()) == (1024, 640)
    assert rows_in_sight(small) >= 9
    assert small.fontMetrics().height() <= small.presets.list.visualItemRect(small.presets.list.item(0)).height()


def test_nothing_of_the_form_is_cut_off_there_and_the_list_comes_back(small: MainWindow) -> None:
    before = rows_in_sight(small)
    small.presets.save.click()
    QApplication.processEvents()
    details, names = small.presets.details, small.presets.names
    fields = (names.edit, details.category, details.tags, details.comment, names.take, names.leave)
    panel = QRect(small.presets.mapToGlobal(small.presets.rect().topLeft()), small.presets.size())
    for field in fields:
        assert field.height() >= field.minimumSizeHint().height(), field.accessibleName()
        assert panel.contains(QRect(field.mapToGlobal(field.rect().topLeft()), field.size())), field.accessibleName()
    tops = [field.mapToGlobal(field.rect().topLeft()).y() for field in fields[:5]]
    assert all(below - above >= fields[0].fontMetrics().height() for above, below in itertools.pairwise(tops))
    assert rows_in_sight(small) >= 4
    names.put_away()
    QApplication.processEvents()
    assert rows_in_sight(small) == before and small.presets.save.isVisible()
