"""Partials, pitch and vibrato of sounds whose truth is known."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy.signal import iirpeak, lfilter

from synth.mel import FORMATS, MelFormat
from tests.doubles.sounds import Doubles, coloured_noise, harmonics, tones
from training.analysis.partials import MeasuredPitch, measure

F22, F44 = FORMATS["22k80"], FORMATS["44k128"]
DATA = Path(__file__).parents[2] / "data"


def cents(a: float, b: float) -> float:
    return abs(1200 * math.log2(a / b))


def nearest(measured: MeasuredPitch, hz: float) -> tuple[float, float]:
    """Frequency and amplitude of the stored partial nearest to `hz`."""
    index = int((measured.partials.hz - hz).abs().argmin())
    return float(measured.partials.hz[index]), float(measured.partials.amplitude[index])


def with_vibrato(f0_hz: float, rate_hz: float, depth_cents: float, seconds: float, sampling_hz: int) -> Doubles:
    t = np.arange(round(seconds * sampling_hz)) / sampling_hz
    ratio = 2 ** (depth_cents / 1200 * np.sin(2 * np.pi * rate_hz * t))
    phase = 2 * np.pi * np.cumsum(f0_hz * ratio) / sampling_hz
    return np.asarray(sum(0.2 / k * np.sin(k * phase) for k in range(1, 9)))


@pytest.mark.parametrize(
    ("f0_hz", "rate_hz"),
    [(65.4, 22050), (65.4, 48000), (146.8, 44100), (261.6, 22050), (261.6, 48000), (880.0, 44100)],
)
def test_a_harmonic_tone_has_its_multiples(f0_hz: float, rate_hz: int) -> None:
    count = min(int(7800 / f0_hz), 20)
    measured = measure(harmonics(f0_hz, count, 1.5, rate_hz), rate_hz, F22)
    assert not measured.inharmonic
    assert cents(measured.root_hz, f0_hz) < 1
    assert measured.tonal_share > 0.95
    for number in range(1, count + 1):
        hz, amplitude = nearest(measured, f0_hz * number)
        assert cents(hz, f0_hz * number) < 2
        assert abs(20 * math.log10(amplitude * number / 0.2)) < 0.5


def test_a_bell_keeps_its_own_partials_and_is_inharmonic() -> None:
    hz = [340.0, 891.0, 1557.0, 2409.0, 3413.0]
    decay = np.exp(-np.arange(3 * 44100) / 44100 / 1.5)
    measured = measure(tones(hz, [0.2, 0.15, 0.1, 0.05, 0.02], 3.0, 44100) * decay, 44100, F22)
    assert measured.inharmonic
    assert cents(measured.root_hz, 340.0) < 3
    assert len(measured.partials.hz) == len(hz)
    for wanted in hz:
        assert cents(nearest(measured, wanted)[0], wanted) < 3


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", ["white", "3 dB per octave", "swelling"])
def test_noise_has_few_partials_and_no_pitch(kind: str, seed: int) -> None:
    wave = coloured_noise(4.0, 44100, seed)
    if kind == "white":
        wave = np.random.default_rng(seed).standard_normal(4 * 44100) * 0.1
    elif kind == "swelling":
        wave *= 1 + 0.9 * np.sin(2 * np.pi * 0.5 * np.arange(len(wave)) / 44100)
    measured = measure(wave, 44100, F22)
    assert len(measured.partials.hz) <= 2
    assert measured.tonal_share < 0.05
    assert measured.inharmonic
    assert measured.root_hz == 0


def test_wind_through_a_crack_is_noise() -> None:
    """White noise through three narrow resonances over its own broad roar."""
    white = np.random.default_rng(0).standard_normal(4 * 44100)
    howl = sum(lfilter(*iirpeak(hz, hz / 4.0, fs=44100), white) for hz in (470.0, 660.0, 1400.0))
    measured = measure(np.asarray(howl) * 0.3 + coloured_noise(4.0, 44100, 1, 0.03), 44100, F22)
    assert not len(measured.partials.hz)
    assert measured.root_hz == 0


@pytest.mark.parametrize(("rate_hz", "depth_cents"), [(5.0, 20.0), (6.3, 45.0)])
def test_vibrato_is_measured(rate_hz: float, depth_cents: float) -> None:
    measured = measure(with_vibrato(440.0, rate_hz, depth_cents, 3.0, 44100), 44100, F22)
    assert cents(measured.root_hz, 440.0) < 3
    assert abs(measured.vibrato.rate_hz - rate_hz) < 0.15
    assert abs(measured.vibrato.depth_cents / depth_cents - 1) < 0.15
    assert measured.vibrato.jitter_cents < 0.1 * depth_cents


@pytest.mark.parametrize(("rate_wander_hz", "depth_wander"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.35)])
def test_how_a_vibrato_wanders_is_measured(rate_wander_hz: float, depth_wander: float) -> None:
    """A player's rate and depth change over a second or two; a machine's do not."""
    t = np.arange(6 * 44100) / 44100
    slow = np.sqrt(2) * np.sin(2 * np.pi * 0.4 * t + 1)
    turn = np.cumsum(5.5 + rate_wander_hz * slow) / 44100
    cents_ = 25 * (1 + depth_wander * slow) * np.sin(2 * np.pi * turn)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** (cents_ / 1200)) / 44100
    vibrato = measure(np.asarray(sum(0.2 / k * np.sin(k * phase) for k in range(1, 9))), 44100, F22).vibrato
    assert vibrato.rate_wander_hz == pytest.approx(rate_wander_hz, rel=0.35, abs=0.08)
    # A rate that wanders leaves the narrow band a little, and the depth seems to wander with it.
    assert vibrato.depth_wander == pytest.approx(depth_wander, rel=0.35, abs=0.15)


def test_a_steady_tone_in_noise_has_neither_vibrato_nor_jitter() -> None:
    wave = harmonics(261.6, 12, 3.0, 44100) + coloured_noise(3.0, 44100, level=0.01)
    vibrato = measure(wave, 44100, F22).vibrato
    assert vibrato.depth_cents == 0
    assert vibrato.jitter_cents < 1


def doublets(hz: list[float], gaps_hz: list[float], seconds: float) -> Doubles:
    """A bowl: every mode is two that beat, each pair at its own pace, and dies away, (N,) at 44.1 kHz."""
    pairs = tones(
        [f + s * g / 2 for f, g in zip(hz, gaps_hz, strict=True) for s in (-1, 1)], [0.1, 0.06] * 3, seconds, 44100
    )
    return pairs * np.exp(-np.arange(len(pairs)) / 44100 / 3)


def test_a_bowl_that_beats_is_inharmonic_and_holds_its_pitch() -> None:
    measured = measure(doublets([473.0, 1305.0, 2510.0], [0.7, 1.9, 3.3], 5.0), 44100, F22)
    assert measured.inharmonic
    assert cents(measured.root_hz, 473.0) < 5
    assert measured.vibrato.depth_cents == measured.vibrato.jitter_cents == 0


def test_a_harmonic_sound_that_beats_holds_its_pitch() -> None:
    """Three strings of a piano: the partials' phases wander, but not together."""
    measured = measure(doublets([440.0, 880.0, 1320.0], [0.6, 1.7, 2.9], 4.0), 44100, F22)
    assert not measured.inharmonic
    assert measured.vibrato.depth_cents == measured.vibrato.jitter_cents == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_a_bowed_note_keeps_its_vibrato_and_its_wander(seed: int) -> None:
    """All partials move by 20 cents at 5.6 Hz and by noise below 2 Hz of 5 cents' standard deviation."""
    n = 5 * 44100
    slow = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    slow[np.fft.rfftfreq(n, 1 / 44100) > 2.0] = 0
    wander = np.fft.irfft(slow, n)
    t = np.arange(n) / 44100
    moved = wander * 5 / wander.std() + 20 * np.sin(2 * np.pi * 5.6 * t)
    phase = 2 * np.pi * np.cumsum(440.0 * 2 ** (moved / 1200)) / 44100
    wave = sum(0.2 / k * np.sin(k * phase) for k in range(1, 9)) + coloured_noise(5.0, 44100, seed, 0.003)
    vibrato = measure(np.asarray(wave), 44100, F22).vibrato
    assert abs(vibrato.rate_hz - 5.6) < 0.15
    assert abs(vibrato.depth_cents - 20) < 2
    assert abs(vibrato.jitter_cents - 5) < 1.5


