"""The master stage against scipy's resampler, pyloudnorm and plain arithmetic."""

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.instrument.parameters.values import ParameterValues
from synth.output.limiter import Limiter
from synth.output.master import Master, volume_gain
from synth.ramp import Ramp

RATE = 44100


def noise(seconds: float, rms: float, seed: int = 0) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).standard_normal((2, int(RATE * seconds))) * rms).astype(np.float32)


def tone(hz: float, amplitude: float, seconds: float = 1.0, rate: int = RATE) -> NDArray[np.float32]:
    n = np.arange(int(rate * seconds))
    edges = np.minimum(1, np.minimum(n, n[::-1]) / (0.01 * rate))
    return np.tile(edges * amplitude * np.sin(2 * np.pi * hz * n / rate + 0.7), (2, 1)).astype(np.float32)


def true_peak_db(x: NDArray[np.float32]) -> float:
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 256)))
    return float(20 * np.log10(np.abs(scipy.signal.resample_poly(padded, 16, 1, axis=1)).max()))


def bursts() -> NDArray[np.float32]:
    x = noise(1.0, 3.0)
    return x * (np.random.default_rng(1).random(x.shape) < 0.001)


LOUD = {
    "white noise": noise(1.0, 1.0),
    "fs/4 between samples": tone(RATE / 4, 1.4),
    "18 kHz": tone(18000, 1.5),
    "bass": tone(55, 3.0),
    "lone spikes": bursts(),
    "square": np.sign(tone(997, 1.0)) * np.float32(2),
}


@pytest.mark.parametrize("name", LOUD)
def test_true_peak_stays_below_the_ceiling(name: str) -> None:
    x = np.pad(LOUD[name], ((0, 0), (0, 300)))
    assert true_peak_db(Limiter(RATE).process(x)) <= -1.0


@given(st.lists(st.integers(0, 12000), max_size=12), st.sampled_from([0.05, 0.3, 1.5]), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_any_partition_gives_the_same_bits(cuts: list[int], rms: float, seed: int) -> None:
    x = noise(12000 / RATE, rms, seed)
    whole, split = Master(RATE), Master(RATE)
    parts = [split.process(part) for part in np.split(x, sorted(cuts), axis=1)]
    assert np.array_equal(whole.process(x), np.concatenate(parts, axis=1))


@given(st.integers(1, 700), st.integers(1, 900))
@settings(max_examples=15, deadline=None)
def test_changes_at_the_same_samples_give_the_same_bits_for_any_block(block: int, other: int) -> None:
    def run(size: int) -> NDArray[np.float32]:
        master, x, out = Master(RATE), noise(0.2, 0.2), []
        slow = ParameterValues(volume_db=-20, fade_in_s=0.07, fade_out_s=0.031)
        changes = {1000: lambda: master.obey(slow), 1500: master.stop, 4000: master.play}
        marks = [*changes, x.shape[1]]
        start = 0
        for mark in marks:
            while start < mark:
                n = min(size, mark - start)
                out.append(master.process(x[:, start : start + n]))
                start += n
            changes.get(mark, lambda: None)()
        return np.concatenate(out, axis=1)

    assert np.array_equal(run(block), run(other))


def test_quiet_sound_passes_bit_for_bit_within_two_milliseconds() -> None:
    limiter, x = Limiter(RATE), noise(0.5, 0.05)
    y = limiter.process(x)
    assert np.array_equal(y[:, limiter.delay_samples :], x[:, : -limiter.delay_samples])
    assert limiter.delay_samples <= 0.002 * RATE


def test_material_at_minus_18_lufs_is_never_touched() -> None:
    x = scipy.signal.lfilter([0.1], [1, -0.9], noise(4.0, 0.1), axis=1)
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(x.T)
    x = (x * 10 ** ((-18 - loudness) / 20)).astype(np.float32)
    limiter = Limiter(RATE)
    assert np.array_equal(limiter.process(x)[:, limiter.delay_samples :], x[:, : -limiter.delay_samples])


def test_gain_recovers_after_a_burst() -> None:
    x = tone(440, 0.2, 2.0)
    x[:, RATE // 2 : RATE // 2 + 300] *= 40
    limiter = Limiter(RATE)
    y = limiter.process(x)
    d = limiter.delay_samples
    assert np.array_equal(y[:, RATE + d :], x[:, RATE:-d])


def test_volume_moves_without_a_click_and_arrives_exactly() -> None:
    master = Master(RATE)
    x = np.full((2, RATE), 0.05, np.float32)
    first = master.process(x)
    master.obey(ParameterValues(volume_db=-60))
    second = master.process(x)
    steps = np.abs(np.diff(np.concatenate([first[:, 1000:], second], axis=1)))
    # A raised cosine of 30 ms over a step of A has no sample-to-sample change above A·π/(2·1323).
    assert steps.max() < 0.05 * volume_gain(0) * np.pi / (2 * 1300)
    assert not second[:, 2000:].any()


def test_stop_fades_to_digital_silence_and_play_returns() -> None:
    master = Master(RATE)
    x = noise(0.5, 0.05)
    master.process(x)
    master.stop()
    assert not master.process(x)[:, RATE // 4 :].any()
    assert master.silent
    master.play()
    assert np.array_equal(master.process(x)[:, RATE // 4 :], Master(RATE).process(x)[:, RATE // 4 :])


@pytest.mark.parametrize("fade_s", [0.005, 0.12, 1.3])
def test_fades_are_raised_cosines_of_their_length(fade_s: float) -> None:
    n, level = round(fade_s * RATE), 0.05
    x = np.full((2, n + 500), level, np.float32)
    faded = Master(RATE, ParameterValues(fade_in_s=fade_s, fade_out_s=fade_s), playing=False)
    delay = faded.delay_samples
    faded.play()
    rise = faded.process(x)[0, delay : n + delay]
    faded.stop()
    fall = faded.process(x)[0, delay : n + delay]
    up = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, n + 1) / n)
    np.testing.assert_allclose(rise, level * volume_gain(0) * up, atol=1e-6)
    np.testing.assert_allclose(fall, level * volume_gain(0) * (1 - up), atol=1e-6)
    assert faded.silent


def test_a_fade_that_has_begun_keeps_its_length_and_a_farewell_hastens_it() -> None:
    master = Master(RATE, ParameterValues(fade_out_s=10.0))
    x = np.full((2, RATE // 2), 0.05, np.float32)
    master.process(x)
    master.stop()
    master.obey(ParameterValues(fade_out_s=0.01))
    assert master.process(x)[0, -1] > 0.9 * 0.05 * volume_gain(0)
    master.stop(for_good=True)
    assert not master.process(x)[:, RATE // 4 :].any()


def test_default_volume_takes_a_preset_from_minus_23_to_minus_18_lufs() -> None:
    assert 20 * np.log10(volume_gain(0.0)) == pytest.approx(5.0)
    assert volume_gain(-60.0) == 0.0


def test_ramp_can_turn_round_midway() -> None:
    ramp = Ramp(0.0, 100)
    ramp.move(1.0)
    ramp.take(50)
    middle = ramp.value
    ramp.move(0.0)
    values = ramp.take(100)
    assert isinstance(values, np.ndarray)
    assert abs(values[0] - middle) < 0.02
    assert values[-1] == 0.0
    assert ramp.settled
