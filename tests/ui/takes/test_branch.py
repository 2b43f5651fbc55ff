"""Branching from a take: any moment of it is gone back to while what plays goes on, or a sentence says why not."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.automaton.gestures import Gesture
from synth.instrument.events import SetParameter, Touch
from synth.instrument.instrument import Instrument, Setup
from synth.takes.companion import companion_of
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.engine import FakeEngine
from tests.doubles.performances import OfflineTake
from tests.ui.hands.shelves import choose_take, open_takes
from ui.shell.main_window import MainWindow

RATE = 48000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
BLOCKS = 80
"""Of two frames: 1.9 s."""


def performed(take: Path, n_blocks: int = BLOCKS) -> OfflineTake:
    """Half of a take, a gesture and another width, and the rest of it, or only as much as is asked for."""
    preset = replace(steady_preset(), name="Cello")
    with torch.no_grad():
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, setup=Setup(seed=3))
    offline = OfflineTake(take, instrument)
    half = min(n_blocks, BLOCKS // 2)
    offline.play(half)
    if n_blocks > half:
        offline.play(n_blocks - half, [Touch(Gesture("noise", 60, 20)), SetParameter("width", 0.25)])
    return offline


@pytest.fixture
def take(takes: Path) -> Path:
    """The newest one of the folder."""
    path = takes / "played.wav"
    soundfile.write(path, performed(path).end(), RATE, subtype="FLOAT")
    return path


def asked(win: MainWindow, qtbot: QtBot, name: str = "played") -> None:
    """The bar is open for this take."""
    open_takes(win, qtbot)
    choose_take(win, name)
    assert win.takes.sheet.branch_from.isEnabled()
    win.takes.sheet.branch_from.click()
    assert win.takes.sheet.branch.isVisible()


def test_a_moment_chosen_on_the_waveform_is_played_on_from(
    win: MainWindow, engine: FakeEngine, take: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """The oracle is a twin of the take that was stopped there."""
    n_blocks = 55
    twin = performed(tmp_path / "twin.wav", n_blocks)
    seconds = twin.n_samples / RATE
    twin.end()
    asked(win, qtbot)
    bar, told = win.takes.sheet.branch, list[float]()
    win.takes._progressed.connect(told.append)
    x = round(seconds * 1000 / bar.moment.maximum() * bar.moment.width())
    QTest.mouseClick(bar.moment, Qt.MouseButton.LeftButton, pos=QPoint(x, 10))
    assert bar.moment.value() == pytest.approx(seconds * 1000, abs=5)
    bar.moment.setValue(int(seconds * 1000))
    assert bar.said.text() == "0:01.2 of 0:01"
    with qtbot.waitSignal(win.loader.loaded, timeout=30_000):
        bar.go.click()
        assert not bar.go.isEnabled() and "Going back to 0:01.2" in bar.said.text()
    branch, then = engine.swapped[-1][0], twin.playing.current
    assert branch.preset.name == "Cello"
    assert branch.frame == then.frame
    assert torch.equal(branch.culture.cells(), then.culture.cells())
    assert branch.controls["width"] == win.controls.controls["width"] == 0.25
    assert win.header.name.text() == "Cello" and not win.takes.sheet.isVisible()
    assert win.banner.text == "“played” goes on from 0:01."
    assert told == sorted(told) and len(told) > 3 and told[-1] > 0.9


def test_before_the_change_it_is_as_it_was_before_it(
    win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot
) -> None:
    asked(win, qtbot)
    QTest.keyClick(win.takes.sheet.branch.moment, Qt.Key.Key_Right)
    assert win.takes.sheet.branch.said.text().startswith("0:00.1 of")
    with qtbot.waitSignal(win.loader.loaded, timeout=30_000):
        QTest.keyClick(win.takes.sheet.branch.moment, Qt.Key.Key_Return)
    assert engine.swapped[-1][0].controls["width"] == 0.6
    assert engine.swapped[-1][0].frame == pytest.approx(0.1 * 86.13, abs=1)


def test_it_follows_the_take_that_is_heard_until_a_hand_moves_it(
    win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot
) -> None:
    open_takes(win, qtbot)
    choose_take(win, "played")
    engine.state = replace(engine.state, take=take, take_s=(0.5, 1.86))
    qtbot.waitUntil(lambda: win.takes.sheet._playing == take, timeout=5000)
    QTest.keyClick(win, Qt.Key.Key_B, CTRL | SHIFT)
    bar = win.takes.sheet.branch
    assert bar.moment.value() == 500
    engine.state = replace(engine.state, take_s=(0.9, 1.86))
    qtbot.waitUntil(lambda: bar.moment.value() == 900, timeout=5000)
    QTest.keyClick(bar.moment, Qt.Key.Key_Left)
    engine.state = replace(engine.state, take_s=(1.5, 1.86))
    qtbot.waitUntil(lambda: win.takes.sheet._heard_s == 1.5, timeout=5000)
    assert bar.moment.value() == 800
    bar.go.click()
    assert engine.calls[-1] == "stop take", "the take that is heard makes room"
    with qtbot.waitSignal(win.loader.loaded, timeout=30_000):
        pass


def test_cancel_and_escape_give_it_up_and_what_plays_goes_on(
    win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot
) -> None:
    engine.pressed = True
    plays = len(engine.swapped)
    for leave in (win.takes.sheet.branch.leave.click, lambda: QTest.keyClick(win, Qt.Key.Key_Escape)):
        asked(win, qtbot)
        win.takes.sheet.branch.go.click()
        qtbot.wait(50)
        leave()
        assert not win.takes.sheet.branch.isVisible()
        win.takes.sheet.put_away()
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(win.presets.paths()[1])
    assert len(engine.swapped) == plays + 1, "what was prepared is dropped"
    assert not win.banner.texts


def test_it_waits_while_the_sound_is_close_to_breaking(
    win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loader's thread finds the engine pressed ten times; each time it asks again before it goes on."""
    told, asked_at = list[float](), list[int]()
    win.takes._progressed.connect(told.append)

    def pressed(_: FakeEngine) -> bool:
        if threading.current_thread() is not threading.main_thread():
            asked_at.append(len(told))
        return 0 < len(asked_at) <= 10

    monkeypatch.setattr(FakeEngine, "pressed", property(pressed, lambda *_: None), raising=False)
    asked(win, qtbot)
    win.takes.sheet.branch.moment.setValue(1200)
    with qtbot.waitSignal(win.loader.loaded, timeout=30_000):
        win.takes.sheet.branch.go.click()
    assert len(asked_at) > 10
    assert max(asked_at[:11]) <= 1, "nothing was computed meanwhile"


