"""A note's beginning and end, of notes whose truth is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from synth.mel import DB_PER_NEPER, FORMATS
from tests.doubles.sounds import Doubles, harmonics, play, preset_for, spectral
from training.analysis.contour import LONGEST_ATTACK_S, measure_contour
from training.analysis.data import Target, load_recording, prepare
from training.analysis.noise_share import between_partials, noise_share

F22 = FORMATS["22k80"]
RATE_HZ = 44100
BANDS_HZ = (250, 500, 1000, 2000, 4000)


def silence(seconds: float) -> Doubles:
    return np.zeros(round(seconds * RATE_HZ))


def blown(attack_s: float, release_db_per_s: float, hold_s: float = 2.5) -> Doubles:
    """A note that comes up in `attack_s`, its upper partials later, holds, and falls at a rate, (N,)."""
    release_s = 60 / release_db_per_s
    t = np.arange(round((hold_s + release_s) * RATE_HZ)) / RATE_HZ
    wave = np.zeros(len(t))
    for k in range(1, 25):
        rise = np.clip(t / (attack_s * (1 + k / 12)), 0, 1) ** 2
        wave += rise * 0.2 / k * np.cos(2 * np.pi * 300 * k * t + k)
    fall = 10 ** (-np.clip(t - hold_s, 0, None) * release_db_per_s / 20)
    noise = 1e-3 * np.random.default_rng(0).standard_normal(len(t))
    return (wave + noise) * fall


def struck(seconds: float = 3.0) -> Doubles:
    """Partials that start at once and fade, the upper ones faster, with a knock of 30 ms, (N,)."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(0.15 / k * np.cos(2 * np.pi * 260 * k * t + k) * np.exp(-t * (0.8 + 0.12 * k)) for k in range(1, 28))
    knock = np.random.default_rng(0).standard_normal(len(t)) * 0.06 * np.exp(-t / 0.03)
    return np.asarray(wave + knock)


def target_of(wave: Doubles, path: Path) -> Target:
    sf.write(path, wave, RATE_HZ, subtype="FLOAT")
    return prepare(load_recording(path), F22)


def test_a_blown_note_has_its_attack_and_is_led_into_its_middle(tmp_path: Path) -> None:
    wave = np.concatenate([silence(0.3), blown(0.1, 200.0), silence(0.5)])
    target = target_of(wave, tmp_path / "note.wav")
    attack = measure_contour(tmp_path / "note.wav", target).attack_db
    assert attack is not None and attack.shape[1] == 80
    assert 0.1 < len(attack) / F22.frames_per_second < 0.5
    # Quadratic rises: after 50 ms the first partial's level is 25 %, its square law's mean about −13 dB.
    assert float(attack[0, 8]) < -15
    assert bool((attack[1:13, 8].diff() > -0.5).all())
    assert float(attack[-1].abs().max()) == 0.0
    # Upper partials come later.
    assert float(attack[6, 60:70].mean()) < float(attack[6, 8]) - 3


@pytest.mark.parametrize("rate_db_per_s", [80.0, 300.0])
def test_a_release_has_its_rate_in_every_row(rate_db_per_s: float, tmp_path: Path) -> None:
    wave = np.concatenate([silence(0.2), blown(0.05, rate_db_per_s), silence(0.5)])
    target = target_of(wave, tmp_path / "note.wav")
    release = measure_contour(tmp_path / "note.wav", target).release_db_per_s
    assert release is not None and release.shape == (80,)
    assert float(release.median()) == pytest.approx(-rate_db_per_s, rel=0.2)
    assert bool((release <= 0).all())


@pytest.mark.parametrize("seconds", [0.0, 0.005])
def test_a_note_that_was_cut_off_has_no_release(seconds: float, tmp_path: Path) -> None:
    wave = np.concatenate([silence(0.2), blown(0.05, 200.0)[: round(2.4 * RATE_HZ)]])
    n = round(seconds * RATE_HZ)
    wave[len(wave) - n :] *= np.linspace(1, 0, n)
    wave = np.concatenate([wave, silence(0.3 if n else 0.0)])
    target = target_of(wave, tmp_path / "note.wav")
    assert measure_contour(tmp_path / "note.wav", target).release_db_per_s is None