def test_a_hint_overrides_the_pitch_tracker() -> None:
    measured = measure(harmonics(30.9, 60, 3.0, 44100, slope=0.3), 44100, F22, f0_hint=31.0)
    assert cents(measured.root_hz, 30.9) < 3


@pytest.mark.parametrize("wave", [np.zeros(44100), np.zeros(100), np.full(44100, 0.5)], ids=["silent", "short", "dc"])
def test_nothing_to_measure_is_no_partials(wave: Doubles) -> None:
    measured = measure(wave, 44100, F22)
    assert not len(measured.partials.hz)
    assert measured.root_hz == 0


@pytest.mark.parametrize("fmt", [F22, F44], ids=["22k80", "44k128"])
def test_harmonics_are_kept_above_the_formats_fmax_too(fmt: MelFormat) -> None:
    measured = measure(harmonics(1000.0, 20, 2.0, 44100, slope=0.5), 44100, fmt)
    assert len(measured.partials.hz) == 20
    for number in range(1, 21):
        hz, amplitude = nearest(measured, 1000.0 * number)
        assert cents(hz, 1000.0 * number) < 2
        assert abs(20 * math.log10(amplitude * number**0.5 / 0.2)) < 0.5


def test_a_recording_that_ends_at_fmax_has_no_partials_above() -> None:
    wave = harmonics(440.0, 18, 2.0, 16000)
    assert float(measure(wave, 16000, F22).partials.hz[-1]) < 8000


