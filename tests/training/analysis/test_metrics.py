"""The metrics, against formulas and against the independent analysis of rendered sound."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from synth.mel import FORMATS
from training.analysis.metrics import Metrics, levels_db, loop_audibility, measure
from training.evaluation import sound_metrics

FPS = FORMATS["22k80"].frames_per_second
LOOP = 172


def _noise(n: int, seed: int, smooth: int = 9) -> Tensor:
    """Smoothly moving rows about levels of their own, (20, n) in dB."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((20, n + smooth - 1))
    moving = np.stack([np.convolve(row, np.hanning(smooth), "valid") for row in white])
    return torch.from_numpy(moving / moving.std() * 3 - np.linspace(10, 50, 20)[:, None]).float()


@pytest.fixture(scope="module")
def living() -> Metrics:
    return measure(_noise(20 * LOOP, 1), _noise(400, 2), LOOP, FPS)


def test_more_of_the_same_is_as_good_as_the_target_itself(living: Metrics) -> None:
    assert living.ltas_db < 0.5
    assert living.row_w1_db < 1.5 * living.row_w1_floor_db
    assert living.std_ratio == pytest.approx(1, abs=0.1)
    assert living.motion_ratio == pytest.approx(1, abs=0.1)
    assert abs(living.loop_audibility) < 0.1
    assert living.modulation_db < 1.5
    assert living.alive


def test_a_loop_is_heard_as_a_loop(living: Metrics) -> None:
    loop = _noise(LOOP, 1).repeat(1, 20)
    looped = measure(loop, _noise(400, 2), LOOP, FPS)
    # Rows repeat exactly, so the correlation at the loop is 1 and its median around is near 0.
    assert looped.loop_audibility > 0.8
    assert looped.motion_ratio == 0
    assert looped.score > living.score + 2


def test_a_frozen_culture_has_no_life() -> None:
    flat = _noise(1, 1, smooth=1).expand(20, 6 * LOOP) + 1e-3 * _noise(6 * LOOP, 3)
    assert measure(flat, _noise(400, 2), LOOP, FPS).std_ratio < 0.01


def test_a_shift_in_level_is_the_ltas_error() -> None:
    target = _noise(400, 2)
    shifted = measure(target.repeat(1, 4) + 2.5, target, LOOP, FPS)
    assert shifted.ltas_db == pytest.approx(2.5, abs=1e-4)
    assert shifted.row_w1_db == pytest.approx(2.5, abs=0.02)


@pytest.mark.parametrize("fault", [math.nan, math.inf])
def test_a_culture_that_ran_away_scores_infinitely_badly(fault: float) -> None:
    heard = _noise(4 * LOOP, 1)
    heard[3, 100:] = fault
    assert measure(heard, _noise(400, 2), LOOP, FPS).score == math.inf


def test_a_silent_culture_scores_infinitely_badly() -> None:
    silent = levels_db(torch.full((20, 4 * LOOP), -1.0))
    assert measure(silent, _noise(400, 2), LOOP, FPS).score == math.inf


def test_loop_audibility_is_the_correlation_that_was_put_in() -> None:
    fresh = _noise(40 * LOOP, 4)
    mean = fresh.mean(dim=1, keepdim=True)
    chain = [fresh[:, :LOOP] - mean]
    for i in range(1, 40):
        chain.append(0.5 * chain[-1] + math.sqrt(0.75) * (fresh[:, i * LOOP : (i + 1) * LOOP] - mean))
    assert loop_audibility(torch.cat(chain, dim=1), LOOP) == pytest.approx(0.5, abs=0.08)


def test_the_independent_analysis_agrees() -> None:
    heard, target = _noise(70 * LOOP, 1), _noise(400, 2)
    ours = measure(heard, target, LOOP, FPS).as_dict()
    theirs = sound_metrics.metrics(heard.double().numpy(), target.double().numpy())
    for name in ("row_w1_floor_db", "std_ratio", "motion_ratio", "loop_audibility", "modulation_db"):
        # Theirs matches levels first, and takes another lag of many loops for motion.
        assert theirs[name] == pytest.approx(ours[name], abs=0.03), name
