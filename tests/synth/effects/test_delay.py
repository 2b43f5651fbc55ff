"""The delay: echoes come when they should, as soft as they should, and change their time without a click."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.effects.delay import Delay, delay_seconds
from synth.instrument.parameters.note_lengths import note_length
from tests.doubles.effects import RATE, impulse, noise, obeying, values

WET = {"delay_mix": 1.0, "delay_tone_hz": 20000.0}


def echoes(n: int, **given: float) -> NDArray[np.float32]:
    """(2, `n`) of an impulse on the left side alone; only echoes are heard."""
    x = impulse(n)
    x[1] = 0
    return obeying(Delay(RATE), **(WET | given)).process(x)


def height(x: NDArray[np.float32], at: int) -> float:
    """Sum of the few samples over which the tone spreads an echo."""
    return float(x[at : at + 64].sum())


def test_each_echo_is_softer_by_the_feedback() -> None:
    heard = echoes(RATE, delay_time_s=0.1, delay_feedback=0.5)
    assert np.flatnonzero(heard[0])[0] == RATE // 10
    assert [height(heard[0], k * RATE // 10) for k in (1, 2, 3)] == pytest.approx([1, 0.5, 0.25], rel=1e-3)
    assert not heard[1].any()


def test_with_ping_pong_echoes_go_from_side_to_side() -> None:
    heard = echoes(RATE, delay_time_s=0.1, delay_feedback=0.5, delay_width=1.0)
    sides = [[height(heard[side], k * RATE // 10) for k in (1, 2, 3, 4)] for side in (0, 1)]
    assert sides[0] == pytest.approx([0.5, 0, 0.125, 0], abs=1e-3)
    assert sides[1] == pytest.approx([0, 0.25, 0, 0.0625], abs=1e-3)
    # Whichever side the sound comes from, its first echo is on the left.
    x = impulse(RATE)
    x[0] = 0
    from_right = obeying(Delay(RATE), **WET, delay_time_s=0.1, delay_feedback=0.5, delay_width=1.0).process(x)
    assert np.allclose(from_right, heard, atol=1e-7)


@pytest.mark.parametrize(
    ("note", "tempo_bpm", "seconds"),
    [("1/4", 120, 0.5), ("1/8.", 90, 0.5), ("1/8T", 100, 0.2), ("4 bars", 20, 3.0), ("1/2", 20, 3.0)],
)
def test_note_lengths_follow_the_tempo_and_are_halved_where_the_line_ends(
    note: str, tempo_bpm: float, seconds: float
) -> None:
    given = {"delay_sync": True, "delay_note": note_length(note), "tempo_bpm": tempo_bpm}
    assert delay_seconds(values(**given)) == pytest.approx(seconds)
    heard = echoes(round(3.1 * RATE), **given)
    assert abs(int(np.flatnonzero(heard[0])[0]) - seconds * RATE) <= 1


def test_a_new_time_cross_fades_without_a_click() -> None:
    """A sine whose every period is 240 samples, read half a period later: a jump would be from crest to trough."""
    x = np.tile(0.25 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE), (2, 1)).astype(np.float32)
    delay = obeying(Delay(RATE), **WET, delay_time_s=0.1, delay_feedback=0.0)
    first, rest = (np.ascontiguousarray(part) for part in np.split(x, [RATE // 2 + 60], axis=1))
    parts = [delay.process(first)]
    delay.obey(values(**WET, delay_time_s=0.1025, delay_feedback=0.0))
    parts.append(delay.process(rest))
    heard = np.concatenate(parts, axis=1)[0, RATE // 4 :]
    slope = 0.25 * 2 * np.pi * 200 / RATE
    # The fade's own steepest slope is 1.5 of its height, here the sine's from crest to trough, in 50 ms.
    assert np.abs(np.diff(heard)).max() < slope + 0.5 * 1.5 / (0.05 * RATE)


def test_echoes_of_any_feedback_stay_bounded_and_die_away() -> None:
    delay = obeying(Delay(8000), delay_time_s=0.01, delay_feedback=0.95, delay_width=0.5, delay_mix=1.0)
    x = noise(8000, 0.5)
    loud = max(float(np.abs(delay.process(x)).max()) for _ in range(4))
    assert loud < 0.5 * 5 / (1 - 0.95)
    tail = delay.process(np.zeros((2, 80000), np.float32))
    assert np.abs(tail[:, -8000:]).max() < 2**-26
