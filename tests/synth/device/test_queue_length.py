"""The length of the device's queue: longer when the sound breaks, back within half a minute of calm."""

import numpy as np
import pytest

from synth.device.queue_length import LONGEST_S, QueueLength

ASKED_S = 0.045
LITTLE_S = 0.01
"""What an idle machine uses of the queue."""


def broken(queue: QueueLength, gaps: int, now_s: float) -> tuple[int, float]:
    """Gaps one second apart until the queue is made longer; how many there were then, and when."""
    while queue.judge(gaps, ASKED_S, now_s) is None:
        gaps, now_s = gaps + 1, now_s + 1.0
        assert now_s < 100
    return gaps, now_s


def test_four_gaps_in_ten_seconds_double_it_up_to_the_longest() -> None:
    queue = QueueLength(ASKED_S)
    gaps, now_s = broken(queue, 0, 0.0)
    assert (gaps, queue.s) == (4, 2 * ASKED_S)
    gaps, now_s = broken(queue, gaps, now_s)
    assert (gaps, queue.s) == (8, 4 * ASKED_S)
    gaps, now_s = broken(queue, gaps, now_s)
    assert queue.s == LONGEST_S
    for more in range(20):
        assert queue.judge(gaps + more, ASKED_S, now_s + more) is None


def test_gaps_now_and_then_change_nothing() -> None:
    queue = QueueLength(ASKED_S)
    for n in range(40):
        assert queue.judge(n, ASKED_S, 4.0 * n) is None


def test_gaps_of_a_halt_are_no_reason_and_those_after_it_are() -> None:
    queue = QueueLength(ASKED_S)
    queue.excuse(11.0)
    assert queue.judge(6, ASKED_S, 10.5) is None
    gaps, _ = broken(queue, 6, 11.5)
    assert (gaps, queue.s) == (10, 2 * ASKED_S)


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("steps", [0, 4])
def test_it_comes_back_within_half_a_minute_of_calm(level: int, steps: int) -> None:
    queue, gaps, now_s = QueueLength(ASKED_S), 0, 0.0
    for _ in range(level):
        gaps, now_s = broken(queue, gaps, now_s)
    # ALSA plays a quarter of the queue that was asked for at a time, so that much of it is used on an idle machine.
    step_s = queue.s / steps if steps else 0.0
    used_s = max(LITTLE_S, step_s)
    back = [t for t in np.arange(0.1, 30.0, 0.1) if queue.judge(gaps, used_s, now_s + t, step_s) is not None]
    assert len(back) == 1
    assert queue.s == ASKED_S
    assert back[0] > 15


def test_it_stays_as_long_as_the_shorter_one_would_have_broken() -> None:
    queue = QueueLength(ASKED_S)
    gaps, now_s = broken(queue, 0, 0.0)
    # No gap any more, but once in ten seconds so much is used as the shorter queue does not have.
    for t in range(1, 200):
        assert queue.judge(gaps, ASKED_S if t % 10 == 0 else LITTLE_S, now_s + t) is None
    assert queue.s == 2 * ASKED_S


def test_late_sound_counts_as_late_whatever_the_device_takes_at_a_time() -> None:
    queue = QueueLength(ASKED_S)
    gaps, now_s = broken(queue, 0, 0.0)
    gaps, now_s = broken(queue, gaps, now_s)
    step_s = queue.s / 4
    # Its own quarter is 11 ms, and 14 must be left: 20 ms late are too late for it.
    for t in range(1, 100):
        assert queue.judge(gaps, step_s + (0.021 if t % 10 == 0 else 0.0), now_s + t, step_s) is None
    assert queue.s == 4 * ASKED_S


def test_what_the_player_asks_for_holds() -> None:
    queue = QueueLength(ASKED_S)
    gaps, now_s = broken(queue, 0, 0.0)
    queue.ask(0.15)
    for t in range(1, 60):
        assert queue.judge(gaps, LITTLE_S, now_s + t) is None
    assert queue.s == 0.15
