"""The measures of grain see what a mel does not: gaps, hiss, stillness, wide lines, a dull top, a texture undone."""

import math

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, sosfiltfilt

from training.evaluation.figures import Figure
from training.evaluation.grain import movement, texture
from training.evaluation.grain.figures import grain_figures, measure_grain
from training.evaluation.grain.fine_spectrum import BANDS_HZ, difference, fine_spectrum
from training.evaluation.grain.unfaded import Fading, unfaded
from training.evaluation.sound_metrics import ANALYSES, Wave, levels_of, region_levels

RATE_HZ = 44100
F0_HZ = 300.0


def partials(seconds: float, seed: int = 0, wander_hz: float = 0.5) -> Wave:
    """Multiples of 300 Hz to 16 kHz, each a line about as wide as `wander_hz` says, (N,)."""
    rng, n = np.random.default_rng(seed), round(seconds * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    wave = np.zeros(n)
    for k in range(1, 54):
        # A random walk of the phase has a line of this width at half its power (Lorentzian).
        walk = np.cumsum(rng.standard_normal(n)) * np.sqrt(2 * np.pi * wander_hz / RATE_HZ)
        wave += 0.1 / k * np.cos(2 * np.pi * k * F0_HZ * t + walk + k)
    return wave


def breath(seconds: float, seed: int = 1, level: float = 0.01) -> Wave:
    """Noise that falls 6 dB per octave from 100 Hz, (N,)."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ) + 500)
    return np.asarray(level * 30 * sosfilt(butter(1, 100.0, "low", fs=RATE_HZ, output="sos"), white)[500:])


def band(wave: Wave, low_hz: float, high_hz: float) -> Wave:
    return np.asarray(sosfiltfilt(butter(6, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos"), wave))


@pytest.fixture(scope="module")
def recording() -> Wave:
    """Of six such recordings texture is 0.75 to 1.31 of the floor, 1.0 in the mean, and of this at most 1.04."""
    return partials(4.0, 20) + breath(4.0, 30)


@pytest.fixture(scope="module")
def like_it() -> Wave:
    """The same process, other chances."""
    return partials(9.0, 5) + breath(9.0, 6)


def figures(sound: Wave, recording: Wave) -> dict[str, Figure]:
    return {f.key: f for f in grain_figures(measure_grain(sound, RATE_HZ, recording, RATE_HZ))}


def test_another_excerpt_of_the_same_sound_meets_every_bar(like_it: Wave, recording: Wave) -> None:
    found = figures(like_it, recording)
    assert [key for key, figure in found.items() if figure.ok is False] == []
    assert all(f.value is not None and np.isfinite(f.value) for f in found.values())


def test_gaps_that_were_cleaned_are_seen_band_by_band(recording: Wave) -> None:
    """Breath is missing from 4 to 8 kHz alone, as in what explains a mel row by its partials."""
    noise = breath(9.0, 6)
    found = figures(partials(9.0, 5) + noise - band(noise, 4000, 8000), recording)
    assert found["sound_fine_db"].ok is False
    assert found["sound_valleys_db"].ok is False
    value = found["sound_valley_4000"].value
    assert value is not None and value < -6
    for low in (500, 1000, 2000):
        other = found[f"sound_valley_{low}"].value
        assert other is not None and abs(other) < 1.5


def all_power_db(wave: Wave) -> float:
    return float(10 * np.log10(np.square(wave).mean()))


def test_gaps_that_were_filled_are_seen(recording: Wave) -> None:
    sound = partials(9.0, 5) + 4 * breath(9.0, 6)
    found = figures(sound, recording)
    value = found["sound_valley_1000"].value
    # Spectra are compared at equal power. Skirts of the lines fill the valleys a little as well.
    expected = 20 * np.log10(4) - all_power_db(sound) + all_power_db(recording)
    assert value is not None and expected - 1.5 < value < expected
    assert found["sound_tonality_db"].ok is False
    assert found["sound_fine_db"].ok is False


def test_valleys_measure_decibels() -> None:
    """Noise halved in amplitude is 6.0 dB lower between unmoved partials, at equal power."""
    tones, noise = partials(6.0, 5, 0.001), breath(6.0, 6)
    found = difference(fine_spectrum(tones + 0.5 * noise, RATE_HZ), fine_spectrum(tones + noise, RATE_HZ))
    expected = 20 * np.log10(0.5) - all_power_db(tones + 0.5 * noise) + all_power_db(tones + noise)
    inner = [v for (low, _), v in zip(BANDS_HZ, found.valleys_db, strict=True) if 500 <= low < 8000]
    assert inner == pytest.approx([expected] * len(inner), abs=0.2)


def test_a_dull_top_is_seen(like_it: Wave, recording: Wave) -> None:
    dull = sosfiltfilt(butter(4, 8000.0, "low", fs=RATE_HZ, output="sos"), like_it)
    assert figures(dull, recording)["sound_top_octave_db"].ok is False


def test_noise_in_the_place_of_partials_is_seen(recording: Wave) -> None:
    """The same long-time spectrum with random phases: no line is left, and every bin's level is right."""
    n = 9 * RATE_HZ
    spectrum = np.interp(
        np.fft.rfftfreq(n, 1 / RATE_HZ),
        np.fft.rfftfreq(8192, 1 / RATE_HZ),
        10 ** (fine_spectrum(recording, RATE_HZ).level_db / 20),
    )
    phases = np.exp(2j * np.pi * np.random.default_rng(0).random(n // 2 + 1))
    found = figures(np.fft.irfft(spectrum * phases, n), recording)
    assert found["sound_tonality_db"].ok is False
    assert found["sound_partial_width"].ok is False
    assert found["sound_partial_slow_db"].ok is False


@pytest.mark.parametrize(("wander_hz", "width_hz"), [(2.0, 12.6), (4.0, 25.3)])
def test_the_width_of_a_line_is_measured(wander_hz: float, width_hz: float) -> None:
    """A Lorentzian holds 90 % of its power within 6.31 times its width at half power."""
    found = movement.movement(partials(20.0, 3, wander_hz), RATE_HZ, F0_HZ * np.arange(1.0, 9.0, dtype=np.float64))
    assert np.median(found.width_hz) == pytest.approx(width_hz, rel=0.15)


def test_partials_that_hold_still_are_seen(recording: Wave) -> None:
    alive = partials(4.0, 0, 8.0) + breath(4.0)
    found = figures(partials(9.0, 5, 0.01) + breath(9.0, 6), alive)
    assert found["sound_partial_width"].ok is False


@pytest.mark.parametrize(("rate_hz", "slow"), [(10.0, True), (100.0, False)])
def test_movement_of_amplitude_is_measured_below_and_above_43_hz(rate_hz: float, slow: bool) -> None:
    t = np.arange(8 * RATE_HZ) / RATE_HZ
    wave = sum(np.cos(2 * np.pi * 600 * k * t) for k in range(1, 5)) * (1 + 0.2 * np.sin(2 * np.pi * rate_hz * t))
    found = movement.movement(wave, RATE_HZ, 600.0 * np.arange(1.0, 5.0, dtype=np.float64))
    moved, still = (found.slow_db, found.fast_db) if slow else (found.fast_db, found.slow_db)
    # A swing of 0.2 is 0.141 root mean square; the band's edges take a little from sidebands 100 Hz away.
    assert moved == pytest.approx(np.full(4, 20 * np.log10(0.2 / np.sqrt(2))), abs=0.2 if slow else 2.5)
    assert (still < -40).all()


@pytest.mark.parametrize(("rate_hz", "key"), [(8.0, "slow_together"), (90.0, "fast_together")])
def test_a_tremolo_is_told_from_partials_that_move_on_their_own(rate_hz: float, key: str) -> None:
    """As much movement at the same rates, once of all at once: it sounds like a tremolo, and every depth is right."""
    rng, n = np.random.default_rng(0), 5 * RATE_HZ
    t, hz = np.arange(n) / RATE_HZ, 500.0 * np.arange(1.0, 6.0, dtype=np.float64)
    rates = np.fft.rfftfreq(n, 1 / RATE_HZ)

    def moves() -> Wave:
        wave = np.fft.irfft(np.exp(2j * np.pi * rng.random(len(rates))) * (np.abs(rates - rate_hz) < rate_hz / 3), n)
        return np.asarray(wave / wave.std())

    def sound(together: bool) -> movement.Movement:
        common = moves()
        swells = [1 + 0.1 * (common if together else moves()) for _ in hz]
        parts = [swell * np.cos(2 * np.pi * each * t) for swell, each in zip(swells, hz, strict=True)]
        return movement.movement(np.asarray(sum(parts)), RATE_HZ, hz)

    apart, also_apart, one = sound(False), sound(False), sound(True)
    same, tremolo = movement.difference(also_apart, apart), movement.difference(one, apart)
    assert tremolo.slow_db is not None and tremolo.slow_db < 1.5
    assert getattr(same, key) < 0.3 and getattr(tremolo, key) > 0.8


def test_loudness_that_follows_a_vibrato_is_told_from_loudness_that_does_not() -> None:
    """As much of both, in step with the pitch, a quarter of a swing ahead of it, or at a rate of its own."""
    t, hz = np.arange(5 * RATE_HZ) / RATE_HZ, 500.0 * np.arange(1.0, 5.0, dtype=np.float64)

    def sound(loudness_hz: float, ahead: float) -> movement.Movement:
        phase = 2 * np.pi * np.cumsum(500 * 2 ** (10 / 1200 * np.sin(2 * np.pi * 5.5 * t))) / RATE_HZ
        swell = 1 + 0.2 * np.sin(2 * np.pi * loudness_hz * t + ahead)
        return movement.movement(swell * sum(np.cos(k * phase) for k in range(1, 5)), RATE_HZ, hz)

    follows, leads, apart = sound(5.5, 0.0), sound(5.5, np.pi / 2), sound(7.0, 0.0)
    assert follows.with_pitch == pytest.approx(np.ones(4), abs=0.1)
    assert leads.with_pitch == pytest.approx(np.full(4, 1j), abs=0.1)
    off = movement.difference(apart, follows).with_pitch
    assert off is not None and off > 0.8


def test_band_correlation_and_modulation_are_seen() -> None:
    """Bands that swell together against bands that swell one by one, with the same levels and rates."""
    rng = np.random.default_rng(0)

    def swelling(together: bool, rate_hz: float, seconds: float) -> Wave:
        n = round(seconds * RATE_HZ)
        parts = []
        for i in range(6):
            at = 0.0 if together else i / 6
            swell = 1 + 0.9 * np.sin(2 * np.pi * (rate_hz * np.arange(n) / RATE_HZ + at))
            parts.append(swell * band(rng.standard_normal(n), 200 * 2**i, 390 * 2**i) / 2**i)
        return np.asarray(sum(parts))

    recording = swelling(True, 4.0, 5.0)
    same, floor = texture.beside_halves(swelling(True, 4.0, 8.0), RATE_HZ, recording, RATE_HZ)
    apart, _ = texture.beside_halves(swelling(False, 4.0, 8.0), RATE_HZ, recording, RATE_HZ)
    slower, _ = texture.beside_halves(swelling(True, 1.5, 8.0), RATE_HZ, recording, RATE_HZ)
    assert same[3] < 1.3 * floor[3] and apart[3] > 5 * floor[3]
    assert same[4] < 1.3 * floor[4] and slower[4] > 2 * floor[4]
    assert apart[0] < 1.5 * max(floor[0], 0.5)


# A swell to the power 0.3 that is 1 + a·cos + b·cos of the double, every quarter of a second: its moments are known.
STEADY, DIPS = (0.0, 0.0), (0.5, -0.25)


def swell(seconds: float, shape: tuple[float, float], rate_hz: int = texture.RATE_HZ) -> Wave:
    """Gains (N,) whose power 0.3 moves by the shape (a, b)."""
    turn = 2 * np.pi * 4 * np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray((1 + shape[0] * np.cos(turn) + shape[1] * np.cos(2 * turn)) ** (1 / 0.3))


def moments_of_swell(shape: tuple[float, float]) -> tuple[float, float, float]:
    """The first three moments about 0 of the swell's power 0.3."""
    square, cube = (shape[0] ** 2 + shape[1] ** 2) / 2, 0.75 * shape[0] ** 2 * shape[1]
    return 1.0, 1 + square, 1 + 3 * square + cube


def variation_and_skew(one: float, two: float, three: float) -> tuple[float, float]:
    deviation = math.sqrt(two - one**2)
    return deviation / one, (three - 3 * one * two + 2 * one**3) / deviation**3


@pytest.mark.parametrize("shape", [STEADY, DIPS])
def test_texture_statistics_of_noise_are_those_of_rayleigh_envelopes(shape: tuple[float, float]) -> None:
    """Moments of an envelope of Gaussian noise to the power 0.3 are gamma functions, times those of its swell."""
    rayleigh = [math.gamma(1 + 0.15 * k) for k in (1, 2, 3)]
    variation, skew = variation_and_skew(*(a * b for a, b in zip(rayleigh, moments_of_swell(shape), strict=True)))
    noise = np.random.default_rng(0).standard_normal(20 * texture.RATE_HZ) * swell(20.0, shape)
    found = texture.texture(noise, texture.RATE_HZ)
    # Wide bands move faster than what is kept of envelopes, which takes skew first, then variation; narrow ones cannot
    # follow the dips.
    bands = slice(0, 6) if shape == STEADY else slice(8, 14)
    assert found.variation[bands] == pytest.approx(np.full(6, variation), abs=0.012)
    assert found.skew[bands].mean() == pytest.approx(skew, abs=0.06)


def test_texture_statistics_of_tones_are_those_of_their_swell() -> None:
    """Tones of 1 to 5 kHz a third of an octave apart: each has bands to itself, and its dips are 40 dB deep."""
    hz, seconds = 1000.0 * 2 ** (np.arange(8) / 3), 4.16
    t = np.arange(round(seconds * texture.RATE_HZ)) / texture.RATE_HZ
    found = texture.texture(swell(seconds, DIPS) * np.cos(2 * np.pi * hz[:, None] * t).sum(axis=0), texture.RATE_HZ)
    # Without the ends these are 16 whole swings. A band's slope takes a little of the sidebands beside its tone.
    variation, skew = variation_and_skew(*moments_of_swell(DIPS))
    loud = found.level_db > -5
    assert loud.sum() >= 8
    assert found.variation[loud] == pytest.approx(np.full(loud.sum(), variation), rel=0.03)
    assert found.skew[loud] == pytest.approx(np.full(loud.sum(), skew), abs=0.03)


def test_where_a_steady_tone_was_cut_changes_no_statistics() -> None:
    """A tone over noise 30 dB below it, cut anywhere in a cycle: the step from its end to its beginning is heard in no
    band, though the weakest ones are 50 dB softer than the tone."""
    n, noise = round(1.4 * texture.RATE_HZ), np.random.default_rng(0).standard_normal(round(1.4 * texture.RATE_HZ))
    cycles = 220.5 * np.arange(n) / texture.RATE_HZ
    first, *others = (
        texture.texture(np.cos(2 * np.pi * (cycles + at)) + 0.03 * noise, texture.RATE_HZ) for at in (0.0, 0.25, 0.4)
    )
    assert first.heard.all() and first.variation[first.level_db.argmax()] < 0.001
    for other in others:
        # The band with the tone in it moves by the noise alone, in another phase. With the ends that ring it is off by
        # 0.04 dB, 0.005, 0.2, 0.02 and 0.2 dB, and the tone's variation is 0.03.
        assert (texture.distance(other, first).as_array() < (0.015, 0.001, 0.05, 0.02, 0.22)).all()


def test_where_a_swaying_tone_was_cut_moves_none_of_its_modulation() -> None:
    t = np.arange(round(1.4 * texture.RATE_HZ)) / texture.RATE_HZ
    first, *others = (
        texture.texture((1 + 0.5 * np.sin(2 * np.pi * (3.3 * t + at))) * np.cos(2 * np.pi * 1000 * t), texture.RATE_HZ)
        for at in (0.0, 0.25, 0.4)
    )
    loudest = int(first.level_db.argmax())
    moves = first.modulation_db[loudest] > -20
    assert moves.sum() == 5 and moves[1:6].all()
    for other in others:
        # Nothing else moves, so elsewhere there is as little as may be. Without a window it is -24 to -48 dB by chance.
        assert (other.modulation_db[loudest][8:] < -40).all()
        assert other.modulation_db[loudest][moves] == pytest.approx(first.modulation_db[loudest][moves], abs=0.5)


def test_dips_are_told_from_peaks_that_are_as_high() -> None:
    """What leaves deep dips, beside what rises as far above: levels, variation and rates are the same."""
    rng = np.random.default_rng(0)
    recording, sound = rng.standard_normal(round(4.2 * texture.RATE_HZ)), rng.standard_normal(8 * texture.RATE_HZ)
    recording *= swell(4.2, DIPS)
    dips, floor = texture.beside_halves(sound * swell(8.0, DIPS), texture.RATE_HZ, recording, texture.RATE_HZ)
    peaks, _ = texture.beside_halves(sound * swell(8.0, (0.5, 0.25)), texture.RATE_HZ, recording, texture.RATE_HZ)
    assert dips[2] < 1.5 * floor[2] and peaks[2] > 3 * floor[2]
    assert dips[1] < 1.5 * floor[1] and peaks[1] < 1.5 * floor[1]


def test_a_fading_recording_is_measured_as_if_it_did_not_fade() -> None:
    analysis = ANALYSES["22k80"]
    steady = partials(4.0) + breath(4.0)
    fading = steady * 10 ** (-20 * np.arange(len(steady)) / RATE_HZ / 20)
    T = region_levels(steady, RATE_HZ, analysis).shape[1]
    trend = np.tile(-20 * np.arange(T) / analysis.frames_per_second, (80, 1))
    heard = np.tile([0, T], (80, 1))
    again = unfaded(fading, RATE_HZ, Fading(trend, heard, analysis))
    seconds = levels_of(again, RATE_HZ, analysis)
    assert abs(seconds[:60, 20:60].mean() - seconds[:60, 280:320].mean()) < 0.5
    assert measure_grain(steady, RATE_HZ, again, RATE_HZ).fine.spectrum_db < 0.5
