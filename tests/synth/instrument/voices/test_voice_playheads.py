"""Where voices begin to read."""

import numpy as np
import pytest

from synth.instrument.voices.playheads import VoicePlayheads

T = 172


def test_a_voice_follows_the_culture_begins_at_a_place_or_anywhere() -> None:
    playheads = VoicePlayheads(T, seed=1)
    playheads.start(0, "follow", 0.5, 30.0, 7)
    playheads.start(1, "place", 0.5, 30.0, 7)
    playheads.start(2, "place", 0.0, 30.0, 7)
    assert playheads.state.distance[:3].tolist() == [0.0, 56.0, 142.0]
    for slot, place in ((1, 86.0), (2, 0.0)):
        assert (30.0 + playheads.state.distance[slot]) % T == place


def test_anywhere_depends_on_the_seed_and_the_note_alone() -> None:
    def place(seed: int, note: int, voice: int = 0, slot: int = 0, culture: float = 0.0) -> float:
        playheads = VoicePlayheads(T, seed)
        playheads.start(slot, "random", 0.0, culture, note, voice)
        return float((culture + playheads.state.distance[slot]) % T)

    assert place(1, 5) == pytest.approx(place(1, 5, slot=9, culture=100.3))
    assert (
        len({round(place(seed, note, voice), 6) for seed in range(4) for note in range(4) for voice in range(4)}) == 64
    )
    places = np.array([place(0, note) for note in range(2000)])
    assert places.min() >= 0 and places.max() < T
    # Uniform: the mean of 2000 draws is within four standard errors of the middle.
    assert abs(places.mean() - T / 2) < 4 * T / 12**0.5 / 2000**0.5


def test_a_place_an_eyelash_behind_the_playhead_stays_inside_the_loop() -> None:
    playheads = VoicePlayheads(T, seed=1)
    playheads.start(0, "place", 0.0, 1e-18, 7)
    assert 0 <= playheads.state.distance[0] < T
    copy = playheads.state.copy()
    playheads.start(0, "place", 0.5, 0.0, 7)
    assert copy.distance[0] != playheads.state.distance[0]
