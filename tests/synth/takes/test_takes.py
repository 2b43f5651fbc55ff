"""Takes through the engine: armed, played back, recorded while another plays; and their files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.errors import RecordingError
from synth.output.master import CEILING_DB
from synth.takes.companion import companion_of, load_beginning
from synth.takes.files import list_takes, read_take, rename_take, renamed_path
from synth.takes.player import FADE_S, TakePlayer
from synth.takes.wav import SAMPLE_FORMATS, SampleFormat
from tests.doubles.end_fades import fade_length
from tests.doubles.instruments import RATE, ScriptedSink, SineInstrument, wait_until

FADE = round(FADE_S * RATE)
END = fade_length(RATE)


@contextmanager
def running(amplitude: float = 0.1, playing: bool = True) -> Iterator[tuple[Engine, ScriptedSink]]:
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    engine = Engine(SineInstrument(440, amplitude), playing=playing, open_device=open_device)
    engine.start()
    try:
        wait_until(lambda: len(sink.chunks) > 60)
        yield engine, sink
    finally:
        engine.close()


def noise(n: int, peak: float = 0.5) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-peak, peak, (n, 2)).astype(np.float32)


def where(audio: NDArray[np.float32], part: NDArray[np.float32]) -> int:
    """Index at which `part` lies in `audio`, sample for sample; −1 when it does not."""
    for start in np.flatnonzero((audio[:, 0] == part[0, 0]) & (audio[:, 1] == part[0, 1])):
        if np.array_equal(audio[start : start + len(part)], part):
            return int(start)
    return -1


def finished(engine: Engine) -> None:
    wait_until(lambda: engine.status().recording is None and not engine.status().armed)


@pytest.mark.parametrize("playing", [True, False])
def test_a_take_is_heard_sample_for_sample_in_place_of_the_culture(tmp_path: Path, playing: bool) -> None:
    take = noise(30_000)
    soundfile.write(tmp_path / "take.wav", take, RATE, subtype="FLOAT")
    with running(playing=playing) as (engine, sink):
        engine.play_take(tmp_path / "take.wav")
        assert engine.status().take == tmp_path / "take.wav"
        wait_until(lambda: engine.status().take is None)
        seen = engine.frames
        wait_until(lambda: engine.frames > seen + 8)
        heard = sink.audio
    start = where(heard, take[FADE : len(take) - FADE])
    assert start > 0
    around = heard[start - 4000 : start - FADE], heard[start + len(take) : start + len(take) + 4000]
    for part in around:
        # The culture is back: its tone is at −18 LUFS, silence when it was stopped.
        assert (np.abs(part).max() > 0.05) == playing
    assert np.abs(heard).max() <= 10 ** (CEILING_DB / 20) + 1e-3


def test_what_is_recorded_is_what_is_sent_while_a_take_plays(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "old.wav", noise(20_000), RATE, subtype="FLOAT")
    with running() as (engine, sink):
        engine.record(tmp_path / "new.wav", "float32")
        wait_until(lambda: engine.status().recording_s > 0.2)
        engine.play_take(tmp_path / "old.wav")
        wait_until(lambda: engine.status().take is None)
        engine.stop_recording()
        finished(engine)
        sent = sink.audio
    kept, _ = soundfile.read(tmp_path / "new.wav", dtype="float32")
    # Switched on and off in sound: its ends are faded in the file alone.
    assert where(sent, kept[END:-END]) >= 0
    assert where(kept, noise(20_000)[FADE : 20_000 - FADE]) > 0


def test_the_volume_can_be_turned_while_a_take_plays(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full((RATE, 2), 0.5), RATE, subtype="FLOAT")
    player = TakePlayer(RATE, lambda text, urgent: pytest.fail(text))
    player.play(tmp_path / "a.wav")
    silence, heard = np.zeros((2, 1024), np.float32), []
    while len(heard) < 12:
        sound = player.process(silence, 0.0 if len(heard) < 6 else -40.0)
        if player.position_s()[0] > 0:
            heard.append(sound)
        else:
            time.sleep(0.005)
    player.close()
    assert heard[5].min() == 0.5
    assert 0 < heard[-1].max() < 0.1


def test_a_take_is_never_louder_than_it_was_recorded_and_follows_the_volume_down() -> None:
    from synth.takes.player import _gain

    class Stream:
        recorded_gain = 1.0

    now_db = -5.0  # volume_gain(-5) is 1: presets are at −23 LUFS, volume 0 plays at −18.
    assert _gain(Stream(), now_db) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert _gain(Stream(), now_db + 10) == 1.0  # type: ignore[arg-type]
    assert _gain(Stream(), now_db - 20) == pytest.approx(0.1)  # type: ignore[arg-type]
    assert _gain(Stream(), -60.0) == 0.0  # type: ignore[arg-type]


def test_a_take_at_another_rate_keeps_its_pitch_and_length(tmp_path: Path) -> None:
    rate = 48000
    tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
    soundfile.write(tmp_path / "take.wav", np.tile(tone[:, None], (1, 2)), rate, subtype="PCM_24")
    player = TakePlayer(RATE, lambda text, urgent: pytest.fail(text))
    player.play(tmp_path / "take.wav")
    wait_until(lambda: player._asked is not None and player._asked.primed)
    heard = []
    while player.path is not None:
        heard.append(player.process(np.zeros((2, 1024), np.float32), 0.0))
        time.sleep(0.001)
    player.close()
    sound = np.concatenate(heard, axis=1)[0]
    loud = np.flatnonzero(np.abs(sound) > 0.05)
    assert abs(loud[-1] - loud[0] - RATE) < 2 * FADE
    spectrum = np.abs(np.fft.rfft(sound[2000:34768] * np.hanning(32768)))
    assert spectrum.argmax() * RATE / 32768 == pytest.approx(1000, abs=1.4)


def test_a_foreign_file_far_too_loud_stays_under_the_ceiling(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", noise(20_000, peak=40), RATE, subtype="FLOAT")
    with running() as (engine, sink):
        engine.play_take(tmp_path / "loud.wav")
        wait_until(lambda: engine.status().take is None)
        assert np.abs(sink.audio).max() <= 10 ** (CEILING_DB / 20) + 1e-3


def test_stopping_a_take_fades_it_and_another_begins_after_it(tmp_path: Path) -> None:
    steady = np.full((4 * RATE, 2), 0.3, np.float32)
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", steady, RATE, subtype="FLOAT")
    with running(playing=False) as (engine, sink):
        engine.play_take(tmp_path / "a.wav")
        wait_until(lambda: engine.status().take_s[0] > 0.3)
        engine.play_take(tmp_path / "b.wav")
        wait_until(lambda: engine.status().take == tmp_path / "b.wav" and 0.1 < engine.status().take_s[0] < 0.3)
        engine.stop_take()
        wait_until(lambda: engine.status().take_s[1] == 0)
        wait_until(lambda: not np.abs(sink.audio[-1000:]).any())
        heard = sink.audio[:, 0]
    # A raised cosine of 10 ms from 0.3 has no step above 0.3·π/2/441.
    assert np.abs(np.diff(heard)).max() < 1.1 * 0.3 * np.pi / 2 / FADE
    assert len([part for part in np.split(heard, np.flatnonzero(heard == 0)) if len(part) > FADE]) == 2


def test_what_cannot_be_played_is_a_sentence_and_the_culture_goes_on(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    with running() as (engine, sink):
        for name in ("broken.wav", "gone.wav"):
            engine.play_take(tmp_path / name)
            wait_until(lambda name=name: any(name in notice.text for notice in engine.status().notices))
            assert engine.status().take is None
        engine.record(tmp_path / "now.wav")
        engine.play_take(tmp_path / "now.wav")
        assert "still being recorded" in engine.status().notices[-1].text
        assert np.abs(sink.audio[-2000:]).max() > 0.05


@pytest.mark.parametrize("sample_format", SAMPLE_FORMATS)
def test_an_armed_take_begins_with_play_and_keeps_what_it_began_with(
    tmp_path: Path, sample_format: SampleFormat
) -> None:
    with running(playing=False) as (engine, sink):
        engine.record(tmp_path / "take.wav", sample_format, wait=True)
        assert engine.status().armed
        assert engine.status().recording is None
        before = len(sink.audio)
        wait_until(lambda: len(sink.audio) > before + 5000)
        assert engine.status().armed
        engine.play()
        wait_until(lambda: engine.status().recording_s > 0.3)
        engine.stop_recording()
        finished(engine)
        sent = sink.audio
    kept, _ = soundfile.read(tmp_path / "take.wav", dtype="float32")
    step = {"pcm16": 2**-15 * 1.5, "pcm24": 2**-24, "float32": 0}[sample_format]
    first = int(np.flatnonzero(np.abs(sent).max(axis=1))[0])
    lead = int(np.flatnonzero(np.abs(kept).max(axis=1) > 2**-15)[0])
    offset = min(
        range(first - lead, first + 200),
        key=lambda at: float(np.abs(sent[at : at + 9000] - kept[:9000]).max()) if at >= 0 else 9.0,
    )
    assert offset <= first
    assert np.abs(sent[offset : offset + len(kept)] - kept)[:-END].max() <= step
    beginning = load_beginning(companion_of(tmp_path / "take.wav"))
    assert beginning.preset.name == "440 Hz"
    assert beginning.rate_hz == RATE


def test_a_folder_that_lets_no_companion_be_written_still_gets_the_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth.takes import performance_log

    def refuse(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(performance_log, "write_bytes_whole", refuse)
    with running() as (engine, _):
        engine.record(tmp_path / "take.wav")
        wait_until(lambda: engine.status().recording_s > 0.4)
        engine.stop_recording()
        finished(engine)
        assert "cannot be kept beside it (No space left on device)" in engine.status().notices[-1].text
    assert read_take(tmp_path / "take.wav").seconds > 0.4
    assert not read_take(tmp_path / "take.wav").continuable


def test_a_card_tells_length_format_and_loudness_along_the_take(tmp_path: Path) -> None:
    audio = np.zeros((48_000, 2), np.float32)
    audio[24_000:] = 0.5
    soundfile.write(tmp_path / "take.wav", audio, 48000, subtype="PCM_16")
    card = read_take(tmp_path / "take.wav", n_places=10)
    assert (card.seconds, card.rate_hz, card.sample_format) == (1.0, 48000, "16-bit")
    assert card.peaks == pytest.approx([0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5])
    (tmp_path / "noise.wav").write_bytes(b"RIFF")
    with pytest.raises(RecordingError, match=r"noise\.wav"):
        read_take(tmp_path / "noise.wav")


def test_takes_are_listed_newest_first(tmp_path: Path) -> None:
    import os

    for age, name in ((3, "c"), (1, "a"), (2, "b")):
        (tmp_path / f"{name}.wav").touch()
        os.utime(tmp_path / f"{name}.wav", (1000 - age, 1000 - age))
    assert [path.stem for path in list_takes(tmp_path)] == ["a", "b", "c"]
    assert list_takes(tmp_path / "nowhere") == []


def test_a_take_and_what_lies_beside_it_are_renamed_together(tmp_path: Path) -> None:
    for name in ("one.wav", "one.petrichord.safetensors", "two.wav"):
        (tmp_path / name).write_text(name)
    assert rename_take(tmp_path / "one.wav", " best: take.wav ") == tmp_path / "best_ take.wav"
    assert (tmp_path / "best_ take.petrichord.safetensors").read_text() == "one.petrichord.safetensors"
    assert not (tmp_path / "one.petrichord.safetensors").exists()
    for name, words in (("two", "already a take “two”"), ("  ", "needs a name"), ("x" * 81, "at most 80")):
        with pytest.raises(RecordingError, match=words):
            rename_take(tmp_path / "best_ take.wav", name)
    assert renamed_path(tmp_path / "two.wav", "two.WAV") == tmp_path / "two.wav"
    (tmp_path / "orphan.petrichord.safetensors").touch()
    with pytest.raises(RecordingError, match="already"):
        rename_take(tmp_path / "two.wav", "orphan")


def test_a_take_whose_companion_cannot_be_renamed_keeps_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.wav", "one.petrichord.safetensors"):
        (tmp_path / name).touch()
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.suffix == ".safetensors":
            raise PermissionError(13, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(RecordingError, match="Permission denied"):
        rename_take(tmp_path / "one.wav", "two")
    assert (tmp_path / "one.wav").exists()
