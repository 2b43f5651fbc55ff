"""The scope's trigger: a periodic sound stands still, whatever else runs on."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from ui.perform.scope import SPAN_S, Scope

RATE, SNAPSHOT, STEP = 48_000, 4096, 2213
"""Two looks of 23 ms lie between two pictures."""


@pytest.fixture
def scope(qtbot: QtBot) -> Scope:
    made = Scope()
    qtbot.addWidget(made)
    return made


def _snapshots(wave: NDArray[np.float64]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for begin in range(0, len(wave) - SNAPSHOT, STEP):
        part = wave[begin : begin + SNAPSHOT]
        yield begin, np.stack([part, 0.8 * part], axis=1).astype(np.float32)


def _drawn_phase_deg(scope: Scope, hz: float) -> float:
    """Of a sine of this frequency at the left edge, fitted to what is drawn."""
    t = (np.arange(240) - scope.lead) / RATE
    parts = np.stack([np.sin(2 * np.pi * hz * t), np.cos(2 * np.pi * hz * t)], axis=1)
    in_phase, ahead = np.linalg.lstsq(parts, scope.wave[:240, 0].astype(np.float64), rcond=None)[0]
    return float(np.degrees(np.arctan2(ahead, in_phase)))


@pytest.mark.parametrize("hz", [27.5, 220.0, 1000.0, 3951.0])
def test_a_drifting_sine_stands_still(scope: Scope, hz: float) -> None:
    """Its frequency rises by a semitone in two seconds. A whole sample would be 30 degrees at 4 kHz."""
    t = np.arange(2 * RATE) / RATE
    rate = np.log(2) / 12 / 2
    phase = 2 * np.pi * hz * np.expm1(rate * t) / rate
    for begin, sound in _snapshots(0.3 * np.sin(phase + 1.0)):
        scope.show_sound(sound, RATE)
        assert scope.triggered
        now_hz = hz * np.exp(rate * (begin + SNAPSHOT - SPAN_S * RATE) / RATE)
        # A straight line through the zero of a sine of 12 samples is off by a tenth of a degree; the fit by a degree.
        assert abs(_drawn_phase_deg(scope, now_hz)) < 3


def test_of_several_rises_in_a_period_it_keeps_to_the_same(scope: Scope) -> None:
    """A strong overtone makes three rises per period, each of which is the steepest in turn while the two drift."""
    t = np.arange(4 * RATE) / RATE
    angle = 2 * np.pi * 130.8 * t
    pictures = []
    for _, sound in _snapshots(0.25 * np.sin(3 * angle) + 0.15 * np.sin(angle + 1.2 * t)):
        scope.show_sound(sound, RATE)
        pictures.append(scope.wave[:, 0].astype(np.float64))
    alike = [np.corrcoef(a, b)[0, 1] for a, b in itertools.pairwise(pictures)]
    # At another of the three the overtone is the same and the fundamental a third of a period off: 0.6.
    assert min(alike) > 0.95


def test_noise_runs_on(scope: Scope) -> None:
    """Also where it has so few rises that the one shown last is still among them, most alike to itself."""
    noise = np.convolve(np.random.default_rng(0).standard_normal(RATE), np.ones(100) / 100)
    before: list[NDArray[np.float32]] = []
    for _, sound in _snapshots(noise):
        scope.show_sound(sound, RATE)
        assert not any(np.isin(scope.wave[100, 0], shown) for shown in before)
        before = [*before[-2:], scope.wave[50:150, 0].copy()]


def test_a_sound_that_never_rises_through_zero_runs_free(scope: Scope) -> None:
    sound = np.full((SNAPSHOT, 2), 0.5, np.float32)
    sound[:, 0] += np.linspace(0, 0.1, SNAPSHOT, dtype=np.float32)
    scope.show_sound(sound, RATE)
    assert not scope.triggered
    assert np.array_equal(scope.wave, sound[-len(scope.wave) :])
    scope.show_sound(np.zeros((SNAPSHOT, 2), np.float32), RATE)
    assert not scope.triggered
