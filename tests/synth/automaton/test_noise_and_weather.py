"""Randomness is a function of (seed, stream, step), and weather is smooth, slow and of unit variance."""

import torch

from synth.automaton.weather import Weather, WeatherSpec
from synth.random_streams import Stream, coin_flips, generator, normal


def test_draws_depend_only_on_their_key() -> None:
    first = normal(1, Stream.WEATHER, 7, (100,))
    normal(1, Stream.WEATHER, 8, (3,))
    assert torch.equal(first, normal(1, Stream.WEATHER, 7, (100,)))
    for other in ((2, Stream.WEATHER, 7), (1, Stream.GESTURE, 7), (1, Stream.WEATHER, 8)):
        assert abs(float(torch.corrcoef(torch.stack([first, normal(*other, (100,))]))[0, 1])) < 0.4


def test_negative_and_huge_seeds_are_welcome() -> None:
    for seed in (-1, 1 << 70):
        generator(seed, Stream.TRAINING, 0).random()


def test_coins_are_fair() -> None:
    flips = torch.stack([coin_flips(3, Stream.UPDATE_MASK, step, 13761) for step in range(40)])
    assert set(flips.unique().tolist()) == {0.0, 1.0}
    # Standard error of the mean is 0.0007.
    assert abs(float(flips.mean()) - 0.5) < 0.004


def test_weather_has_unit_variance_at_every_clock() -> None:
    spec = WeatherSpec(band_period_frames=15.0)
    fields = torch.stack([Weather(spec, 80, 172, seed).at(11.3 * seed) for seed in range(60)])
    assert fields.shape == (60, spec.n_fields, 80, 172)
    torch.testing.assert_close(fields.var((0, 2, 3)), torch.ones(spec.n_fields), atol=0.25, rtol=0)


def test_weather_forgets_after_tau_steps_and_is_smooth_before() -> None:
    spec = WeatherSpec(tau_steps=100.0)
    now, soon, later, much_later = (
        torch.stack([Weather(spec, 80, 172, seed).at(clock) for seed in range(40)]) for clock in (0, 1, 100, 400)
    )
    assert float((now * soon).mean()) > 0.99
    # e⁻¹ at tau; the standard error over 40 seeds is about 0.03.
    assert abs(float((now * later).mean()) - 0.37) < 0.1
    assert abs(float((now * much_later).mean())) < 0.1


def test_weather_can_be_read_in_any_order() -> None:
    spec = WeatherSpec()
    forward, backward = Weather(spec, 20, 40, 5), Weather(spec, 20, 40, 5)
    clocks = [0.0, 150.5, 1000.0, 99_999.25]
    ahead = [forward.at(c) for c in clocks]
    back = [backward.at(c) for c in reversed(clocks)][::-1]
    assert all(torch.equal(a, b) for a, b in zip(ahead, back, strict=True))


def test_fields_along_time_are_the_same_in_every_row() -> None:
    field = Weather(WeatherSpec(), 80, 172, 1).at(3.0)
    assert torch.equal(field[0], field[0, :1].expand(80, -1))
    assert not torch.equal(field[-1], field[-1, :1].expand(80, -1))
