"""The window goes on while it trains, and leaves nothing behind."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from tests.doubles.engine import FakeEngine
from tests.ui.hands.mouse_and_keys import drop
from tests.ui.trainer.stage import LONG, Stage, children
from tests.ui.widgets.test_sheets import Paints


def test_training_goes_on_while_the_sheet_is_away_and_the_button_tells(stage: Stage, recording: Path) -> None:
    stage.train(recording)
    QTest.keyClick(stage.win, Qt.Key.Key_Escape)
    assert not stage.sheet.isVisible()
    stage.qtbot.waitUntil(lambda: "%" in stage.desk.button.text(), timeout=LONG)
    stage.until_ended()
    assert stage.win.banner.text.startswith("“a note”: Grown")
    assert stage.desk.button.text() == "“a note” is grown…"


def test_a_second_recording_waits_for_the_first(stage: Stage, recording: Path) -> None:
    stage.train(recording, "slow")
    assert drop(stage.win, recording)
    assert "One training at a time" in stage.sheet.grow.sentence.text()
    assert stage.sheet.pages.currentWidget() is stage.sheet.grow


def test_closing_the_window_stops_the_training_and_the_next_window_resumes_it(
    stage: Stage, recording: Path, tmp_path: Path
) -> None:
    from tests.ui.hands.scene import preset_files, window

    stage.train(recording, "slow")
    stage.qtbot.waitUntil(lambda: stage.studio.training.share > 0, timeout=LONG)  # type: ignore[union-attr]
    stage.win.close()
    assert children() == []
    (other := tmp_path / "other").mkdir()
    later = window(preset_files(other), FakeEngine(), tmp_path / "home")
    stage.qtbot.addWidget(later)
    later.show()
    later.trainer.studio.command = stage.command
    later.trainer.tell_of_unfinished()
    assert "“a note” was not finished" in later.banner.text
    later.trainer.toggle()
    sheet = later.trainer.studio.sheet
    (button,) = [b for b in sheet.start.findChildren(QAbstractButton) if b.accessibleName() == "Open a note"]
    button.click()
    assert sheet.pages.currentWidget() is sheet.grow
    assert sheet.grow.resume.isVisible() and sheet.grow.keep.isVisible()
    sheet.grow.resume.click()
    stage.qtbot.waitUntil(lambda: later.trainer.studio.training.share > 0, timeout=LONG)  # type: ignore[union-attr]
    later.close()
    assert children() == []


def test_a_training_that_was_left_for_another_recording_can_be_kept_later(
    stage: Stage, recording: Path, tmp_path: Path
) -> None:
    stage.train(recording)
    stage.until_ended()
    left = stage.sheet.grow.bench
    assert drop(stage.win, tmp_path / "other.wav")
    assert stage.sheet.choose.others.isVisible()
    stage.sheet.choose.others.click()
    (button,) = [b for b in stage.sheet.start.findChildren(QAbstractButton) if b.accessibleName() == "Open a note"]
    button.click()
    assert stage.sheet.grow.bench == left
    with stage.qtbot.waitSignal(stage.win.loader.loaded, timeout=LONG):
        stage.sheet.grow.keep.click()
    assert stage.win.header.name.text() == "a note"


def test_a_deaf_trainer_does_not_outlive_the_window(
    stage: Stage, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.trainer.studio.PATIENCE_S", 0.3)
    stage.train(recording, "deaf")
    assert len(children()) == 1
    stage.win.close()
    assert children() == []


def test_the_culture_that_lives_on_beneath_costs_the_sheet_no_painting(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    wave, culture = stage.sheet.choose.wave, stage.win.culture
    stage.qtbot.waitUntil(lambda: "partials" in stage.sheet.choose.heard.text(), timeout=LONG)
    stage.qtbot.wait(300)
    beneath, above = Paints(culture.viewport()), Paints(wave, stage.sheet)
    stage.qtbot.wait(600)
    assert (beneath.n, above.n) == (0, 0)
    stage.sheet.put_away()
    stage.qtbot.waitUntil(lambda: beneath.n > 5, timeout=LONG)
