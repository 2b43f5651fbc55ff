"""What the recorder tells the companion of a take: its first sample, its gaps, its end."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.takes.recorder import Recorder
from tests.doubles.end_fades import as_filed
from tests.synth.takes.recordings import FADE, RATE, Notices, read_with_wave, sound


class Beside:
    """A companion that is ready at the second look, and begins the take at a position."""

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.begun = self.armed = self.looks = 0
        self.takes: list[tuple[Path, int]] = []
        self.gaps: list[tuple[int, int, int]] = []
        self.samples = self.ended = 0

    def arm(self) -> None:
        self.armed += 1

    def begin(self) -> None:
        self.begun += 1

    def refresh(self) -> None:
        assert not self.takes

    def start_at(self, position: int) -> int | None:
        self.looks += 1
        return self.start if self.looks > 1 else None

    def open(self, take: Path, skip: int) -> None:
        self.takes.append((take, skip))

    def sent(self, at: int, taken: int, sound: NDArray[np.float32]) -> None:
        self.gaps.append((at, taken, len(sound)))

    def keep(self, samples: int) -> None:
        self.samples = samples

    def end(self, samples: int) -> None:
        self.ended += 1
        self.samples = samples


@pytest.mark.parametrize("wait", [False, True])
def test_a_take_is_begun_once_and_kept_once_beside_its_first_file(tmp_path: Path, wait: bool) -> None:
    recorder, beside = Recorder(RATE, Notices(), max_bytes=44 + 6 * 1000), Beside()
    recorder.start(tmp_path / "take.wav", wait=wait, companion=beside)
    assert (beside.begun, beside.armed) == (not wait, wait)
    for _ in range(4):
        recorder.offer(sound(600))
        time.sleep(0.1)
    recorder.stop()
    assert (beside.begun, beside.armed, beside.ended) == (not wait, wait, 1)
    assert beside.takes == [(tmp_path / "take.wav", 0)]
    assert beside.samples == 2400
    assert beside.gaps == []


def test_a_take_begins_at_the_sample_its_companion_names(tmp_path: Path) -> None:
    recorder, beside = Recorder(RATE, Notices(), sample_format="float32"), Beside(start=1300)
    audio = sound(3000)
    recorder.start(tmp_path / "take.wav", companion=beside)
    for begin in range(0, 3000, 500):
        recorder.offer(audio[begin : begin + 500], begin + 500)
    recorder.stop()
    kept, _ = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert np.array_equal(kept[FADE:-FADE], audio[1300 + FADE : -FADE])
    np.testing.assert_allclose(kept, as_filed(audio[1300:], RATE), rtol=1e-5, atol=1e-9)
    assert beside.takes == [(tmp_path / "take.wav", 0)]
    assert recorder.seconds == 1700 / RATE


def test_what_the_companion_knows_of_the_time_before_is_told_as_a_skip(tmp_path: Path) -> None:
    recorder, beside = Recorder(RATE, Notices()), Beside(start=200)
    recorder.offer(sound(1000), 1000)
    recorder.start(tmp_path / "take.wav", companion=beside)
    recorder.offer(sound(500), 1500)
    recorder.stop()
    assert beside.takes == [(tmp_path / "take.wav", 800)]
    assert len(read_with_wave(tmp_path / "take.wav")) == 500


def test_gaps_are_told_with_what_was_sent_and_what_was_taken(tmp_path: Path) -> None:
    recorder, beside = Recorder(RATE, Notices()), Beside()
    recorder.start(tmp_path / "take.wav", companion=beside)
    # Sound, the last 220 samples faded out within 256, silence, a fade-in, sound.
    for n, gone in ((500, 500), (256, 720), (256, 720), (256, 976), (500, 1476)):
        recorder.offer(sound(n), gone)
    recorder.stop()
    assert beside.gaps == [(500, 220, 256), (756, 0, 256), (1012, 256, 256)]
    assert beside.samples == 1768
