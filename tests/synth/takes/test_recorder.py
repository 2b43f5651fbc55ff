"""Takes, read back by Python's own `wave`: it is strict about headers and knows no repair."""

import os
import resource
import signal
import subprocess
import sys
import time
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
from tests.doubles.end_fades import as_filed
from tests.synth.takes.recordings import FADE, RATE, Notices, check_24_bits, read_with_wave, record, sound


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


def test_sixteen_bits_are_dithered_so_that_less_than_a_step_is_still_heard(tmp_path: Path) -> None:
    quiet = np.full((200_000, 2), 0.3 / 2**15, np.float32)
    quiet[:50_000] = 0
    record(tmp_path / "take.wav", quiet, chunk=5000, sample_format="pcm16")
    back, _ = soundfile.read(tmp_path / "take.wav", dtype="int16")
    assert not back[:50_000].any()
    # Triangular noise of ±1 step: mean kept, standard error of 300 000 values 0.0013 steps.
    assert back[50_000:].mean() == pytest.approx(0.3, abs=0.01)
    assert np.abs(back).max() <= 2
