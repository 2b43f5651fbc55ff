"""A recording becomes a preset in the window: the whole job with a stand-in for the trainer, whatever becomes of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile as sf
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from synth.preset_file import load_preset, save_preset
from tests.samples import live_preset
from tests.ui.fake_engine import FakeEngine
from ui.main_window import MainWindow
from ui.trainer.desk import TrainDesk
from ui.trainer.sheet import TrainSheet
from ui.trainer.studio import Studio
from ui.trainer.wave_view import WaveView

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LONG = 30_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five seconds at 22 kHz: silence for one, a tone for three, silence again."""
    time_s = np.arange(5 * 22050) / 22050
    tone = 0.5 * np.sin(2 * np.pi * 440 * time_s) * ((time_s >= 1) & (time_s < 4))
    sf.write(tmp_path / "a note.wav", tone, 22050)
    return tmp_path / "a note.wav"


class Stage:
    """The window with a trainer that behaves as it is told."""

    def __init__(self, win: MainWindow, engine: FakeEngine, qtbot: QtBot, folder: Path) -> None:
        self.win, self.engine, self.qtbot = win, engine, qtbot
        self.preset = folder / "grown.safetensors"
        save_preset(live_preset(seed=7), self.preset)
        self.way, self._told = "well", False

    def behave(self, way: str) -> None:
        self.way = way
        if self.desk.opened:
            self.studio.command = self.command

    def command(self, *arguments: str) -> list[str]:
        """The trainer as it behaves now."""
        return [sys.executable, "-m", "tests.ui.fake_trainer", self.way, str(self.preset), *arguments]

    @property
    def desk(self) -> TrainDesk:
        return self.win.trainer

    @property
    def studio(self) -> Studio:
        studio = self.desk.studio
        if not self._told:
            self._told = True
            studio.command = self.command
        return studio

    @property
    def sheet(self) -> TrainSheet:
        return self.studio.sheet

    def choose(self, recording: Path) -> None:
        self.studio.take(recording)
        self.qtbot.waitUntil(lambda: self.sheet.choose.start.isEnabled(), timeout=LONG)

    def train(self, recording: Path, way: str = "well") -> None:
        self.behave(way)
        self.choose(recording)
        self.sheet.choose.start.click()

    def until_ended(self) -> str:
        self.qtbot.waitUntil(lambda: self.studio.ending is not None, timeout=LONG)
        return self.sheet.grow.sentence.text()

    def until_checkpoint(self) -> None:
        self.qtbot.waitUntil(lambda: len(self.sheet.grow.heard) > 0, timeout=LONG)