def test_another_preset_asked_for_meanwhile_takes_its_place(
    win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot
) -> None:
    engine.pressed = True
    asked(win, qtbot)
    win.takes.sheet.branch.go.click()
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(win.presets.paths()[1])
    assert engine.swapped[-1][0].preset.name == "cello"
    assert not win.takes.sheet.branch.isVisible() and "played on" not in win.banner.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("newest", "There is no newest.petrichord.safetensors: what this take began with was not kept."),
        ("oldest", "holds what its take began with and not what was played"),
        ("bigvgan", "“bigvgan.wav” was played with bigvgan_base_22khz_80band by then"),
    ],
)
def test_a_take_that_cannot_be_gone_back_into_says_why(
    name: str, words: str, win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    if name == "bigvgan":

        class Named(SpectralVocoder):
            @property
            def name(self) -> str:
                return "bigvgan_base_22khz_80band"

        preset = steady_preset()
        with torch.no_grad():
            offline = OfflineTake(takes / "bigvgan.wav", Instrument(preset, Named(preset.mel), RATE))
        offline.play(8)
        soundfile.write(takes / "bigvgan.wav", offline.end(), RATE)
    plays = len(engine.swapped)
    asked(win, qtbot, name)
    with qtbot.waitSignal(win.loader.failed, timeout=20_000):
        win.takes.sheet.branch.go.click()
    assert len(win.takes.sheet.notice.texts) == 1 and words in win.takes.sheet.notice.text
    assert not win.banner.texts, "said once, where it is seen"
    assert not win.takes.sheet.branch.isVisible() and len(engine.swapped) == plays


def test_closing_the_window_does_not_wait_for_it(win: MainWindow, engine: FakeEngine, take: Path, qtbot: QtBot) -> None:
    engine.pressed = True
    asked(win, qtbot)
    win.takes.sheet.branch.go.click()
    qtbot.wait(50)
    win.close()
    assert win.loader._pool._shutdown and companion_of(take).is_file()
