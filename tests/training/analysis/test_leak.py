"""What leaks from a partial into other rows: against librosa's mel of a sung tone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import training.analysis.data
from synth.mel import FORMATS, MelFormat, band_centres_hz, band_edges_hz
from training.analysis.data import Recording, Target, load_recording, prepare
from training.analysis.leak import leak_db
from training.analysis.librosa_loops import librosa
from training.analysis.partials import peaks_hz

FMT = FORMATS["22k80"]
RATE = FMT.rate_hz
DATA = Path(__file__).parents[2] / "data"

Wave = NDArray[np.float64]


def _tone(hz: float, level_db: float, seconds: float, fall_db_per_s: float = 0.0) -> Wave:
    """A tone that sways by a tenth of a bin, as no played tone stands still."""
    time = np.arange(round(seconds * RATE)) / RATE
    wander = 0.1 * RATE / FMT.n_fft * np.sin(2 * np.pi * 0.5 * time)
    level = level_db - fall_db_per_s * time
    return np.asarray(10 ** (level / 20) * np.sin(2 * np.pi * np.cumsum(hz + wander) / RATE))


def _rows_db(wave: Wave) -> Wave:
    mel = librosa.feature.melspectrogram(
        y=wave, sr=RATE, n_fft=FMT.n_fft, hop_length=FMT.hop, n_mels=FMT.n_mels, fmax=FMT.fmax_hz, power=1, center=False
    )
    return np.asarray(10 * np.log10((mel**2).mean(axis=1) + 1e-20))


@pytest.mark.parametrize("hz", [220.0, 261.6, 440.0, 1010.0, 2500.0, 6000.0])
def test_leak_is_what_librosa_measures_beside_a_tone(hz: float) -> None:
    rows = _rows_db(_tone(hz, 0.0, 4.0))
    own = int(rows.argmax())
    leaks = leak_db([hz], FMT)
    assert _rows_with_partials(leaks) == [own]
    near = slice(max(0, own - 6), own + 7)
    heard = rows[near] - rows[own]
    # The window's far lobes lie lower than double precision of a wandering tone reaches.
    clear = heard > -90.0
    assert clear.sum() >= 5
    np.testing.assert_allclose(leaks[near, own].numpy()[clear], heard[clear], atol=2.5)


def test_of_two_partials_in_a_row_the_one_that_leaks_least_counts() -> None:
    alone = [leak_db([hz], FMT) for hz in (4000.0, 4080.0)]
    own = [_rows_with_partials(leaks) for leaks in alone]
    assert own[0] == own[1]
    both = leak_db([4000.0, 4080.0], FMT)
    torch.testing.assert_close(both, torch.minimum(*alone))


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_every_row_of_a_format_has_frequencies_of_its_own(fmt: MelFormat) -> None:
    leaks = leak_db([], fmt)
    assert bool(leaks.isfinite().all())
    assert bool((leaks.diagonal() == 0).all())
    beside = leaks.diagonal(1)
    assert float(beside.max()) < 0 and float(beside.min()) > -40


def _rows_with_partials(leaks: Tensor) -> list[int]:
    return (leaks != leak_db([], FMT)).any(dim=0).nonzero()[:, 0].tolist()


@pytest.mark.parametrize("row", [2, 12, 30, 60])
def test_a_row_without_partials_leaks_as_noise_does(row: int) -> None:
    edges = band_edges_hz(FMT)
    low, high = float(edges[row : row + 2].mean()), float(edges[row + 1 : row + 3].mean())
    noise = np.random.default_rng(row).standard_normal(2**19)
    spectrum, hz = np.fft.rfft(noise), np.fft.rfftfreq(2**19, 1 / RATE)
    rows = _rows_db(np.fft.irfft(np.where((hz > low) & (hz < high), spectrum, 0.0)))
    leaks = leak_db([], FMT)[:, row].numpy()
    near = [m for m in range(row - 3, row + 4) if m >= 0]
    np.testing.assert_allclose(leaks[near], (rows - rows[row])[near], atol=4.0)


def _struck(rings_on: bool) -> Target:
    """A piano's note: partials that fade fast and then slowly, a knock that dies at once, a floor that both sink into;
    or as it would be if it rang on and had not been struck."""
    seconds = 4.0
    time = np.arange(round(seconds * RATE)) / RATE
    fall_db = 55 * np.minimum(time, 0.7) + 4 * np.maximum(time - 0.7, 0)
    wave = 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    for hz, level_db in ((262.0, -8.0), (787.0, -14.0), (1581.0, -20.0)):
        wave += _tone(hz, level_db, seconds) * (1.0 if rings_on else 10 ** (-fall_db / 20))
    if not rings_on:
        wave += np.random.default_rng(1).standard_normal(len(time)) * 10 ** (-(15 + 110 * time) / 20)
    return prepare(Recording(wave.astype(np.float32), RATE, "struck"), FMT, whole=True)


def _off_db(target: Target, wanted: Target, rows: list[int]) -> Tensor:
    """How far rows lie from where they are wanted, the loudest row of all being where it is."""
    off = 40 * (target.grid - wanted.grid[:, : target.grid.shape[1]]).mean(dim=1)
    return off[rows] - off[int(wanted.grid.mean(dim=1).argmax())]


def test_rows_beside_held_partials_lie_no_lower_than_what_leaks_into_them(monkeypatch: pytest.MonkeyPatch) -> None:
    held, wanted = _struck(False), _struck(True)
    assert held.decay is not None and wanted.decay is None
    own = [int(np.argmin(np.abs(band_centres_hz(FMT).numpy() - hz))) for hz in (262.0, 787.0, 1581.0)]
    beside = [row + d for row in own for d in (-2, -1, 1, 2)]
    sunk = [m for m in beside if held.decay.heard[m, 0] > 0]
    assert len(sunk) >= 5
    assert float(_off_db(held, wanted, sunk).abs().max()) < 5.0
    monkeypatch.setattr(training.analysis.data, "leak_db", lambda *_: None)
    assert float(_off_db(_struck(False), wanted, sunk).min()) < -10.0


@pytest.mark.parametrize("name", ["violin.flac", "clarinet.flac"])
def test_no_steady_recording_lies_below_what_is_said_to_leak(name: str) -> None:
    """Where nothing is held that had faded, the bound must already hold: the recordings are its proof."""
    target = prepare(load_recording(DATA / name), FMT)
    assert target.decay is None
    level = 40 * target.grid.mean(dim=1)
    leaks = leak_db([hz for hz in peaks_hz(target.wave, target.rate_hz) if hz < FMT.fmax_hz], FMT)
    peaks = [m for m in range(1, FMT.n_mels - 1) if level[m] >= level[m - 1] and level[m] > level[m + 1]]
    least = (leaks[:, peaks] + level[peaks]).amax(dim=1)
    audible = level > level.max() - 75
    assert int(((least - level)[audible] > 6).sum()) == 0
    assert int(((least - level)[audible] > -6).sum()) > 10