def test_a_recording_that_begins_in_its_middle_has_no_attack(tmp_path: Path) -> None:
    wave = harmonics(300.0, 20, 3.0, RATE_HZ) + 1e-3 * np.random.default_rng(0).standard_normal(3 * RATE_HZ)
    target = target_of(wave, tmp_path / "middle.wav")
    contour = measure_contour(tmp_path / "middle.wav", target)
    assert contour.attack_db is None and contour.release_db_per_s is None


def test_the_attack_is_that_of_the_note_the_region_lies_in(tmp_path: Path) -> None:
    """Another note before it, in the same file, has nothing to do with it."""
    note = np.concatenate([blown(0.1, 200.0), silence(0.5)])
    path = tmp_path / "two.wav"
    sf.write(path, np.concatenate([struck(1.0), silence(0.5), note]), RATE_HZ, subtype="FLOAT")
    alone = target_of(note, tmp_path / "one.wav")
    part = load_recording(path, 1.5 + alone.region_s[0], alone.region_s[1] - alone.region_s[0])
    both = prepare(part, F22, whole=True, fades=False)
    found = measure_contour(path, both).attack_db
    expected = measure_contour(tmp_path / "one.wav", alone).attack_db
    assert found is not None and expected is not None
    n = min(len(found), len(expected))
    heard = slice(5, 70)
    assert float((found[:n, heard] - expected[:n, heard]).abs().mean()) < 0.8


def octaves_db(wave: Doubles) -> Doubles:
    """Levels of octave bands every 10 ms, (bands, steps)."""
    spectrum = np.fft.rfft(wave)
    hz = np.fft.rfftfreq(len(wave), 1 / RATE_HZ)
    step, rows = RATE_HZ // 100, []
    for centre in BANDS_HZ:
        inside = (hz >= centre / 2**0.5) & (hz < centre * 2**0.5)
        band = np.fft.irfft(np.where(inside, spectrum, 0), len(wave))
        rows.append(10 * np.log10(np.square(band[: len(band) // step * step].reshape(-1, step)).mean(axis=1) + 1e-12))
    return np.array(rows)


def test_played_over_the_steady_middle_it_gives_the_struck_note_back(tmp_path: Path) -> None:
    """Octave bands every 10 ms of the first half second: the bar of the instrument is a median of 1.5 dB."""
    note = struck()
    target = target_of(np.concatenate([silence(0.1), note]), tmp_path / "struck.wav")
    assert target.decay is not None
    attack = measure_contour(tmp_path / "struck.wav", target).attack_db
    assert attack is not None and len(attack) == round(LONGEST_ATTACK_S * F22.frames_per_second)
    steady = (40 * target.grid.mean(dim=1) - 40 + target.reference_db) / DB_PER_NEPER
    frames = (steady[:, None] + attack.T / DB_PER_NEPER).clamp(min=-11.5)
    hz = [260.0 * k for k in range(1, 28)]
    preset = preset_for(hz=hz, amplitudes=[0.15 / k for k in range(1, 28)], root_hz=260.0)
    share = noise_share(between_partials(target.wave, target.rate_hz, 260.0), F22)
    preset = replace(preset, noise_share=share, quantiles=target.grid.sort(dim=1).values)
    sound = play(spectral(preset, RATE_HZ), frames[None].float())[0]
    # The first frame's centre is half a hop after the onset, its sound is centred there as well.
    gate = np.clip(np.arange(len(sound)) / (0.002 * RATE_HZ), 0, 1)
    wanted, found = octaves_db(note[: RATE_HZ // 2]), octaves_db((sound * gate)[: RATE_HZ // 2])
    n = min(wanted.shape[1], found.shape[1])
    off = found[:, :n] - wanted[:, :n]
    heard = wanted[:, :n] > wanted.max() - 40
    off = np.abs(off - np.median(off[heard]))[heard]
    assert np.median(off) < 1.5
    assert np.percentile(off, 90) < 4


def test_all_formats_have_a_contour(tmp_path: Path) -> None:
    path = tmp_path / "note.wav"
    sf.write(path, np.concatenate([silence(0.3), blown(0.1, 200.0), silence(0.5)]), RATE_HZ, subtype="FLOAT")
    fmt = FORMATS["44k128"]
    contour = measure_contour(path, prepare(load_recording(path), fmt))
    assert contour.attack_db is not None and contour.release_db_per_s is not None
    assert contour.attack_db.shape[1] == len(contour.release_db_per_s) == fmt.n_mels
    assert torch.isfinite(contour.attack_db).all()
