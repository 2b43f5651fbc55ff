"""Whatever becomes of the trainer, the window says a sentence with a way on."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.ui.trainer.stage import LONG, Stage, children


@pytest.mark.parametrize(
    ("way", "words", "usable"),
    [
        ("crashes", ["Training failed (code 3)", "log.txt", "The best so far can be heard and kept"], True),
        ("is killed", ["ended from outside (SIGKILL)", "log.txt", "The best so far can be heard and kept"], True),
        ("babbles", ["ended without a result", "log.txt", "Train again"], False),
        ("fills the disk", ["No space left on device", "The best so far can be heard and kept"], True),
    ],
)
def test_each_bad_end_is_a_sentence_with_a_way_on(
    stage: Stage, recording: Path, way: str, words: list[str], usable: bool
) -> None:
    stage.engine.play()
    swapped = len(stage.engine.swapped)
    stage.train(recording, way)
    sentence = stage.until_ended()
    for word in words:
        assert word in sentence, sentence
    assert stage.sheet.grow.keep.isVisible() is usable
    assert stage.sheet.grow.discard.isVisible()
    assert stage.engine.state.playing and "stop" not in stage.engine.calls
    assert len(stage.engine.swapped) == swapped


def test_what_a_crashing_trainer_said_is_in_the_log(stage: Stage, recording: Path) -> None:
    stage.train(recording, "crashes")
    stage.until_ended()
    bench = stage.sheet.grow.bench
    assert bench is not None
    assert "ZeroDivisionError" in bench.log.read_text()
    assert str(bench.log) in stage.sheet.grow.sentence.text()


def test_a_trainers_refusal_is_shown_in_the_windows_words(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    stage.behave("refuses")
    stage.sheet.choose.start.setFocus()
    QTest.keyClick(stage.sheet.choose.start, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is not stage.sheet.away, "Enter once more would close the sheet"
    assert stage.until_ended() == "Training ran away; try another “Variation”, or a shorter and steadier region."
    grow = stage.sheet.grow
    assert "Nothing was grown" in " ".join(label.text() for label in grow.findChildren(QLabel) if label.isVisible())
    assert grow.discard.text() == "Back to the recording"
    grow.discard.click()
    assert stage.sheet.pages.currentWidget() is stage.sheet.choose


def test_a_trainers_last_words_are_a_sentence_of_their_own(stage: Stage, recording: Path) -> None:
    stage.train(recording, "fills the disk")
    assert stage.until_ended().endswith("No space left on device. The best so far can be heard and kept.")
    assert stage.sheet.grow.discard.text() == "Discard"


def test_a_babbling_trainer_neither_fills_the_disk_nor_the_window(stage: Stage, recording: Path) -> None:
    stage.train(recording, "babbles")
    slowest, before = 0.0, time.perf_counter()
    while stage.studio.ending is None:
        stage.qtbot.wait(5)
        now = time.perf_counter()
        slowest, before = max(slowest, now - before), now
    bench = stage.sheet.grow.bench
    assert bench is not None
    assert bench.log.stat().st_size <= 1_100_000
    # A shared machine is late by itself at times; a window that reads all of it would stand for seconds.
    assert slowest < 0.5


def test_a_trainer_that_says_nothing_is_reported_and_can_be_ended(stage: Stage, recording: Path) -> None:
    stage.studio.silent_s = 0.5
    stage.train(recording, "deaf")
    grow = stage.sheet.grow
    stage.qtbot.waitUntil(lambda: "said nothing" in grow.sentence.text(), timeout=LONG)
    assert "press Stop" in grow.sentence.text()
    grow.stop.click()
    assert grow.stop.text() == "End now"
    grow.stop.click()
    assert "Stopped" in stage.until_ended()
    assert children() == []


def test_a_program_that_cannot_be_started_is_a_sentence(stage: Stage, recording: Path, tmp_path: Path) -> None:
    stage.choose(recording)
    stage.studio.command = lambda *_: [str(tmp_path / "no such program")]
    stage.sheet.choose.start.click()
    assert stage.until_ended().startswith("Training cannot be started: No such file")


def test_a_folder_that_cannot_be_written_is_a_sentence(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    stage.studio.root.parent.mkdir(parents=True, exist_ok=True)
    for left in stage.studio.root.glob("*"):
        left.unlink()
    stage.studio.root.rmdir()
    stage.studio.root.write_text("a file where a folder should be")
    stage.sheet.choose.start.click()
    assert "cannot be written" in stage.sheet.choose.remark.text()
    assert stage.sheet.pages.currentWidget() is stage.sheet.choose
