"""A training that one window has is not offered by another."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from synth.file_lock import Claim
from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import preset_files, window
from tests.ui.trainer.stage import Stage
from ui.shell.main_window import MainWindow
from ui.trainer.process.job import Bench, unfinished


@pytest.fixture
def other(stage: Stage, tmp_path: Path) -> Iterator[MainWindow]:
    """Another window with the same home; two of one process keep each other out as those of two do."""
    (folder := tmp_path / "other").mkdir()
    other = window(preset_files(folder), FakeEngine(), tmp_path / "home")
    stage.qtbot.addWidget(other)
    other.show()
    other.trainer.studio.command = stage.command
    assert other.trainer.root == stage.studio.root
    yield other
    other.close()


def offered(win: MainWindow) -> list[str]:
    """What the start page of its sheet would go on with; opens the sheet."""
    win.trainer.studio.open()
    # Rows that are new are shown, and those that were there go, with the next events.
    QTest.qWait(20)
    names = [b.accessibleName() for b in win.trainer.studio.sheet.start.findChildren(QAbstractButton) if b.isVisible()]
    return [name.removeprefix("Open ") for name in names if name.startswith("Open ")]


def bench_of(win: MainWindow) -> Bench:
    bench = win.trainer.studio.sheet.grow.bench
    assert bench is not None
    return bench


def test_what_trains_in_one_window_is_not_offered_in_another(stage: Stage, other: MainWindow, recording: Path) -> None:
    stage.train(recording, "halts")
    stage.until_checkpoint()
    assert bench_of(stage.win).resumable
    other.trainer.tell_of_unfinished()
    assert other.banner.text == ""
    assert offered(other) == []


def test_what_is_grown_and_on_one_windows_sheet_is_not_offered_until_it_is_left(
    stage: Stage, other: MainWindow, recording: Path, tmp_path: Path
) -> None:
    stage.train(recording)
    stage.until_ended()
    assert offered(other) == []
    stage.studio.take(tmp_path / "another.wav")
    assert offered(other) == ["a note"]


def test_one_that_was_opened_meanwhile_is_refused_in_a_sentence(
    stage: Stage, other: MainWindow, recording: Path, tmp_path: Path
) -> None:
    stage.train(recording)
    stage.until_ended()
    bench = bench_of(stage.win)
    stage.studio.take(tmp_path / "another.wav")
    assert offered(other) == ["a note"]
    stage.studio.choosing.show_others()
    stage.sheet.start.opened.emit(bench)
    assert bench_of(stage.win) == bench
    start = other.trainer.studio.sheet.start
    (button,) = [b for b in start.findChildren(QAbstractButton) if b.accessibleName() == "Open a note"]
    button.click()
    assert other.trainer.studio.sheet.grow.bench is None
    assert start.sentence.isVisible()
    assert start.sentence.text() == "“a note” is open in another Petrichord window: go on with it there."
    stage.win.close()
    assert offered(other) == ["a note"]
    assert not start.sentence.isVisible()


def test_a_trainer_that_outlived_its_window_is_waited_for(stage: Stage, recording: Path, tmp_path: Path) -> None:
    """It writes its state for some seconds after its window was killed."""
    stage.train(recording)
    stage.until_ended()
    bench, root = bench_of(stage.win), stage.studio.root
    stage.win.close()
    assert unfinished(root) == [bench]
    trainer = Claim.of(bench.folder / "culture.safetensors.lock")
    assert trainer is not None
    assert unfinished(root) == [] and bench.claim() is None
    trainer.release()
    assert unfinished(root) == [bench]


def test_what_a_window_left_that_was_killed_is_offered(stage: Stage, other: MainWindow, recording: Path) -> None:
    stage.train(recording)
    stage.until_ended()
    bench = bench_of(stage.win)
    assert (bench.folder / "window.lock").read_text() == str(os.getpid())
    stage.win.close()
    (bench.folder / "window.lock").write_text("4194305")
    assert offered(other) == ["a note"]


def test_kept_and_discarded_leaves_nothing_claimed(stage: Stage, recording: Path) -> None:
    stage.train(recording)
    stage.until_ended()
    folder = bench_of(stage.win).folder
    stage.sheet.grow.discard.click()
    assert not folder.exists()


def test_two_windows_do_not_write_down_what_played_in_one_file(stage: Stage, other: MainWindow) -> None:
    befores = {studio.hearing._before for studio in (stage.studio, other.trainer.studio)}
    assert len(befores) == 2
