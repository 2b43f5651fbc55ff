"""A take rendered from its performance is the take: with gaps, from an armed start, at another rate, by the command."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.commands.cli import main
from synth.instrument.events import (
    LoggedEvent,
    SetParameter,
    Touch,
)
from synth.instrument.note_events import NoteOff, NoteOn
from synth.takes.companion import companion_of
from synth.takes.wav import SAMPLE_FORMATS, SampleFormat
from tests.doubles.instruments import PRESET, RATE, wait_until
from tests.doubles.samples import live_preset
from tests.synth.engine.replays import finished, instrument, recorded_s, rendered, running, same, samples


def test_a_take_of_notes_at_a_device_that_queues_little_is_rendered_to_the_bit(tmp_path: Path) -> None:
    """Computed by quarters of frames, with steps of the automaton foreseen, and rendered by whole frames."""
    chance, take = random.Random(5), tmp_path / "take.wav"
    with running(instrument(live_preset(n_frames=64), 3), playing=False, full_s=0.012) as (engine, _):
        engine.record(take)
        for i in range(60):
            key = chance.randrange(40, 80)
            engine.play_notes([NoteOn(i, key, chance.uniform(0.2, 1))], time.monotonic())
            if i % 3:
                engine.play_notes([NoteOff(i - 1)], time.monotonic() + chance.uniform(0, 0.05))
            if i in (20, 40):
                engine.send(Touch(Gesture("paint", 20.0, 30.0)))
            if i == 30:
                engine.play()
            if i == 50:
                engine.stop()
            time.sleep(chance.uniform(0.0, 0.03))
        recorded_s(engine, 1.5)
        finished(engine)
    performance = same(take)
    shares = [step.share for step in performance.steps if isinstance(step, LoggedEvent) and step.share]
    assert len(shares) > 40
    assert np.abs(samples(take)).max() > 0.01


def test_an_armed_take_that_begins_with_sound_of_its_own_is_rendered_to_the_bit(tmp_path: Path) -> None:
    """Armed in silence while it plays; the sound rises by the volume: no Play, nobody says when."""
    first = instrument(PRESET, 4)
    with running(first, playing=True) as (engine, sink):
        engine.send(SetParameter("volume_db", -60.0))
        wait_until(lambda: len(sink.chunks) > 40 and not sink.chunks[-1].any())
        engine.record(tmp_path / "take.wav", wait=True)
        before = engine.frames
        wait_until(lambda: engine.frames > before + 10)
        assert engine.status().armed
        engine.send(SetParameter("volume_db", 0.0))
        recorded_s(engine, 0.5)
        finished(engine)
    performance = same(tmp_path / "take.wav")
    assert performance.skip > 0
    assert np.abs(samples(tmp_path / "take.wav")).max() > 0.01


def test_a_gap_of_the_device_is_rendered_as_it_was_sent_and_left_out_at_another_rate(tmp_path: Path) -> None:
    take = tmp_path / "take.wav"
    first = instrument(PRESET, 2)
    with running(first, playing=True) as (engine, _):
        engine.record(take)
        recorded_s(engine, 0.3)
        begin, halted = first.begin, [True]

        def halting() -> int:
            if halted:
                halted.clear()
                time.sleep(0.4)
            return begin()

        first.begin = halting  # type: ignore[method-assign]
        recorded_s(engine, 1.2)
        finished(engine)
        assert engine.status().underruns
    performance = same(take)
    silent = sum(len(sent.sound) for sent in performance.sent if not sent.taken)
    assert silent > 0.1 * RATE
    made = performance.samples + sum(sent.taken - len(sent.sound) for sent in performance.sent)
    assert abs(len(rendered(performance, 48000)) - made * 48000 / RATE) <= 1


def test_at_another_rate_it_is_what_the_take_would_have_been(tmp_path: Path) -> None:
    """The same spectrum to 1 dB in each octave, the same length, fades at the same times."""
    take = tmp_path / "take.wav"
    with running(instrument(PRESET, 2), playing=False) as (engine, _):
        engine.record(take, wait=True)
        engine.play()
        recorded_s(engine, 1.0)
        engine.stop()
        recorded_s(engine, 1.5)
        finished(engine)
    performance = same(take)
    there, here = rendered(performance, 48000), samples(take)
    # A gap that a busy machine made in the take is left out.
    gaps = sum(len(sent.sound) - sent.taken for sent in performance.sent) / RATE
    assert abs(len(there) / 48000 + gaps - len(here) / RATE) < 1 / RATE
    starts = [float(np.flatnonzero(np.abs(sound).max(axis=1) > 0.003)[0]) / rate for sound, rate in _both(here, there)]
    ends = [float(np.flatnonzero(np.abs(sound).max(axis=1) > 0.003)[-1]) / rate for sound, rate in _both(here, there)]
    # The noise differs, and with it the moment at which a fade passes a level.
    assert abs(starts[0] - starts[1]) < 0.03 + gaps
    assert abs(ends[0] - ends[1]) < 0.03 + gaps
    for low in (125, 250, 500, 1000, 2000):
        levels = [_band_db(sound, rate, low) for sound, rate in _both(here, there)]
        assert abs(levels[0] - levels[1]) < 1.0


def _both(here: NDArray[np.float32], there: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], int]]:
    return [(here, RATE), (there, 48000)]


def _band_db(sound: NDArray[np.float32], rate_hz: int, low_hz: float) -> float:
    power = np.abs(np.fft.rfft(sound.sum(axis=1))) ** 2 / rate_hz**2
    hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < 2 * low_hz)].sum() + 1e-12))


@pytest.mark.parametrize("sample_format", SAMPLE_FORMATS)
def test_the_command_writes_the_takes_own_file_again(
    tmp_path: Path, sample_format: SampleFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    take, again = tmp_path / "take.wav", tmp_path / "again.wav"
    with running(instrument(PRESET, 2), playing=True) as (engine, _):
        engine.record(take, sample_format)
        engine.send(Touch(Gesture("erase", 30, 30)))
        recorded_s(engine, 0.4)
        finished(engine)
    assert main(["render", str(companion_of(take)), "-o", str(again)]) == 0
    assert "Sample for sample the take." in capsys.readouterr().out
    assert again.read_bytes() == take.read_bytes()
    assert main(["render", str(companion_of(take)), "-o", str(again), "--note", "A4"]) == 2
    assert "leave --note out" in capsys.readouterr().err
    assert main(["render", str(companion_of(take)), "-o", str(tmp_path / "again.flac")]) == 2
    assert "again.flac ends in .flac, and a take is a WAV file" in capsys.readouterr().err
    assert main(["render", str(companion_of(take)), "-o", str(again), "--rate", "5"]) == 2
    assert main(["render", str(companion_of(take)), "-o", str(tmp_path / "no" / "x.wav")]) == 2
    assert "choose another place" in capsys.readouterr().err
    assert again.read_bytes() == take.read_bytes()
    assert main(["render", str(tmp_path / "b.petrichord.safetensors"), "-o", str(again)]) == 2
    assert "There is no b.petrichord.safetensors" in capsys.readouterr().err
