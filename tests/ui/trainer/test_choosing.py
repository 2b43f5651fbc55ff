"""From a recording to a region of it: dropping, dragging, keys, listening."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.hands.mouse_and_keys import drop
from tests.ui.trainer.stage import CTRL, LONG, SHIFT, Stage
from ui.shell.main_window import MainWindow
from ui.trainer.process.job import Bench, Job, unfinished
from ui.trainer.process.lines import Planned
from ui.trainer.sheet import TrainSheet


def test_nothing_of_it_is_made_before_it_is_wanted(win: MainWindow) -> None:
    assert win.findChildren(TrainSheet) == []


def test_its_key_and_its_button_open_it_and_escape_puts_it_away(stage: Stage) -> None:
    QTest.keyClick(stage.win, Qt.Key.Key_N, CTRL | SHIFT)
    assert stage.sheet.isVisible()
    assert stage.sheet.pages.currentWidget() is stage.sheet.start
    QTest.keyClick(stage.win, Qt.Key.Key_Escape)
    assert not stage.sheet.isVisible()
    QTest.mouseClick(stage.desk.button, Qt.MouseButton.LeftButton)
    assert stage.sheet.isVisible()


def test_recordings_may_be_dropped(stage: Stage, tmp_path: Path) -> None:
    for name in ("x.wav", "x.FLAC", "x.ogg", "x.aiff", "x.aif", "x.mp3"):
        assert drop(stage.win, tmp_path / name), name
        assert stage.sheet.choose.title.text() == name


def test_a_dropped_recording_is_drawn_with_the_region_that_the_trainer_chose(stage: Stage, recording: Path) -> None:
    assert drop(stage.win, recording)
    choose = stage.sheet.choose
    stage.qtbot.waitUntil(lambda: choose.wave.survey is not None and choose.wave.survey.complete, timeout=LONG)
    stage.qtbot.waitUntil(lambda: choose.start.isEnabled(), timeout=LONG)
    stage.qtbot.waitUntil(lambda: "partials" in choose.heard.text(), timeout=LONG)
    assert (choose.wave.region.start, choose.wave.region.end) == (0.5, 3.5)
    assert (choose.start_s.value(), choose.length_s.value()) == (0.5, 3.0)
    assert choose.heard.text() == "A4 · 12 partials · sustained"
    assert choose.facts.text() == "5.0 s · 22.05 kHz · mono"
    assert choose.auto.isChecked()
    survey = choose.wave.survey
    # The tone is between 1 and 4 s, at 0.5.
    n = survey.peaks.shape[1]
    assert survey.peaks[1][: n // 5 - 1].max() < 1e-4
    assert survey.peaks[1][n // 4 : n // 2].max() == pytest.approx(0.5, abs=0.01)


def test_the_region_is_dragged_by_its_edges_and_its_body_and_drawn_anew(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    choose = stage.sheet.choose
    stage.qtbot.waitUntil(lambda: choose.wave.survey is not None and choose.wave.survey.complete, timeout=LONG)
    wave = choose.wave

    def drag(from_s: float, to_s: float) -> tuple[float, float]:
        start, end = QPoint(round(wave.x_of(from_s)), 40), QPoint(round(wave.x_of(to_s)), 40)
        QTest.mousePress(wave, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(wave, end)
        QTest.mouseRelease(wave, Qt.MouseButton.LeftButton, pos=end)
        return wave.region.start, wave.region.end

    pixel = wave.view.length / wave.width()
    assert drag(0.5, 1.25) == pytest.approx((1.25, 3.5), abs=2 * pixel)
    assert not choose.auto.isChecked()
    assert drag(3.5, 3.0) == pytest.approx((1.25, 3.0), abs=3 * pixel)
    assert drag(2.0, 2.5) == pytest.approx((1.75, 3.5), abs=4 * pixel)
    assert drag(1.75, 3.49) == pytest.approx((3.0, 3.5), abs=4 * pixel), "no shorter than half a second"
    assert drag(2.5, 9.0) == pytest.approx((2.5, 5.0), abs=3 * pixel), "drawn anew, to the end and no further"
    assert choose.start_s.value() == pytest.approx(2.5, abs=0.02)
    stage.qtbot.waitUntil(lambda: choose.start.isEnabled(), timeout=LONG)
    choose.auto.click()
    assert (wave.region.start, wave.region.end) == (0.5, 3.5)
    assert choose.job().start_s is None


def test_the_region_is_moved_sized_and_zoomed_by_keys_alone(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    wave = stage.sheet.choose.wave
    stage.qtbot.waitUntil(lambda: wave.survey is not None and wave.survey.complete, timeout=LONG)
    wave.setFocus()
    QTest.keyClick(wave, Qt.Key.Key_Right)
    assert (wave.region.start, wave.region.end) == pytest.approx((0.55, 3.55))
    QTest.keyClick(wave, Qt.Key.Key_Left, CTRL)
    assert wave.region.start == pytest.approx(0.5)
    QTest.keyClick(wave, Qt.Key.Key_Right, SHIFT)
    assert wave.region.end == pytest.approx(3.6)
    QTest.keyClick(wave, Qt.Key.Key_Plus)
    assert wave.view.length == pytest.approx(5 / 1.25)
    QTest.keyClick(wave, Qt.Key.Key_Home)
    assert (wave.view.start, wave.view.end) == (0, 5)


def test_listening_plays_the_region_at_the_engines_rate_and_the_cursor_follows(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    choose, audition = stage.sheet.choose, stage.engine.audition
    QTest.keyClick(stage.win, Qt.Key.Key_P, CTRL)
    silence = np.zeros((2, 4800), np.float32)

    def turn() -> bool:
        audition.process(silence)
        return audition.at_s is not None and audition.at_s > 1.0

    stage.qtbot.waitUntil(turn, timeout=LONG)
    sound = audition.process(silence)
    # 440 Hz at 48 kHz, within the resolution of a tenth of a second.
    peak_hz = np.abs(np.fft.rfft(sound[0] * np.hanning(4800))).argmax() * 10
    assert peak_hz == 440
    stage.qtbot.waitUntil(lambda: choose.wave.playing_s is not None and choose.wave.playing_s > 1.5, timeout=LONG)
    assert choose.listen.isChecked()
    QTest.keyClick(stage.win, Qt.Key.Key_P, CTRL)
    audition.process(silence)
    assert audition.at_s is None
    assert not choose.listen.isChecked() and choose.wave.playing_s is None


def test_a_recording_that_training_refuses_is_refused_in_its_words(stage: Stage, recording: Path) -> None:
    stage.behave("refuses")
    stage.studio.take(recording)
    choose = stage.sheet.choose
    stage.qtbot.waitUntil(lambda: choose.remark.text() != "", timeout=LONG)
    assert choose.remark.text() == (
        "song.wav is silent where it was asked to be learned from; “Start” chooses another part."
    )
    assert not choose.start.isEnabled()


def test_all_that_is_asked_is_what_the_command_is_given(stage: Stage, recording: Path) -> None:
    import json

    stage.choose(recording)
    form = stage.sheet.choose.form
    form.name.setText("--parent")
    form.tags.setText("tone, test")
    form.credit.setText("a sine")
    form.author.setText("nobody")
    form.licence.setText("CC0")
    form.format.setCurrentIndex(1)
    # A variation has the rule of its base: it is no other beginning.
    assert form.parent_preset.findData("harp") >= 0 > form.parent_preset.findData("harp_cascade")
    form.parent_preset.setCurrentIndex(form.parent_preset.findData("none"))
    assert form.minutes.text() == "automatic"
    form.seed.setValue(3)
    form.audio_loss.click()
    stage.sheet.choose.start_s.setValue(1.0)
    stage.sheet.choose.length_s.setValue(2.0)
    stage.qtbot.waitUntil(lambda: stage.sheet.choose.start.isEnabled(), timeout=LONG)
    QTest.keyClick(stage.win, Qt.Key.Key_Return, CTRL)
    stage.until_ended()
    bench = stage.sheet.grow.bench
    assert bench is not None
    given = json.loads((bench.folder / "arguments.json").read_text())
    # As the real command understands them.
    import argparse

    from training.cli import add_arguments

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    understood = parser.parse_args(given)
    assert (understood.name, understood.tags, understood.credit) == ("--parent", "tone, test", "a sine")
    assert (understood.author, understood.licence, understood.format) == ("nobody", "CC0", "44k128")
    assert (understood.parent, understood.minutes, understood.seed) == ("none", None, 3)
    assert understood.patience == 5, "what plays beside it takes its time"
    assert (understood.start, understood.seconds) == (1.0, 2.0)
    assert understood.audio_loss
    assert understood.recording == recording and understood.output == bench.preset
    assert understood.json_lines and understood.watch and understood.attached and not understood.resume
    stage.win.close()
    assert Bench(bench.folder, bench.job) in unfinished(stage.studio.root), "read back as it was asked"


def test_the_sound_of_a_region_that_fades_is_not_compared(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    choose = stage.sheet.choose
    choose.form.audio_loss.click()
    assert choose.job().audio_loss
    plan = Planned((0.5, 3.5), 5.0, True, 0.5, 440.0, 12, ())
    choose.show_plan(choose._question(), plan)
    assert not choose.form.audio_loss.isEnabled() and "fades" in choose.form.audio_loss.toolTip()
    assert not choose.job().audio_loss
    choose.show_plan(choose._question(), replace(plan, decay=False))
    assert choose.job().audio_loss, "the wish is kept"


def test_nothing_is_looked_for_in_a_recording_that_cannot_be_read(stage: Stage, tmp_path: Path) -> None:
    choose = stage.sheet.choose
    choose.open(Job(tmp_path / "nothing.wav", "nothing"))
    assert "Looking" in choose.heard.text()
    choose.show_unreadable("nothing.wav cannot be read.")
    assert (choose.heard.text(), choose.remark.text()) == ("", "nothing.wav cannot be read.")