def test_breath_above_fmax_is_not_taken_for_partials() -> None:
    wave = harmonics(440.0, 12, 3.0, 44100) + np.random.default_rng(0).standard_normal(3 * 44100) * 0.01
    assert float(measure(wave, 44100, F22).partials.hz[-1]) < 8000


@pytest.mark.parametrize(("name", "f0_hz"), [("clarinet", 261.6), ("violin", 440.0)])
def test_recorded_notes(name: str, f0_hz: float) -> None:
    wave, rate_hz = sf.read(DATA / f"{name}.flac")
    measured = measure(wave, rate_hz, F22)
    assert not measured.inharmonic
    assert cents(measured.root_hz, f0_hz) < 15
    assert len(measured.partials.hz) >= 12
    number = measured.partials.hz.double().numpy() / measured.root_hz
    assert np.median(np.abs(number - np.round(number)) / number) < 0.01


def test_a_vibrato_whose_rate_wanders_is_still_one() -> None:
    # As a violinist's does: the rate goes from 4.1 to 5.1 Hz and back, and every partial's level swells on its own.
    rate_hz, seconds = 44100, 4.5
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    vibrato_hz = 4.6 + 0.5 * np.sin(2 * np.pi * 0.3 * t)
    cents = 10 * np.sin(2 * np.pi * np.cumsum(vibrato_hz) / rate_hz)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** (cents / 1200)) / rate_hz
    swells = [1 + 0.5 * np.sin(2 * np.pi * (0.7 + 0.6 * k) * t + k) for k in range(1, 8)]
    wave = sum(0.2 / k * swells[k - 1] * np.sin(k * phase) for k in range(1, 8))
    vibrato = measure(np.asarray(wave), rate_hz, FORMATS["22k80"]).vibrato
    # The middle of the recording counts most: the truth is the mean under the same window.
    assert vibrato.rate_hz == pytest.approx(np.average(vibrato_hz, weights=np.hanning(len(t)) ** 2), abs=0.15)
    assert vibrato.depth_cents == pytest.approx(10, abs=2)
