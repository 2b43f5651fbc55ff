"""What fades, as it would sound if it did not: against the same sound made without its decay."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.mel import FORMATS
from training.analysis.data import Recording, Target, prepare
from training.analysis.decay import remove_decay
from training.evaluation.sound_metrics import sustained

RATE = 22050
FMT = FORMATS["22k80"]
FRAME_S = FMT.hop / FMT.rate_hz
SECONDS = 5.0
STROKE_HZ = 6000.0

Wave = NDArray[np.float64]


def _time(seconds: float = SECONDS) -> Wave:
    return np.arange(round(seconds * RATE)) / RATE


def _tone(hz: float, level_db: float, fall_db: Wave) -> Wave:
    """A tone that has lost `fall_db` (N,) at each sample, with a beat of 2 dB."""
    time = np.arange(len(fall_db)) / RATE
    beat_db = 2 * np.sin(2 * np.pi * 3 * time)
    return np.asarray(10 ** ((level_db - fall_db + beat_db) / 20) * np.sin(2 * np.pi * hz * time))


def _bell(fading: bool, floor: float = 1e-4) -> Wave:
    """Three partials, each with a decay of its own, and a stroke; all over hiss. `fading` false: they ring on, and were
    not struck."""
    time = _time()
    fall = time if fading else 0 * time
    tones = [(400.0, -12.0, 3.0), (1500.0, -20.0, 12.0), (3000.0, -30.0, 40.0)]
    wave = sum(_tone(hz, level, speed * fall) for hz, level, speed in tones)
    if fading:
        wave = wave + _tone(STROKE_HZ, -16.0, 150 * time)
    return np.asarray(wave + floor * np.random.default_rng(1).standard_normal(len(time)))


def _prepared(wave: Wave) -> Target:
    return prepare(Recording(wave.astype(np.float32), RATE, "bell"), FMT, whole=True)


def _ltas_db(target: Target) -> torch.Tensor:
    return 40 * target.grid.mean(dim=1)


def _rows_of(hz: float) -> slice:
    """The row of a tone and its neighbours."""
    row = int(_ltas_db(_prepared(_tone(hz, -6.0, 0 * _time()))).argmax())
    return slice(row - 1, row + 2)


def test_a_bell_that_fades_into_hiss_is_held_as_if_it_rang_on() -> None:
    struck, held = _prepared(_bell(True)), _prepared(_bell(False))
    assert struck.decay is not None and held.decay is None
    off = _ltas_db(struck) - _ltas_db(held)
    off -= off[_rows_of(400.0)].mean()
    for hz in (400.0, 1500.0, 3000.0):
        # A row's level is the line's at the first whole window: 35 ms after the cut, 1.4 dB at 40 dB/s.
        assert float(off[_rows_of(hz)].abs().max()) < 2.0, hz
        moving = [40 * t.grid[_rows_of(hz)].std(dim=1).mean() for t in (struck, held)]
        assert float(moving[0] / moving[1]) == pytest.approx(1.0, abs=0.25), hz
    # Of the stroke nothing is held: its rows are hiss.
    assert float(off[_rows_of(STROKE_HZ)].abs().max()) < 3.0
    # And no row anywhere rises where only hiss is left: halves are alike.
    first, second = (40 * struck.grid).chunk(2, dim=1)
    assert float((second.mean(dim=1) - first.mean(dim=1)).max()) < 3.0


def test_how_fast_each_partial_fades_is_kept() -> None:
    decay = _prepared(_bell(True)).decay
    assert decay is not None
    slopes = decay.slopes_db_per_s
    for hz, speed in ((400.0, 3.0), (1500.0, 12.0), (3000.0, 40.0)):
        assert float(slopes[_rows_of(hz)][1]) == pytest.approx(-speed, abs=1.0)


def test_a_note_fades_in_every_row_but_what_lasts_in_the_recording_lasts() -> None:
    decay = _prepared(_bell(True)).decay
    assert decay is not None
    # The bell's hiss stays where it is, and is nothing of the bell.
    assert float(decay.slopes_db_per_s[_rows_of(STROKE_HZ)].abs().max()) < 1.0
    assert float(decay.played_db_per_s.max()) < -2.0
    for hz, speed in ((400.0, 3.0), (1500.0, 12.0), (3000.0, 40.0)):
        assert float(decay.played_db_per_s[_rows_of(hz)][1]) == pytest.approx(-speed, abs=1.0)
    time = _time()
    both = _prepared(_tone(400.0, -6.0, 8 * time) + _tone(2000.0, -20.0, 0 * time)).decay
    assert both is not None
    assert float(both.played_db_per_s[_rows_of(2000.0)][1]) == pytest.approx(0.0, abs=1.0)


def test_a_second_slower_decay_is_taken_out_as_well() -> None:
    time = _time()
    fall = np.minimum(time, 1.0) * 25 + np.maximum(time - 1.0, 0) * 4
    target = _prepared(_tone(1000.0, -6.0, fall))
    rows = _rows_of(1000.0)
    level = 40 * target.grid[rows].mean(dim=0)
    seconds = level[: int(1 / FRAME_S) * 4].view(4, -1).mean(dim=1)
    # A straight line leaves 7 dB between them.
    assert float(seconds.max() - seconds.min()) < 1.0


def test_what_is_not_decaying_keeps_its_movement() -> None:
    """A beat of 0.7 Hz over a slow decay is texture, however deep."""
    time = _time()
    wave = _tone(1000.0, -6.0, 5 * time) * (1 + 0.7 * np.cos(2 * np.pi * 0.7 * time))
    still = _tone(1000.0, -6.0, 0 * time) * (1 + 0.7 * np.cos(2 * np.pi * 0.7 * time))
    rows = _rows_of(1000.0)
    moving = [40 * _prepared(w).grid[rows].std(dim=1).mean() for w in (wave, still)]
    assert float(moving[0] / moving[1]) == pytest.approx(1.0, abs=0.1)


def test_a_region_begins_after_the_stroke_and_no_later() -> None:
    time = _time(3.0)
    ring = _tone(400.0, -20.0, 10 * time)
    knock = 0.5 * np.random.default_rng(0).standard_normal(len(time)) * 10 ** (-250 * time / 20)
    regions = [prepare(Recording(w.astype(np.float32), RATE, "struck"), FMT).region_s for w in (ring + knock, ring)]
    # 250 dB/s take 0.25 s from 0 to the ring's skirts.
    assert 0.1 < regions[0][0] < 0.35
    assert regions[1][0] < 0.1


def test_a_short_body_is_learned_with_what_fades_after_it() -> None:
    time = _time(2.0)
    fall = np.maximum(time - 0.5, 0) * 25
    start, end = prepare(Recording(_tone(500.0, -6.0, fall).astype(np.float32), RATE, "call"), FMT).region_s
    assert start < 0.1
    # 30 dB of it: 1.2 s of its fall.
    assert end == pytest.approx(1.7, abs=0.15)


def test_the_evaluation_holds_a_sound_as_training_does_by_code_of_its_own() -> None:
    mel_db = 20 * torch.randn(80, 300, generator=torch.Generator().manual_seed(0)) - torch.linspace(0, 60, 300)
    level, decay = remove_decay(mel_db, FRAME_S)
    decay.heard[3] = torch.tensor([40, 300])
    decay.heard[4] = torch.tensor([0, 50])
    level[3, 40:], level[4, :50] = mel_db[3, 40:] - decay.trend_db[3, 40:], mel_db[4, :50] - decay.trend_db[4, :50]
    trend_db, least_db = (part.numpy().astype(float) for part in (decay.trend_db, decay.least_db))
    again = sustained(mel_db.numpy().astype(float), trend_db, decay.heard.numpy(), least_db)
    np.testing.assert_allclose(np.delete(again, [3, 4], 0), np.delete(level.numpy(), [3, 4], 0), atol=1e-4)
    np.testing.assert_allclose(again[3, :40], again[3, 79:39:-1])
    np.testing.assert_allclose(again[4, 50:100], again[4, 49::-1])
    np.testing.assert_allclose(again[4, 100:150], again[4, :50])
