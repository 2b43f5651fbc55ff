"""The analysers of rendered sound, against formulas and known signals."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.mel import DB_PER_NEPER, FORMATS, log_mel
from tests.doubles.sounds import coloured_noise, harmonics
from training.evaluation.sound_flicker import changes_db, flicker
from training.evaluation.sound_likeness import copying, features, identify
from training.evaluation.sound_metrics import ANALYSES, Levels, levels_of, read_wave, region_levels, sustained
from training.evaluation.sound_partials import neighbours, partial_levels, partial_rows, pitch

DATA = Path(__file__).parents[2] / "data"
RATE_HZ = 22050
FPS = ANALYSES["22k80"].frames_per_second


def _moving(n: int, seed: int, width: int = 9) -> Levels:
    """Smoothly moving rows, (20, n) in dB."""
    white = np.random.default_rng(seed).standard_normal((20, n + width - 1))
    rows = np.stack([np.convolve(row, np.hanning(width), "valid") for row in white])
    return rows / rows.std() * 3 - np.linspace(10, 50, 20)[:, None]


def test_the_analysers_import_nothing_of_the_instrument_or_the_trainer() -> None:
    analysers = [f"training.evaluation.sound_{name}" for name in ("flicker", "likeness", "metrics", "partials")]
    code = (
        f"import sys, {', '.join(analysers)}\n"
        "ours = sorted(m for m in sys.modules if m.split('.')[0] in ('synth', 'training', 'torch'))\n"
        "print(*ours)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    # librosa comes by way of a lock on the folder where its loops are kept: no sound passes through these.
    lock = ["synth", "synth.compiled", "synth.compiled.cache", "synth.file_lock"]
    by_way_of = [*lock, "training.analysis", "training.analysis.librosa_loops"]
    assert found == sorted([*by_way_of, "training", "training.evaluation", *analysers])


@pytest.mark.parametrize("name", ANALYSES)
def test_levels_are_those_of_the_format(name: str) -> None:
    fmt = FORMATS[name]
    wave = harmonics(220.0, 12, 1.0, fmt.rate_hz) + coloured_noise(1.0, fmt.rate_hz)
    wave *= 0.7 / np.abs(wave).max()
    expected = log_mel(torch.from_numpy(wave)[None], fmt)[0].numpy() * DB_PER_NEPER
    found = levels_of(wave, fmt.rate_hz, ANALYSES[name])
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_a_part_cut_out_of_a_steady_sound_is_as_steady() -> None:
    analysis = ANALYSES["22k80"]
    wave = harmonics(220.0, 12, 2.0, RATE_HZ)[1234:30000]
    cut = region_levels(wave, RATE_HZ, analysis)
    assert cut.shape[1] == len(wave) // analysis.hop - 4
    loud = cut.mean(axis=1) > cut.mean(axis=1).max() - 40
    whole = levels_of(wave, RATE_HZ, analysis)
    assert cut[loud].std(axis=1).mean() < 0.05 < 0.3 < whole[loud].std(axis=1).mean()


def test_whoever_copies_all_the_time_is_caught_by_the_typical_excerpt() -> None:
    target = _moving(400, 1)
    found = copying(np.concatenate([np.roll(target, 37 * i, axis=1) for i in range(12)], axis=1), target)
    assert found.typical > 0.97
    assert found.typical > found.halves + 0.1


def test_a_second_copied_once_in_a_minute_is_caught_among_the_excerpts() -> None:
    target = _moving(400, 1)
    sound = _moving(5200, 2)
    sound[:, 3000:3110] = target[:, 120:230]
    found = copying(sound, target)
    assert found.best > 0.97 and found.best > found.chance
    assert found.typical < found.halves + 0.1


@pytest.mark.parametrize("width", [9, 41, 121])
def test_more_of_the_same_kind_is_no_copy_however_long_it_is(width: int) -> None:
    """Slow sounds have few independent stretches, so that the best of a minute is far above the best of two halves."""
    caught, naive = 0, 0
    for seed in range(12):
        long = _moving(5600, 100 + seed, width)
        target, sound = long[:, :400], long[:, 600:]
        found = copying(sound, target)
        caught += found.typical > found.halves + 0.1 or found.best > found.chance
        naive += found.best > found.halves + 0.1
    assert caught <= 1
    assert naive >= (0 if width == 9 else 6)


def test_a_looped_recording_copies_itself_between_its_halves() -> None:
    assert copying(_moving(800, 4), np.tile(_moving(200, 1), 2)).halves > 0.97


@pytest.mark.parametrize(("f0_hz", "off"), [(110.0, 20.0), (440.0, 20.0), (440.0, -20.0), (1046.5, 20.0), (440.0, 0.0)])
def test_a_tone_detuned_by_cents_reads_those_cents(f0_hz: float, off: float) -> None:
    target = harmonics(f0_hz, 6, 2.0, RATE_HZ) + coloured_noise(2.0, RATE_HZ, 1, level=1e-3)
    detuned = harmonics(f0_hz * 2 ** (off / 1200), 6, 5.0, RATE_HZ) + coloured_noise(5.0, RATE_HZ, 2, level=1e-3)
    found = pitch(detuned, RATE_HZ, target, RATE_HZ, root_hz=f0_hz)
    assert found.f0_cents == pytest.approx(off, abs=2)
    assert found.partials_cents == pytest.approx(abs(off), abs=2)
    assert found.partials_worst_cents == pytest.approx(abs(off), abs=2)


def test_noise_has_neither_pitch_nor_partials() -> None:
    noise = coloured_noise(3.0, RATE_HZ, 1)
    found = pitch(coloured_noise(5.0, RATE_HZ, 2), RATE_HZ, noise, RATE_HZ, root_hz=0.0)
    assert found.f0_cents is None and found.partials_cents is None
    level = levels_of(noise, RATE_HZ, ANALYSES["22k80"])
    assert partial_levels(level, level, FPS) is None


def test_a_partial_that_fades_for_a_second_and_noise_beside_it_are_found() -> None:
    target = levels_of(
        harmonics(440, 8, 3.0, RATE_HZ) + coloured_noise(3.0, RATE_HZ, level=1e-3), 22050, ANALYSES["22k80"]
    )
    rows = partial_rows(target)
    assert len(rows) >= 5
    sound = np.tile(target, 3)
    same = partial_levels(sound, target, FPS)
    # Steady partials; beside them noise, whose seconds differ as much as the recording's own.
    assert same is not None and same.worst_db < 0.1
    assert same.neighbours_worst_db < 0.7
    second = slice(round(2 * FPS), round(3 * FPS))
    sound[rows[1], second] -= 6.0
    sound[neighbours(rows, len(target))[0], second] += 4.0
    hurt = partial_levels(sound, target, FPS)
    assert hurt is not None
    assert hurt.worst_db == pytest.approx(6.0, abs=0.3)
    assert hurt.median_db < 0.3
    # One excerpt of three is hurt: what is typical is not.
    assert hurt.excerpt_db < 0.1
    sound[rows[1]] -= 6.0
    often = partial_levels(sound, target, FPS)
    assert often is not None and often.excerpt_db == pytest.approx(6.0, abs=0.3)
    sound[rows[1]] += 6.0
    assert hurt.neighbours_worst_db == pytest.approx(4.0, abs=0.7)


def _partials(seconds: float, seed: int) -> Levels:
    """Ten rows that stand 20 dB out and stray by 0.2 to 1 dB, mostly more slowly than once a second, (60, T) in dB."""
    n, rng = round(seconds * FPS), np.random.default_rng(seed)
    level = np.full((60, n), -40.0)
    slow = np.stack([np.convolve(rng.standard_normal(n + 60), np.hanning(60), "valid")[:n] for _ in range(10)])
    level[3::6] += 20 + slow / np.hanning(60).std() / np.sqrt(60) * np.linspace(0.2, 1.0, 10)[:, None]
    return level


def test_a_minute_may_stray_as_far_as_chance_takes_it_and_a_swell_does_not_pass_for_that() -> None:
    """A minute of what was recorded for 4 s, twenty times; then a steady row that swells by 4 dB for some seconds."""
    swell = 4 * np.exp(-(((np.arange(round(65 * FPS)) / FPS - 30) / 3) ** 2))
    more, kept, swelled = [], 0, 0
    for seed in range(20):
        sound, target = _partials(65.0, seed), _partials(4.0, 1000 + seed)
        found = partial_levels(sound, target, FPS)
        assert found is not None
        more.append(found.worst_db / found.floor_db)
        kept += found.furthest_db[0] <= max(2.0, found.furthest_db[1])
        sound[3] += swell
        found = partial_levels(sound, target, FPS)
        assert found is not None
        swelled += found.furthest_db[0] > max(2.0, found.furthest_db[1])
    # The recording's own worst second is no measure of a minute's.
    assert np.median(more) > 1.3
    assert kept >= 18 and swelled >= 19


def test_a_decay_is_taken_out_and_what_was_heard_goes_on() -> None:
    time_s = np.arange(400) / FPS
    fall = np.array([-10.0, -30.0, 0.0])[:, None] * time_s
    texture = np.sin(time_s)
    falling = np.array([[0.0], [-5.0], [-60.0]]) + fall + texture
    noisy = np.maximum(falling, -60.0)
    end = int(1.6 * FPS)
    heard = np.array([[0, 400], [0, end], [200, 400]])
    level = sustained(noisy, fall, heard, np.full((3, 400), -np.inf))
    np.testing.assert_allclose(level[0], texture, atol=1e-9)
    np.testing.assert_allclose(level[1, : 2 * end], -5.0 + np.concatenate([texture[:end], texture[:end][::-1]]))
    np.testing.assert_allclose(level[2], np.concatenate([noisy[2, 200:][::-1], noisy[2, 200:]]))
    leaking = np.stack([np.full(400, -np.inf), np.full(400, -np.inf), -40.0 + texture])
    np.testing.assert_allclose(sustained(noisy, fall, heard, leaking)[2], -40.0 + texture)


def test_a_recording_is_told_from_another_by_what_no_loss_uses() -> None:
    known = {p.name: features(*read_wave(p)) for p in sorted(DATA.glob("*.flac"))}
    assert len(known) >= 2
    for path in sorted(DATA.glob("*.flac")):
        wave, rate_hz = read_wave(path, start_s=0.6)
        mine = features(wave * 0.3, rate_hz)
        assert identify(mine, known, path.name).rank == 1
        other = next(name for name in known if name != path.name)
        assert identify(mine, known, other).rank == 2


def test_a_row_that_switches_on_and_off_is_seen_where_the_recording_is_steady() -> None:
    """Patches of 0.3 s in rows 79 and 83 dB down, the softest of which have no figure with a floor at 80 dB."""
    target = np.random.default_rng(0).standard_normal((20, 400)) - np.linspace(0, 83, 20)[:, None]
    sound = np.random.default_rng(1).standard_normal((20, 2000)) - np.linspace(0, 83, 20)[:, None]
    same = flicker(sound, target)
    assert same.worst_db < same.floor_db
    switching = sound.copy()
    switching[18:, np.arange(2000) // 26 % 3 == 0] = -130
    found = flicker(switching + 6, target)
    assert found.worst_db > same.floor_db + 1.5
    assert set(found.excess_db.argsort()[-2:]) == {18, 19}
    # The recording's own switching is no fault of the sound's.
    target[18:, np.arange(400) // 26 % 3 == 0] = -130
    assert flicker(switching, target).worst_db < 0.7


def test_change_of_level_is_measured_in_decibels() -> None:
    """A row that is 6 dB louder in every other block of four frames: lags of one and three blocks see it."""
    level = np.tile(np.repeat([0.0, 6.0], 4), 50)[None]
    assert changes_db(level)[0] == pytest.approx(6 / np.sqrt(2), rel=1e-6)
