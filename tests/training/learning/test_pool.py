"""The pool and its weather."""

import numpy as np
import pytest
import torch

from synth.automaton.rules import CHANNELS
from synth.automaton.weather import Weather, WeatherSpec
from synth.random_streams import Stream, generator
from training.learning.pool import Pool, WeatherBank, damage, seeds

SPEC = WeatherSpec(band_period_frames=11.0, tau_steps=50.0)
M, T = 10, 24
CPU = torch.device("cpu")


def test_weather_in_training_is_the_weather_of_play() -> None:
    bank = WeatherBank(SPEC, M, T, torch.float32, CPU)
    for clocks in ([0, 7], [40, 1000], [71, 1031]):
        blown = bank.drive([3, 8], clocks, 60)
        for b, (seed, clock) in enumerate(zip([3, 8], clocks, strict=True)):
            sky = Weather(SPEC, M, T, seed)
            for step in (0, 13, 59):
                expected = sky.at(clock + step).permute(1, 2, 0)
                torch.testing.assert_close(blown[step, b], expected, rtol=1e-5, atol=1e-5)
        seldom = bank.drive([3, 8], clocks, 60, every=8)
        torch.testing.assert_close(seldom, blown[::8], rtol=1e-5, atol=1e-5)


def test_a_restored_pool_is_the_same_pool() -> None:
    pool = Pool(5, M, T, generator(0, Stream.TRAINING, 0), CPU)
    pool.clock[2], pool.badness[3] = 77, 0.5
    other = Pool(5, M, T, generator(1, Stream.TRAINING, 0), CPU)
    other.load_state_dict(pool.state_dict())
    assert torch.equal(other.grids, pool.grids)
    assert other.clock.tolist() == pool.clock.tolist()
    assert other.badness.tolist() == pool.badness.tolist()


def test_only_samples_that_were_trained_on_join_the_statistics() -> None:
    rng = np.random.default_rng(0)
    pool = Pool(6, M, T, rng, CPU)
    assert len(pool.grown(rng, 4)) == 0
    pool.badness[[1, 4]] = 0.2
    assert sorted(pool.grown(rng, 4)) == [1, 4]


@pytest.mark.parametrize(("n_elders", "n_drawn"), [(0, 0), (3, 0), (3, 1), (3, 2)])
def test_a_batch_is_of_elders_first_and_of_nobody_twice(n_elders: int, n_drawn: int) -> None:
    rng = np.random.default_rng(0)
    pool = Pool(9, M, T, rng, CPU)
    batches = np.array([pool.batch(rng, 4, n_elders, n_drawn) for _ in range(200)])
    assert all(len(set(batch)) == 4 for batch in batches.tolist())
    assert set(batches[:, :n_drawn].flat) == (set(range(n_elders)) if n_drawn else set())
    assert set(batches[:, n_drawn:].flat) == set(range(n_elders, 9))


def test_seed_cells_are_silent() -> None:
    grid = seeds(np.random.default_rng(0), M, T)
    assert grid.shape == (M, T, CHANNELS)
    assert float(grid[..., 0].max()) <= -0.95
    assert float(grid[..., 1:].abs().max()) <= 0.05


def test_every_kind_of_damage_leaves_finite_cells_and_most_of_the_others() -> None:
    changed = []
    for seed in range(30):
        grid = torch.zeros(M, T, CHANNELS)
        damage(grid, np.random.default_rng(seed))
        assert bool(torch.isfinite(grid).all())
        changed.append(float((grid != 0).any(dim=2).float().mean()))
    assert min(changed) < 0.5 < max(changed)
    assert min(changed) > 0
