"""A part of a take: looped without a click, saved to the bit, refused in a sentence."""

import errno
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.sound_files.reader import open_sound
from synth.takes.companion import companion_of
from synth.takes.part import CROSS_FADE_S, Part, looped_blocks, save_part, span_of
from synth.takes.player import TakePlayer
from synth.takes.wav import WavWriter
from tests.doubles.instruments import wait_until

RATE = 48000
FADE = round(CROSS_FADE_S * RATE)
HZ, LEVEL = 441.7, 0.5
STEP = LEVEL * 2 * np.pi * HZ / RATE
"""The largest step from sample to sample of the tone."""


def _tone(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    wave = LEVEL * np.sin(2 * np.pi * HZ * np.arange(round(seconds * rate)) / rate + 0.9)
    return np.stack([wave, -wave], axis=1).astype(np.float32)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.wav"
    soundfile.write(path, _tone(1.0), RATE, subtype="FLOAT")
    return path


def _heard(take: Path, first: int, end: int, n: int, size: int) -> NDArray[np.float32]:
    with open_sound(take) as file:
        blocks, heard = looped_blocks(file, first, end, size), 0
        taken = []
        while heard < n:
            taken.append(next(blocks))
            heard += len(taken[-1])
    return np.concatenate(taken)[:n]


def test_a_loop_goes_on_where_it_began_without_a_step(take: Path) -> None:
    tone, first, end = _tone(1.0), 12_345, 29_871
    n = end - first
    heard = _heard(take, first, end, 3 * n, 4096)
    assert np.array_equal(heard[: n - FADE], tone[first : end - FADE]), "up to the fade it is the take"
    assert np.array_equal(heard[n : 2 * n], heard[:n]) and np.array_equal(heard[2 * n :], heard[:n])
    # Two such tones that change places over the fade step by at most one of theirs and 2·LEVEL·π/2 in FADE samples.
    steps = np.abs(np.diff(heard, axis=0))
    assert steps.max() < STEP + np.pi * LEVEL / FADE
    # Without the fade, the seam would be heard.
    assert np.abs(tone[end - 1] - tone[first]).max() > 5 * STEP


@pytest.mark.parametrize(("first", "end"), [(0, 48_000), (100, 20_000), (47_000, 48_000)])
def test_where_nothing_lies_before_a_loop_its_ends_are_faded(take: Path, first: int, end: int) -> None:
    n = end - first
    heard = _heard(take, first, end, 3 * n, 1000)
    assert np.abs(np.diff(heard, axis=0)).max() < STEP + np.pi * LEVEL / FADE
    if first < FADE:
        assert np.abs(heard[n - 1 : n + 1]).max() < 1e-3
    assert np.array_equal(heard[n : 2 * n], heard[2 * n :])


def test_a_loop_is_the_same_for_any_size_of_blocks(take: Path) -> None:
    for first, end in ((5000, 9000), (0, 3000)):
        whole = _heard(take, first, end, 10_000, 1 << 20)
        assert all(np.array_equal(_heard(take, first, end, 10_000, size), whole) for size in (1, 479, 480, 481, 2999))


def test_the_player_plays_a_part_over_and_over_and_tells_where_it_is(take: Path) -> None:
    player = TakePlayer(RATE, lambda text, urgent: pytest.fail(text))
    part = Part(0.25, 0.4, looped=True)
    player.play(take, part)
    heard, silence = [], np.zeros((2, 512), np.float32)
    try:
        stream = player._asked
        assert stream is not None
        wait_until(lambda: stream.primed)
        for _ in range(300):
            wait_until(lambda: stream.ring.ready >= 512)
            heard.append(player.process(silence, 0.0))
            at_s, whole_s = player.position_s()
            assert 0.25 <= at_s < 0.4 and whole_s == 1.0
    finally:
        player.close()
    sound = np.concatenate(heard, axis=1)[:, 2 * FADE :]
    period = round(0.15 * RATE)
    assert sound.shape[1] > 20 * period
    assert np.array_equal(sound[:, period:], sound[:, :-period])
    assert np.abs(sound).max() > 0.9 * LEVEL


def test_the_player_ends_after_a_part_that_is_not_looped(take: Path) -> None:
    player = TakePlayer(RATE, lambda text, urgent: pytest.fail(text))
    player.play(take, Part(0.5, 0.6))
    stream = player._asked
    assert stream is not None
    wait_until(lambda: stream.primed)
    out = np.concatenate([player.process(np.zeros((2, 480), np.float32), 0.0) for _ in range(15)], axis=1)
    player.close()
    middle = slice(FADE, round(0.1 * RATE) - FADE)
    assert np.array_equal(out[:, middle], _tone(1.0).T[:, round(0.5 * RATE) :][:, middle])
    assert not out[:, round(0.1 * RATE) + 1 :].any() and player.path is None


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_saved_part_is_the_take_to_the_bit_between_faded_ends(tmp_path: Path, subtype: str) -> None:
    take = tmp_path / "Take of today.wav"
    soundfile.write(take, _tone(1.0), RATE, subtype=subtype)
    before = take.read_bytes()
    companion_of(take).write_bytes(b"what it began with")
    saved = save_part(take, Part(0.2, 0.7))
    assert saved == tmp_path / "Take of today trimmed.wav"
    info = soundfile.info(saved)
    assert (info.frames, info.samplerate, info.subtype) == (24_000, RATE, subtype)
    sound, whole = (soundfile.read(path, dtype="float32")[0] for path in (saved, take))
    assert np.array_equal(sound[240:-240], whole[9600:33_600][240:-240])
    # A raised cosine over 5 ms: its first sample is a hundred thousandth.
    assert np.abs(sound[[0, -1]]).max() < 1e-4 and np.abs(sound[120]).max() < 0.55 * LEVEL
    assert take.read_bytes() == before and not companion_of(saved).exists()


def test_a_saved_part_never_takes_the_place_of_anything(take: Path) -> None:
    names = [save_part(take, Part(0.1, 0.5)).name for _ in range(2)]
    assert names == ["take trimmed.wav", "take trimmed 2.wav"]
    companion_of(take.with_name("take trimmed 3.wav")).write_bytes(b"of a take that is gone")
    assert save_part(take.with_name("take trimmed 2.wav"), Part(0.1, 0.3)).name == "take trimmed 4.wav"


def test_a_full_disk_is_a_sentence_and_leaves_nothing(take: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send, sent = WavWriter._send, itertools.count()

    def full(self: WavWriter, data: bytes) -> None:
        if next(sent) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        send(self, data)

    monkeypatch.setattr(WavWriter, "_send", full)
    with pytest.raises(RecordingError, match=r"“take” cannot be written to .*no space left on device.*free space"):
        save_part(take, Part(0.1, 0.9))
    assert os.listdir(take.parent) == ["take.wav"]


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (Part(0.5, 0.4), "begins at 0.500 s and ends at 0.400 s: let it end after"),
        (Part(2.0), "begins at 2.000 s, where the take of 1.000 s is over"),
        (Part(0.5, 0.51), "is 10 ms long: choose at least 50 ms"),
    ],
)
def test_what_is_no_part_is_refused_in_a_sentence(take: Path, part: Part, sentence: str) -> None:
    with pytest.raises(RecordingError, match=sentence):
        save_part(take, part)
    assert os.listdir(take.parent) == ["take.wav"]


def test_a_part_without_an_end_is_the_rest() -> None:
    assert span_of(Part(), 1000, RATE) == (0, 1000)
    assert span_of(Part(0.5, 99.0), 48_000, RATE) == (24_000, 48_000)
