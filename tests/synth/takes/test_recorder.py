"""Takes, read back by Python's own `wave`: it is strict about headers and knows no repair."""

import os
import resource
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.takes.recorder import Recorder, default_take_path
from synth.takes.wav import FadedEnds, WavWriter, encode, unused_path
from tests.doubles.end_fades import as_filed, fade_length

RATE = 44100
FADE = fade_length(RATE)


def sound(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2)).astype(np.float32)


class Notices(list[str]):
    def __call__(self, text: str, urgent: bool) -> None:
        self.append(text)


def read_with_wave(path: Path) -> NDArray[np.int64]:
    """Samples as integers, (N, 2), by the standard library alone."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 3, RATE)
        data = file.readframes(file.getnframes())
        assert len(data) == file.getnframes() * 6
    values = [int.from_bytes(data[i : i + 3], "little", signed=True) for i in range(0, len(data), 3)]
    return np.array(values, dtype=np.int64).reshape(-1, 2)


def check_24_bits(kept: NDArray[np.int64], audio: NDArray[np.float32], *, end: bool = True) -> None:
    """Rounded to 24 bits, to the bit between the ends; in the fades a product in single precision may be a step off."""
    expected = np.clip(np.rint(as_filed(audio, RATE, end=end) * 2.0**23), -(2**23), 2**23 - 1)
    assert kept.shape == expected.shape
    assert np.array_equal(kept[FADE:-FADE], expected[FADE:-FADE])
    assert np.abs(kept - expected).max() <= 1


def record(path: Path, audio: NDArray[np.float32], chunk: int = 256, **options: object) -> tuple[Recorder, Notices]:
    notices = Notices()
    recorder = Recorder(RATE, notices, **options)  # type: ignore[arg-type]
    recorder.start(path)
    for start in range(0, len(audio), chunk):
        recorder.offer(audio[start : start + chunk])
    recorder.stop()
    return recorder, notices


def test_a_take_is_what_was_offered_rounded_to_24_bits(tmp_path: Path) -> None:
    audio = sound(3000)
    recorder, notices = record(tmp_path / "take.wav", audio)
    assert recorder.last_take == tmp_path / "take.wav"
    assert not notices
    check_24_bits(read_with_wave(tmp_path / "take.wav"), audio)


@pytest.mark.parametrize("chunk", [1, 100, 219, 220, 221, 5000])
@pytest.mark.parametrize("n", [40, 150, 220, 439, 441, 3000])
def test_both_ends_in_mid_wave_are_faded_however_the_take_is_cut_into_pieces(n: int, chunk: int) -> None:
    fades, audio = FadedEnds(RATE), sound(n)
    pieces = [fades.put(audio[begin : begin + chunk]) for begin in range(0, n, chunk)]
    assert fades.held == min(n, FADE)
    filed = np.concatenate([*pieces, fades.end()])
    np.testing.assert_allclose(filed, as_filed(audio, RATE), rtol=1e-5, atol=1e-9)
    assert fades.held == 0


def test_an_end_in_silence_stays_as_it_is() -> None:
    quiet = np.full((10, 2), 10 ** (-91 / 20), np.float32)
    for begin, end in ((False, True), (True, False), (False, False)):
        audio = np.concatenate([sound(10) if begin else quiet, sound(900), sound(10) if end else quiet])
        fades = FadedEnds(RATE)
        filed = np.concatenate([fades.put(audio), fades.end()])
        np.testing.assert_allclose(filed, as_filed(audio, RATE, begin=begin, end=end), rtol=1e-5, atol=1e-9)
        assert np.array_equal(filed[FADE:-FADE], audio[FADE:-FADE])


def test_a_loop_of_a_take_that_was_switched_on_and_off_does_not_click(tmp_path: Path) -> None:
    tone = np.tile((0.5 * np.sin(0.05 * np.arange(5000) + 1.2)).astype(np.float32)[:, None], (1, 2))
    record(tmp_path / "take.wav", tone, sample_format="float32")
    back, _ = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert np.array_equal(back[FADE:-FADE], tone[FADE:-FADE])

    def roughest(once: NDArray[np.float32]) -> float:
        return float(np.abs(np.diff(np.concatenate([once, once])[:, 0], n=2)).max())

    # The tone's own curvature, and the fades': 0.5 · (π / 220)² / 2.
    assert roughest(back) < 0.5 * 0.05**2 * 2
    assert roughest(tone) > 0.05, "without the fades it clicks"


def test_float_takes_are_exact(tmp_path: Path) -> None:
    audio = sound(1000) * 3
    record(tmp_path / "take.wav", audio, sample_format="float32")
    back, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert rate == RATE
    assert np.array_equal(back[FADE:-FADE], audio[FADE:-FADE])
    np.testing.assert_allclose(back, as_filed(audio, RATE), rtol=1e-5, atol=1e-9)


@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_encoding_agrees_with_plain_integers(values: list[float]) -> None:
    data = encode(np.array(values, np.float32)[:, None], "pcm24")
    expected = [max(-(2**23), min(2**23 - 1, round(v * 2**23))) for v in values]
    assert [int.from_bytes(data[i : i + 3], "little", signed=True) for i in range(0, len(data), 3)] == expected


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    for _ in range(3):
        record(tmp_path / "take.wav", sound(10))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["take 2.wav", "take 3.wav", "take.wav"]
    with pytest.raises(FileExistsError):
        WavWriter(tmp_path / "take.wav", RATE)


def test_a_long_take_goes_on_in_a_new_file_without_losing_a_sample(tmp_path: Path) -> None:
    audio = sound(2500)
    record(tmp_path / "take.wav", audio, max_bytes=44 + 6 * 1000 + 3)
    parts = [read_with_wave(tmp_path / name) for name in ("take.wav", "take part 2.wav", "take part 3.wav")]
    assert [len(p) for p in parts] == [1000, 1000, 500]
    check_24_bits(np.concatenate(parts), audio)


def test_the_largest_file_fits_its_own_header() -> None:
    from synth.takes.wav import MAX_WAV_BYTES

    assert 2**32 - MAX_WAV_BYTES >= 8


def test_a_crash_costs_less_than_the_last_second(tmp_path: Path) -> None:
    script = (
        "import sys, time, numpy as np; from pathlib import Path; from synth.takes.recorder import Recorder\n"
        f"r = Recorder({RATE}, print); r.start(Path(sys.argv[1])); start = time.monotonic()\n"
        "while True:\n"
        f"    n = int((time.monotonic() - start) * {RATE}) - r._frames\n"
        "    r.offer(np.full((n, 2), 0.25, np.float32)); print(r._frames, flush=True); time.sleep(0.02)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "t.wav")], stdout=subprocess.PIPE)
    assert process.stdout is not None
    sent = 0
    while sent < 2.3 * RATE:
        sent = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    kept = read_with_wave(tmp_path / "t.wav")
    assert sent - len(kept) <= RATE
    assert (kept[FADE:] == 2**21).all(), "nobody was there to fade its end"


def test_a_full_disk_ends_the_take_with_a_sentence_and_keeps_it(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, limit[1]))
    try:
        audio = sound(60_000)
        recorder, notices = record(tmp_path / "take.wav", audio)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert len(notices) == 1
    assert "kept" in notices[0]
    assert str(tmp_path / "take.wav") in notices[0]
    kept = read_with_wave(tmp_path / "take.wav")
    assert 16_000 < len(kept) <= (100_001 - 44) // 6
    check_24_bits(kept, audio[: len(kept)], end=False)
    recorder.offer(audio)
    assert not recorder.active


@pytest.mark.parametrize("place", ["/proc/no-takes-here/take.wav", "/dev/null/take.wav"])
def test_an_unwritable_path_is_refused_in_words(place: str) -> None:
    with pytest.raises(RecordingError, match="choose another folder"):
        Recorder(RATE, Notices()).start(Path(place))


def test_offering_never_waits_for_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notices = Notices()
    recorder = Recorder(RATE, notices)
    monkeypatch.setattr(WavWriter, "write", lambda self, audio: time.sleep(0.5))
    recorder.start(tmp_path / "take.wav")
    chunk, start = sound(RATE), time.monotonic()
    for _ in range(30):
        recorder.offer(chunk)
    assert time.monotonic() - start < 0.2
    assert not recorder.active
    monkeypatch.undo()
    recorder.stop()
    assert "too slow" in notices[0]


def test_default_names_are_dated_and_safe() -> None:
    name = default_take_path("a/b: c").name
    assert name.endswith("a_b_ c.wav")
    assert os.sep not in name
    assert unused_path(Path("never seen.wav")) == Path("never seen.wav")


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


def test_sixteen_bits_are_dithered_so_that_less_than_a_step_is_still_heard(tmp_path: Path) -> None:
    quiet = np.full((200_000, 2), 0.3 / 2**15, np.float32)
    quiet[:50_000] = 0
    record(tmp_path / "take.wav", quiet, chunk=5000, sample_format="pcm16")
    back, _ = soundfile.read(tmp_path / "take.wav", dtype="int16")
    assert not back[:50_000].any()
    # Triangular noise of ±1 step: mean kept, standard error of 300 000 values 0.0013 steps.
    assert back[50_000:].mean() == pytest.approx(0.3, abs=0.01)
    assert np.abs(back).max() <= 2


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