@pytest.fixture
def stage(win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    yield Stage(win, engine, qtbot, tmp_path)
    win.close()
    assert children() == []


def children() -> list[psutil.Process]:
    """Trainers of this process that still run."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "train" in " ".join(child.cmdline())
    ]


def drop(win: MainWindow, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, left, none)
    QApplication.sendEvent(win, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(win, QDropEvent(QPointF(50, 50), copy, data, left, none))
    return True


# Before training


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


@pytest.mark.parametrize("name", ["x.wav", "x.FLAC", "x.ogg", "x.aiff", "x.aif", "x.mp3"])
def test_recordings_may_be_dropped(stage: Stage, tmp_path: Path, name: str) -> None:
    assert drop(stage.win, tmp_path / name)
    assert stage.sheet.choose.title.text() == name


def test_other_files_may_not(stage: Stage, tmp_path: Path) -> None:
    assert not drop(stage.win, tmp_path / "letter.pdf")


def test_a_dropped_recording_is_drawn_with_the_region_that_the_trainer_chose(stage: Stage, recording: Path) -> None:
    assert drop(stage.win, recording)
    choose = stage.sheet.choose
    stage.qtbot.waitUntil(lambda: choose.wave.survey is not None and choose.wave.survey.complete, timeout=LONG)
    stage.qtbot.waitUntil(lambda: choose.start.isEnabled(), timeout=LONG)
    stage.qtbot.waitUntil(lambda: "partials" in choose.heard.text(), timeout=LONG)
    assert (choose.wave.region.start, choose.wave.region.end) == (0.5, 3.5)
    assert (choose.start_s.value(), choose.length_s.value()) == (0.5, 3.0)
    assert choose.heard.text() == "A4 +0 ct · 12 partials · sustained"
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
        audition.mix(silence)
        return audition.at_s is not None and audition.at_s > 1.0

    stage.qtbot.waitUntil(turn, timeout=LONG)
    sound = audition.mix(silence)
    # 440 Hz at 48 kHz, within the resolution of a tenth of a second.
    peak_hz = np.abs(np.fft.rfft(sound[0] * np.hanning(4800))).argmax() * 10
    assert peak_hz == 440
    stage.qtbot.waitUntil(lambda: choose.wave.playing_s is not None and choose.wave.playing_s > 1.5, timeout=LONG)
    assert choose.listen.isChecked()
    QTest.keyClick(stage.win, Qt.Key.Key_P, CTRL)
    audition.mix(silence)
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
    form.parent_preset.setCurrentIndex(form.parent_preset.findData("none"))
    assert form.minutes.value() == 5.5, "a new rule takes longer"
    form.seed.setValue(3)
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
    assert (understood.parent, understood.minutes, understood.seed) == ("none", 5.5, 3)
    assert (understood.start, understood.seconds) == (1.0, 2.0)
    assert understood.recording == recording and understood.output == bench.preset
    assert understood.json_lines and understood.watch and understood.attached and not understood.resume


# Training


def test_progress_curves_pictures_and_checkpoints_are_shown_as_they_come(stage: Stage, recording: Path) -> None:
    stage.train(recording)
    grow = stage.sheet.grow
    assert stage.sheet.pages.currentWidget() is grow
    stage.until_checkpoint()
    assert not grow.target.empty and not grow.culture.empty
    assert stage.until_ended().startswith("Grown, with an LTAS error of 0.50 dB.")
    training = stage.studio.training
    assert training is not None
    assert training.history.iterations == list(range(1, 41))
    assert training.history.loss == pytest.approx([4 / i for i in range(1, 41)])
    assert training.history.checkpoints == [(20, 1.25), (40, 0.5)]
    assert training.share == 1.0
    assert stage.desk.button.text() == "“a note” is grown…"
    assert grow.keep.isVisible() and grow.discard.isVisible()
    assert not grow.resume.isVisible() and not grow.stop.isVisible()


def test_the_child_stands_behind_the_sound(stage: Stage, recording: Path) -> None:
    stage.train(recording, "slow")
    training = stage.studio.training
    assert training is not None and training.pid is not None
    child = psutil.Process(training.pid)
    assert child.nice() == 10
    if sys.platform == "linux":
        assert os.sched_getscheduler(training.pid) == os.SCHED_BATCH
    assert int(child.environ()["OMP_NUM_THREADS"]) <= max(1, (os.cpu_count() or 2) // 2)


def test_a_checkpoint_is_heard_and_what_played_before_comes_back_as_it_was(
    stage: Stage, recording: Path, tmp_path: Path
) -> None:
    import torch

    win, engine = stage.win, stage.engine
    playing, listed = win.presets.playing, win.presets.paths()
    swapped = len(engine.swapped)
    # A hand has changed what plays since it was loaded.
    engine.captured = torch.full_like(live_preset().state, 0.25)
    win.controls.knobs["width"].setValue(win.controls.knobs["width"].scale.index(0.0))
    stage.train(recording, "halts")
    stage.until_checkpoint()
    heard, button = stage.sheet.grow.heard[-1]
    button.click()
    stage.qtbot.waitUntil(lambda: len(engine.swapped) == swapped + 1, timeout=LONG)
    assert engine.swapped[-1][0].preset.source_path == str(heard.path)
    assert win.header.name.text() == load_preset(stage.preset).name
    assert win.presets.paths() == listed, "a checkpoint is no preset yet"
    stage.sheet.grow.back.click()
    stage.qtbot.waitUntil(lambda: len(engine.swapped) == swapped + 2, timeout=LONG)
    assert torch.equal(engine.swapped[-1][0].preset.state, engine.captured)
    assert engine.swapped[-1][0].controls.width == 0
    assert win.presets.playing == playing
    assert win.presets.paths() == listed
    assert not button.isChecked() and not stage.sheet.grow.back.isVisible()


def test_keeping_puts_it_among_the_users_presets_under_a_free_name_and_plays_it(
    stage: Stage, recording: Path, tmp_path: Path
) -> None:
    home = stage.win.presets.librarian.folder
    home.mkdir(parents=True, exist_ok=True)
    save_preset(live_preset(seed=3), home / "Note.safetensors")
    before = (home / "Note.safetensors").read_bytes()
    stage.train(recording)
    stage.until_ended()
    bench = stage.sheet.grow.bench
    assert bench is not None
    stage.sheet.grow.name.setText("Note")
    with stage.qtbot.waitSignal(stage.win.loader.loaded, timeout=LONG):
        stage.sheet.grow.keep.click()
    assert (home / "Note.safetensors").read_bytes() == before
    assert load_preset(home / "Note 2.safetensors").name == "Note 2"
    assert stage.win.presets.playing == home / "Note 2.safetensors"
    assert stage.win.header.name.text() == "Note 2"
    assert not stage.sheet.isVisible() and not bench.folder.exists()
    assert stage.desk.button.text() == "New from a recording…"


def test_a_grown_preset_never_takes_a_bundled_ones_name(stage: Stage, recording: Path) -> None:
    stage.train(recording)
    stage.until_ended()
    stage.sheet.grow.name.setText("flute")
    with stage.qtbot.waitSignal(stage.win.loader.loaded, timeout=LONG):
        stage.sheet.grow.keep.click()
    assert stage.win.header.name.text() == "flute 2"


def test_discarding_goes_back_to_the_recording_as_it_was_asked_for(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    stage.sheet.choose.form.tags.setText("kept words")
    stage.sheet.choose.start.click()
    stage.until_ended()
    bench = stage.sheet.grow.bench
    assert bench is not None
    stage.sheet.grow.discard.click()
    assert not bench.folder.exists()
    assert stage.sheet.pages.currentWidget() is stage.sheet.choose
    assert stage.sheet.choose.form.tags.text() == "kept words"
    assert stage.desk.button.text() == "New from a recording…"


def test_a_stopped_training_says_what_there_is_and_resumes(stage: Stage, recording: Path) -> None:
    stage.train(recording, "slow")
    stage.qtbot.waitUntil(lambda: stage.studio.training.share > 0, timeout=LONG)  # type: ignore[union-attr]
    QTest.keyClick(stage.win, Qt.Key.Key_Period, CTRL)
    assert "Stopping" in stage.sheet.grow.sentence.text()
    sentence = stage.until_ended()
    assert "LTAS error of 1.50 dB" in sentence and "Resume goes on from here" in sentence
    training = stage.studio.training
    assert training is not None
    stopped_at = training.history.iterations[-1]
    stage.behave("well")
    stage.sheet.grow.resume.click()
    assert stage.until_ended().startswith("Grown")
    assert stage.studio.training is not None
    assert stage.studio.training.history.iterations == list(range(1, 41)), stopped_at


def test_the_real_trainer_grows_a_preset_from_the_sheet(stage: Stage, tmp_path: Path) -> None:
    from tests.training.tiny import write_hiss

    hiss = write_hiss(tmp_path / "hiss.wav")

    def command(*arguments: str) -> list[str]:
        """By iterations: how many are done in six seconds depends on what else the machine does."""
        counted = " ".join(arguments).replace("--minutes 0.1", "--iterations 36").split()
        return [sys.executable, "-m", "tests.training.tiny", "train", *counted]

    stage.studio.command = command
    stage.studio.take(hiss)
    choose = stage.sheet.choose
    stage.qtbot.waitUntil(lambda: choose.start.isEnabled(), timeout=2 * LONG)
    choose.form.parent_preset.setCurrentIndex(choose.form.parent_preset.findData("none"))
    choose.form.minutes.setValue(0.1)
    choose.form.licence.setText("CC0")
    choose.start.click()
    stage.qtbot.waitUntil(lambda: stage.studio.ending is not None, timeout=4 * LONG)
    assert stage.studio.ending is not None and stage.studio.ending.kind == "done", stage.studio.ending
    training, bench = stage.studio.training, stage.sheet.grow.bench
    assert training is not None and bench is not None
    assert [iteration for iteration, _ in training.history.checkpoints] == [18, 36]
    grown = load_preset(bench.preset)
    assert (grown.name, grown.credit.licence, grown.recipe["iterations"]) == ("hiss", "CC0", 36)
    assert grown.recipe["kept_iteration"] in (18, 36)
    assert not stage.sheet.grow.target.empty


# The ways it goes wrong


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
    stage.sheet.choose.start.click()
    assert stage.until_ended() == "Training ran away; try another “Variation”, or a shorter and steadier region."


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


# The window goes on, and goes away


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
    from tests.ui.scene import preset_files, window

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


class Paints(QObject):
    """Counts how often some widgets are painted."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.n = 0
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.n += event.type() == QEvent.Type.Paint
        return False


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


# Keyboard and names


def test_every_control_of_the_sheet_has_a_name_a_tip_and_is_reached_by_tab(stage: Stage, recording: Path) -> None:
    stage.train(recording, "slow")
    stage.qtbot.waitUntil(lambda: stage.studio.training.share > 0, timeout=LONG)  # type: ignore[union-attr]
    stage.studio.training.stop()  # type: ignore[union-attr]
    stage.until_ended()
    sheet = stage.sheet
    for page in (sheet.start, sheet.choose, sheet.grow):
        sheet.turn_to(page)
        QApplication.processEvents()
        fields = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, WaveView)
        focusable = {
            widget
            for widget in sheet.findChildren(QWidget)
            if widget.isVisible()
            and widget.isEnabled()
            and isinstance(widget, fields)
            and not isinstance(widget.parent(), QAbstractSpinBox)
        }
        for widget in focusable:
            assert widget.accessibleName(), widget
            assert widget.toolTip(), widget.accessibleName()
        reached = set()
        sheet.setFocus()
        for _ in range(60):
            QTest.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
            reached.add(QApplication.focusWidget())
        assert focusable <= reached, {w.accessibleName() for w in focusable - reached}
        assert all(w is not None and (w is sheet or sheet.isAncestorOf(w)) for w in reached), "Tab stays in the sheet"


def test_typed_names_play_no_notes(stage: Stage, recording: Path) -> None:
    stage.choose(recording)
    name = stage.sheet.choose.form.name
    name.setFocus()
    name.clear()
    sent = len(stage.engine.actions)
    QTest.keyClicks(name, "a sad reed")
    assert name.text() == "a sad reed"
    assert len(stage.engine.actions) == sent
    assert isinstance(QApplication.focusWidget(), QLineEdit)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_no_trainer_outlives_a_window_that_was_killed(tmp_path: Path, recording: Path) -> None:
    preset = tmp_path / "grown.safetensors"
    save_preset(live_preset(), preset)
    program = (
        "import sys, time; from pathlib import Path; from ui.trainer.child import Child\n"
        "child = Child(sys.argv[2:], Path(sys.argv[1])); print(child.pid, flush=True); time.sleep(600)"
    )
    train = ["train", str(recording), "-o", str(tmp_path / "x.safetensors"), "--parent", "none"]
    options = ["--iterations", "100000", "--json-lines", "--attached"]
    command = [sys.executable, "-m", "tests.training.tiny", *train, *options]
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log.txt"), *command], stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert child.wait(60) is not None or not child.is_running()
