"""The noise between partials is measured, whatever the pitch does, and nothing else passes for it."""

import numpy as np
import pytest
import scipy.signal
import torch

from synth.mel import FORMATS, log_mel
from synth.presets.model import Vibrato
from tests.doubles.sounds import Doubles, harmonics
from training.analysis.noise_share import (
    LARGEST_SHARE,
    band_noise_share,
    between_partials,
    largest_noise_share,
    noise_share,
)

F22, F44 = FORMATS["22k80"], FORMATS["44k128"]


def noise(level: float, seconds: float = 4.0, seed: int = 0, rate_hz: int = 44100) -> Doubles:
    return level * np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))


def rows(wave: Doubles, fmt_rate_hz: int = 22050) -> Doubles:
    """Mean magnitude of each row of a sound at 22050 Hz."""
    return np.asarray(log_mel(torch.from_numpy(wave)[None], F22)[0].exp().mean(dim=1).numpy())


def shared(wave: Doubles, rate_hz: int, root_hz: float, vibrato: Vibrato | None = None) -> Doubles:
    found = noise_share(between_partials(wave.astype(np.float32), rate_hz, root_hz, vibrato), F22)
    return found.double().numpy()


@pytest.mark.parametrize("f0_hz", [110.0, 261.6, 440.0, 880.0])
@pytest.mark.parametrize("level", [0.003, 0.03])
def test_the_share_is_that_of_the_noise_that_was_mixed_in(f0_hz: float, level: float) -> None:
    """Rows of the noise alone beside rows of the whole, from sounds that were made apart."""
    tone, hiss = harmonics(f0_hz, int(7900 / f0_hz), 4.0, 22050), noise(level, rate_hz=22050)
    expected = np.minimum(rows(hiss) / rows(tone + hiss), LARGEST_SHARE)
    found = shared(tone + hiss, 22050, f0_hz)
    # Four seconds of noise are known to 3 % of their level; 0.5 dB.
    off_db = 20 * np.log10(found / expected)
    assert np.abs(off_db).mean() < 0.5
    assert np.abs(off_db).max() < 2.5


def test_what_stands_close_beside_each_partial_may_be_noise_and_the_partials_may_not() -> None:
    """A tone whose partials flutter within 60 Hz: rows of the flutter alone beside rows of the whole."""
    rate_hz, f0_hz = 22050, 600.0
    tone, hiss = harmonics(f0_hz, 12, 4.0, rate_hz), noise(0.0003, rate_hz=rate_hz)
    low = scipy.signal.butter(6, 60.0, fs=rate_hz, output="sos")
    flutter = tone * scipy.signal.sosfilt(low, noise(1.0, seed=1, rate_hz=rate_hz))
    whole = tone + 0.3 * flutter + hiss
    between = between_partials(whole.astype(np.float32), rate_hz, f0_hz)
    partials = torch.arange(1, 13) * f0_hz
    found = largest_noise_share(between, partials, F22).double().numpy()
    expected = np.minimum(rows(0.3 * flutter + hiss) / rows(whole), LARGEST_SHARE)
    off_db = 20 * np.log10(found / expected)
    # Between the partials it is far less; what is under a partial itself is taken to be as what is beside it.
    beside = expected > 2 * noise_share(between, F22).double().numpy()
    assert beside.sum() > 10
    assert off_db[beside].min() > -3.5 and off_db[beside].max() < 1.0
    still = between_partials((tone + hiss).astype(np.float32), rate_hz, f0_hz)
    more_db = 20 * (largest_noise_share(still, partials, F22) / noise_share(still, F22)).log10()
    assert float(more_db.max()) < 0.5


def test_noise_alone_is_all_noise() -> None:
    found = shared(noise(0.1, rate_hz=22050), 22050, 0.0)
    # Rows of one or two bins are known less well.
    assert found.min() > 0.82 and np.median(found) > 0.94


def test_partials_alone_have_next_to_none() -> None:
    assert (shared(harmonics(220.0, 36, 3.0, 22050), 22050, 220.0)[6:-4] < 0.02).all()


def test_a_vibrato_is_not_taken_for_noise() -> None:
    t = np.arange(4 * 44100) / 44100
    swing = 2 ** (20 / 1200 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(440 * swing) / 44100
    wave = sum(0.2 / k * np.cos(k * phase) for k in range(1, 18)) + noise(0.002)
    still = harmonics(440.0, 17, 4.0, 44100) + noise(0.002)
    found = shared(np.asarray(wave), 44100, 440.0, Vibrato(5.5, 20.0, 0.0))
    taken_for_noise = shared(np.asarray(wave), 44100, 440.0)
    expected = shared(still, 44100, 440.0)
    upper = slice(50, 79)
    off, without = (np.abs(20 * np.log10(s[upper] / expected[upper])).mean() for s in (found, taken_for_noise))
    assert off < 1.5
    assert without > 1.5 * off


def test_bands_of_air_have_their_own_share() -> None:
    """Multiples up to 11.6 kHz over noise: by power, and 1 where there are no partials."""
    level = 0.002
    wave = harmonics(400.0, 29, 4.0, 44100, slope=0.0) * 0.05 + noise(level)
    edges = torch.tensor([8200.0, 10_200.0, 11_800.0, 14_000.0])
    found = band_noise_share(between_partials(wave.astype(np.float32), 44100, 400.0), edges)
    noises = [level**2 * width / 22050 for width in (2000, 1600)]
    expected = [np.sqrt(p / (p + n * 0.01**2 / 2)) for p, n in zip(noises, (5, 4), strict=True)]
    assert found[:2].tolist() == pytest.approx(expected, rel=0.12)
    assert float(found[2]) > 0.97


def test_what_stands_out_and_is_no_stored_partial_is_noise() -> None:
    """Five multiples in the band, one of them stored: by power it is a fifth of the tones, all else is noise."""
    level = 0.002
    wave = harmonics(400.0, 29, 4.0, 44100, slope=0.0) * 0.05 + noise(level)
    edges, stored = torch.tensor([8200.0, 10_200.0, 11_800.0]), torch.tensor([400.0, 9200.0])
    found = band_noise_share(between_partials(wave.astype(np.float32), 44100, 400.0), edges, stored, 400.0)
    tones, hiss = 5 * 0.01**2 / 2, level**2 * 2000 / 22050
    assert float(found[0]) == pytest.approx(np.sqrt(1 - tones / 5 / (tones + hiss)), rel=0.03)
    assert float(found[1]) > 0.99


def test_every_format_gets_a_share_for_each_of_its_rows() -> None:
    between = between_partials((harmonics(300.0, 60, 2.0, 44100) + noise(0.01, 2.0)).astype(np.float32), 44100, 300.0)
    for fmt in (F22, F44):
        found = noise_share(between, fmt)
        assert found.shape == (fmt.n_mels,) and found.dtype == torch.float32
        assert bool(((found >= 0) & (found <= LARGEST_SHARE)).all())
