"""The ring against a plain list of samples."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.device.ring import Ring


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=60))
def test_sound_comes_out_as_it_went_in(moves: list[tuple[bool, int]]) -> None:
    ring, written, read = Ring(64), 0, []
    for is_put, n in moves:
        if is_put and ring.ready + n <= 64:
            left = np.arange(written, written + n, dtype=np.float32)
            ring.put(np.stack([left, -left]))
            written += n
        elif not is_put:
            read.append(ring.take(n))
    read.append(ring.take(64))
    out = np.concatenate(read)
    assert np.array_equal(out[:, 0], np.arange(written))
    assert np.array_equal(out[:, 1], -out[:, 0])


def test_too_much_is_refused_and_nothing_is_lost() -> None:
    ring = Ring(8)
    ring.put(np.ones((2, 6), np.float32))
    with pytest.raises(ValueError, match="no room for 3"):
        ring.put(np.ones((2, 3), np.float32))
    assert ring.ready == 6


def test_each_side_can_wait_for_the_other() -> None:
    ring, total, block = Ring(300), 20_000, 100
    received: list[np.ndarray] = []

    def consume() -> None:
        while sum(map(len, received)) < total:
            assert ring.wait_at_least(50, 5.0)
            received.append(ring.take(50))

    consumer = threading.Thread(target=consume)
    consumer.start()
    for start in range(0, total, block):
        assert ring.wait_at_most(200, 5.0)
        values = np.arange(start, start + block, dtype=np.float32)
        ring.put(np.stack([values, values]))
    consumer.join(5)
    assert np.array_equal(np.concatenate(received)[:, 0], np.arange(total))


def test_waiting_gives_up_in_time() -> None:
    assert not Ring(8).wait_at_least(1, 0.01)


def test_what_is_cleared_is_forgotten_and_what_follows_is_whole() -> None:
    ring = Ring(8)
    ring.put(np.ones((2, 6), np.float32))
    ring.take(4)
    ring.clear()
    assert ring.ready == 0
    sound = np.arange(16, dtype=np.float32).reshape(2, 8)
    ring.put(sound)
    np.testing.assert_array_equal(ring.take(8), sound.T)
