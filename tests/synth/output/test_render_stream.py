"""A rendering is written as it is made: the same samples, in memory that does not grow, whole or not at all."""

import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.instrument.events import Event, set_parameters
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.loudness import SILENT_DB, loudness_lufs, true_peak_db
from synth.output.beside import SoundThread, VocoderBeside
from synth.output.render import Job, render, render_into, render_to_file
from synth.output.running_levels import RunningLevels
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import live_preset

RATE = 44100


def _instrument(beside: SoundThread | None, preset_seed: int, controls: ParameterValues) -> Instrument:
    preset = live_preset(seed=preset_seed)
    vocoder = SpectralVocoder(preset.mel)
    chosen = vocoder if beside is None else VocoderBeside(vocoder, beside)
    return Instrument(preset, chosen, RATE, controls, Setup(seed=3))


@pytest.mark.parametrize("blocks", [[32] * 6, [1] * 40, [7, 64, 3, 50]])
def test_a_vocoder_beside_the_culture_gives_the_same_stream_to_the_bit(blocks: list[int]) -> None:
    """With a note, a width and a tilt that glide, so that one block is vocoded in several calls."""
    begun = ParameterValues(note=60.0, width=1.0)
    later = {"note": 67.0, "width": 0.2, "tilt_db": 6.0}
    events = [Event(20, change) for change in set_parameters(later)]
    events += [Event(33, change) for change in set_parameters({name: begun[name] for name in later})]
    streams = []
    thread = SoundThread()
    for beside in (None, thread):
        instrument = _instrument(beside, 5, begun)
        instrument.schedule(events)
        with torch.inference_mode():
            parts = [instrument.process(n) for n in blocks]
            parts.append(instrument.flush())
        streams.append(np.concatenate(parts, axis=1))
    thread.close()
    assert streams[0].shape == streams[1].shape
    assert np.array_equal(*streams)
    assert np.abs(streams[0]).max() > 0.01


@pytest.mark.parametrize("seconds", [0.1, 0.37, 2.0, 3.3])
def test_blocks_joined_are_the_piece_and_exactly_as_long(seconds: float) -> None:
    preset = live_preset(seed=5)
    job = Job(seconds, RATE, ParameterValues(fade_in_s=0.2, fade_out_s=0.3), seed=1)
    whole = render(preset, SpectralVocoder(preset.mel), job)
    parts: list[NDArray[np.float32]] = []
    threads = set()

    def take(piece: NDArray[np.float32]) -> None:
        parts.append(piece)
        threads.add(threading.current_thread().name)

    render_into(take, preset, SpectralVocoder(preset.mel), job)
    assert whole.shape == (2, round(seconds * RATE))
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert max(part.shape[1] for part in parts) < RATE
    assert len(threads) == 1 and threading.current_thread().name not in threads


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    preset = steady_preset()

    def peak_bytes(seconds: float) -> int:
        tracemalloc.start()
        render_to_file(preset, SpectralVocoder(preset.mel), Job(seconds, RATE), tmp_path / "x.wav")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(0.5)  # What is imported and compiled at the first use.
    short, long = peak_bytes(3.0), peak_bytes(9.0)
    # Six seconds more are 2.1 MB as samples, and were held three times over.
    assert long - short < 0.5e6


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    preset, path = steady_preset(), tmp_path / "x.wav"
    path.write_bytes(b"the old one")
    path.chmod(0o640)
    seen: list[tuple[bytes, int]] = []

    def progress(share: float) -> None:
        seen.append((path.read_bytes(), len(list(tmp_path.iterdir()))))

    render_to_file(preset, SpectralVocoder(preset.mel), Job(0.5, RATE), path, progress)
    assert {content for content, _ in seen} == {b"the old one"}
    assert {n for _, n in seen} == {2}
    assert sf.info(path).frames == 22050
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.wav"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_one_that_is_stopped_leaves_nothing_behind(error: type[BaseException], tmp_path: Path) -> None:
    preset = steady_preset()

    def progress(share: float) -> None:
        raise error

    before = threading.active_count()
    with pytest.raises(error):
        render_to_file(preset, SpectralVocoder(preset.mel), Job(60.0, RATE), tmp_path / "x.wav", progress)
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == before


@pytest.mark.parametrize("place", ["no folder/x.wav", "folder.wav"])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_computed(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    preset = steady_preset()
    with pytest.raises(RecordingError, match=r"cannot be written: .*choose another place"):
        render_to_file(preset, SpectralVocoder(preset.mel), Job(3000.0, RATE), tmp_path / place)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_is_a_sentence(tmp_path: Path) -> None:
    preset, path = steady_preset(), tmp_path / "x.wav"
    path.symlink_to("/dev/full")
    with pytest.raises(RecordingError, match="cannot be written"):
        render_to_file(preset, SpectralVocoder(preset.mel), Job(20.0, RATE), path)


def test_the_null_device_is_written_to_and_stays_one(tmp_path: Path) -> None:
    preset, path = steady_preset(), tmp_path / "x.wav"
    path.symlink_to(os.devnull)
    render_to_file(preset, SpectralVocoder(preset.mel), Job(0.5, RATE), path)
    assert path.is_symlink() and not Path(os.devnull).is_file()


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    preset, path = steady_preset(), tmp_path / "link.wav"
    path.symlink_to(tmp_path / "elsewhere.wav")
    render_to_file(preset, SpectralVocoder(preset.mel), Job(0.5, RATE), path)
    assert path.is_symlink() and sf.info(tmp_path / "elsewhere.wav").frames == 22050


def _noise(seconds: float, rate_hz: int) -> NDArray[np.float32]:
    """Loud, soft, silent and loud again, so that both gates have something to leave out."""
    n = round(seconds * rate_hz)
    rng = np.random.default_rng(0)
    shape = np.array([0.5, 0.01, 0.0, 0.3])[np.minimum(4 * np.arange(n) // max(n, 1), 3)]
    sound: NDArray[np.float32] = (shape * rng.uniform(-1, 1, (2, n))).astype(np.float32)
    return sound


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 48000, 192_000])
@pytest.mark.parametrize("seconds", [0.05, 0.39, 0.4, 0.41, 0.83, 7.77])
@pytest.mark.parametrize("block", [1000, 16384])
def test_levels_of_blocks_are_those_of_the_whole(rate_hz: int, seconds: float, block: int) -> None:
    sound = _noise(seconds, rate_hz)
    levels = RunningLevels(rate_hz)
    for begin in range(0, sound.shape[1], block):
        levels.add(sound[:, begin : begin + block])
    # Sums in another order.
    assert levels.loudness_lufs() == pytest.approx(loudness_lufs(sound, rate_hz), abs=1e-6)
    assert levels.true_peak_db() == pytest.approx(true_peak_db(sound, rate_hz), abs=1e-6)


def test_silence_has_the_least_level() -> None:
    levels = RunningLevels(RATE)
    levels.add(np.zeros((2, 3 * RATE), np.float32))
    assert (levels.loudness_lufs(), levels.true_peak_db()) == (SILENT_DB, SILENT_DB)
