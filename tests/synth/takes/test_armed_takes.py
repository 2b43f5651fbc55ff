"""An armed take begins where the silence ends, or with play, and leaves no file if it never begins."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from synth.takes.recorder import Recorder
from tests.synth.takes.recordings import FADE, RATE, Notices, read_with_wave


def armed(path: Path, **options: object) -> Recorder:
    recorder = Recorder(RATE, Notices())
    recorder.start(path, wait=True, **options)  # type: ignore[arg-type]
    return recorder


def fade_in(n: int) -> NDArray[np.float32]:
    """Silence, then a tone that rises from nothing as Play lets it."""
    rise = 0.5 - 0.5 * np.cos(np.pi * np.minimum(1, np.arange(n) / 1764))
    tone = (0.2 * rise * np.sin(2 * np.pi * 440 * np.arange(n) / RATE)).astype(np.float32)
    return np.tile(np.concatenate([np.zeros(5000, np.float32), tone])[:, None], (1, 2))


def test_an_armed_take_begins_where_the_silence_ends_and_loses_nothing(tmp_path: Path) -> None:
    recorder = armed(tmp_path / "take.wav", sample_format="float32")
    audio = fade_in(9000)
    for start in range(0, len(audio), 256):
        assert recorder.armed == (np.abs(audio[:start]).max(initial=0) < 10**-3)
        recorder.offer(audio[start : start + 256])
    recorder.stop()
    kept, _ = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert np.array_equal(kept[:-FADE], audio[-len(kept) : -FADE]), "it begins in silence, and is switched off in sound"
    missed = np.abs(audio[: -len(kept)]).max()
    assert missed < 10 ** (-90 / 20)
    assert len(kept) <= 9000 + 256


def test_an_armed_take_begins_with_play_though_nothing_is_heard_yet(tmp_path: Path) -> None:
    recorder = armed(tmp_path / "take.wav")
    recorder.offer(np.zeros((1000, 2), np.float32))
    recorder.begin()
    recorder.offer(np.zeros((700, 2), np.float32))
    recorder.stop()
    assert len(read_with_wave(tmp_path / "take.wav")) == 700


def test_what_never_began_leaves_no_file(tmp_path: Path) -> None:
    recorder = armed(tmp_path / "take.wav")
    recorder.offer(np.zeros((1000, 2), np.float32))
    assert recorder.armed
    recorder.stop()
    assert not list(tmp_path.iterdir())
    assert recorder.last_take is None
    assert not recorder.armed


def test_a_long_quiet_lead_is_bounded(tmp_path: Path) -> None:
    recorder = armed(tmp_path / "take.wav")
    for _ in range(400):
        recorder.offer(np.full((256, 2), 10 ** (-70 / 20), np.float32))
    recorder.offer(np.full((256, 2), 0.1, np.float32))
    recorder.stop()
    assert abs(len(read_with_wave(tmp_path / "take.wav")) - 256 - RATE / 2) <= 256
