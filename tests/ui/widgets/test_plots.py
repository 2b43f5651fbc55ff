"""Scope, spectrum and layout: what is seen is what was sent, and nothing lies over anything else."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from synth.instrument.note_events import NoteOn
from synth.output.sent_sound import LONGEST, PEAK_S, SentSound
from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.widgets.knob import Knob
from ui.widgets.plot import Plot

RATE = 48_000


def _sine(hz: float, amplitude: float, n: int = 8192) -> np.ndarray:  # type: ignore[type-arg]
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(n) / RATE + 1.0)
    return np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)


def test_the_snapshot_is_the_end_of_what_was_sent_for_any_chunks() -> None:
    rng, sent = np.random.default_rng(1), SentSound(RATE)
    sound = rng.uniform(-1, 1, (120_000, 2)).astype(np.float32)
    assert not sent.latest(100).any()
    at = 0
    while at < len(sound):
        step = int(rng.integers(1, 3000))
        sent.put(sound[at : at + step])
        at = min(at + step, len(sound))
        n = int(rng.integers(1, LONGEST))
        wanted = sound[max(0, at - n) : at]
        assert np.array_equal(sent.latest(n)[n - len(wanted) :], wanted)


def test_a_peak_is_told_to_every_reader_for_its_time_and_no_longer() -> None:
    sent, hold = SentSound(RATE), round(PEAK_S * RATE)
    assert sent.peaks_db() == (-120, -120)
    peak = np.zeros((256, 2), np.float32)
    peak[100] = (0.5, -0.25)
    sent.put(peak)
    # Whoever looks, and however often, sees the same.
    for _ in range(3):
        assert sent.peaks_db() == pytest.approx((20 * np.log10(0.5), 20 * np.log10(0.25)), abs=1e-4)
    sent.put(np.zeros((hold - 156, 2), np.float32))
    assert sent.peaks_db()[0] > -7
    sent.put(np.zeros((1, 2), np.float32))
    assert sent.peaks_db() == (-120, -120)


def test_the_scope_shows_what_was_sent_and_stands_still(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.sound_sent = _sine(440, 0.4)
    scope = win.dock.scope
    qtbot.waitUntil(lambda: bool(scope.wave.any()), timeout=3000)
    assert len(scope.wave) == round(0.02 * RATE)
    assert np.abs(scope.wave).max(axis=0) == pytest.approx([0.4, 0.2], rel=0.01)
    first = scope.wave.copy()
    scope.show_sound(np.roll(engine.sound_sent, 37, axis=0)[37:], RATE)
    # A rise lies between two samples: at 440 Hz one sample is 3.3 degrees.
    assert np.abs(scope.wave - first).max() < 0.4 * np.sin(2 * np.pi * 440 / RATE) * 1.1


@pytest.mark.parametrize("hz", [220.0, 1000.0, 7000.0])
def test_the_spectrum_peaks_at_the_tone_and_reads_its_level(win: MainWindow, hz: float) -> None:
    spectrum = win.dock.spectrum
    spectrum.resize(600, 80)
    spectrum.show_sound(_sine(hz, 0.1), RATE)
    top = int(spectrum.levels_db.argmax())
    assert spectrum.hz[top] == pytest.approx(hz, rel=0.04)
    # −20 dB; a Hann window loses at most 1.4 dB between bins.
    assert -21.6 < spectrum.levels_db[top] < -19.8
    for _ in range(100):
        spectrum.show_sound(np.zeros((8192, 2), np.float32), RATE)
    assert spectrum.levels_db.max() == -100


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (3840, 2160)])
def test_everything_is_inside_its_parent_and_over_nothing_else(
    win: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    win.resize(*size)
    qtbot.wait(60)
    assert (win.width(), win.height()) == size
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QLineEdit, Plot)
    parts = [w for w in win.findChildren(QWidget) if isinstance(w, kinds) and w.isVisible()]
    parts = [w for w in parts if not isinstance(w.parentWidget(), (*kinds,)) and w.parentWidget().objectName() == ""]
    parts = [w for w in parts if not w.objectName().startswith("qt_") and w.accessibleName()]
    assert len(parts) > 30
    for w in parts:
        assert w.parentWidget().rect().contains(w.geometry()), w.accessibleName()
        if isinstance(w, QAbstractButton | Knob):
            assert w.width() >= w.minimumSizeHint().width(), f"{w.accessibleName()} is cut"
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            if one.parentWidget() is other.parentWidget():
                assert not one.geometry().intersects(other.geometry()), (one.accessibleName(), other.accessibleName())


def test_octave_buttons_move_what_the_keys_play(win: MainWindow, engine: FakeEngine) -> None:
    win.dock.octave_up.click()
    QTest.keyClick(win, Qt.Key.Key_A)
    assert [event.key for event, _, _ in engine.notes if isinstance(event, NoteOn)] == [72]
    assert win.dock.octave.text() == "C5"
