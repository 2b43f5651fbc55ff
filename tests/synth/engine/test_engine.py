"""The engine: cross-fades, rescue, evolution under load, takes, what it reports."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from synth.automaton.gestures import Gesture
from synth.device.sinks import Sink
from synth.engine.commands.messages import ChangeCommand
from synth.engine.engine import Engine
from synth.engine.notices import Noticeboard
from synth.engine.playing import Playing
from synth.engine.preset_cross_fade import PresetCrossFade
from synth.errors import AudioDeviceError, UsageError
from synth.instrument.events import Touch, set_parameters
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument, ready_vocoder
from synth.output.master import volume_gain
from tests.doubles.end_fades import as_filed, between_fades
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, SineInstrument, roughness, wait_until


@contextmanager
def playing(instrument: SineInstrument, **options: object) -> Iterator[tuple[Engine, ScriptedSink]]:
    """A running engine on a sink that remembers."""
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    engine = Engine(instrument, playing=True, open_device=open_device, **options)  # type: ignore[arg-type]
    engine.start()
    try:
        wait_until(lambda: np.abs(sink.audio).max(initial=0) > 0.05)
        yield engine, sink
    finally:
        engine.close()


def settled(engine: Engine, blocks: int = 12) -> None:
    target = engine.frames + blocks
    wait_until(lambda: engine.frames > target)


def tone_roughness(hz: float, amplitude: float) -> float:
    return amplitude * (2 * np.pi * hz / RATE) ** 2


def loud_part(sink: ScriptedSink) -> np.ndarray:  # type: ignore[type-arg]
    """From the end of the fade-in on."""
    start = int(np.flatnonzero(np.abs(sink.audio[:, 0]) > 0.05)[0])
    return sink.audio[start + 3000 :]


def test_a_preset_change_cross_fades_within_300_ms_without_silence_or_click() -> None:
    cross_fade = PresetCrossFade(SineInstrument(440))
    blocks = [cross_fade.process(2)[0] for _ in range(20)]
    cross_fade.swap(SineInstrument(1000))
    blocks += [cross_fade.process(2)[0] for _ in range(30)]
    audio = np.concatenate(blocks, axis=1)[0]
    # Both tones at their steepest, and a little for the fade itself.
    assert np.abs(np.diff(audio, n=2)).max() < 1.2 * (tone_roughness(1000, 0.1) + tone_roughness(440, 0.1))
    power = np.convolve(audio**2, np.ones(441) / 441, "valid")
    # Equal power: 10 ms means stay within what beating of the two tones can do.
    assert power.min() > 0.3 * 0.1**2 / 2
    n = np.arange(len(audio))
    windows = [slice(i, i + 2205) for i in range(0, len(audio) - 2205, 441)]

    def share(hz: float) -> np.ndarray:  # type: ignore[type-arg]
        wave = np.exp(-2j * np.pi * hz * n / RATE)
        return np.array([abs((audio[w] * wave[w]).mean()) for w in windows]) / 0.05

    mixed = (share(440) > 0.05) & (share(1000) > 0.05)
    assert 0.1 < mixed.sum() * 0.01 < 0.35
    assert share(1000)[-1] == pytest.approx(1, abs=0.01)


def test_closing_does_not_wait_for_a_long_fade_and_does_not_click() -> None:
    instrument = SineInstrument(440)
    instrument.controls = ParameterValues(fade_out_s=10.0)
    with playing(instrument) as (engine, sink):
        settled(engine, 20)
        engine.stop()
        settled(engine, 4)
        began = time.monotonic()
        engine.close()
        assert time.monotonic() - began < 3
    assert np.abs(sink.audio[-100:]).max() < 1e-4
    assert roughness(loud_part(sink)) < 1.5 * tone_roughness(440, 0.1 * volume_gain(0))


def test_of_several_presets_asked_for_at_once_the_last_is_heard() -> None:
    with playing(SineInstrument(440)) as (engine, sink):
        for hz in (500, 600, 700):
            engine.swap(SineInstrument(hz))
        wait_until(lambda: engine.status().preset == "700 Hz")
        settled(engine, 30)
    assert roughness(loud_part(sink)[:-12000]) < 1.5 * tone_roughness(700, 0.1 * volume_gain(0))


def playing_three() -> tuple[Playing, SineInstrument, SineInstrument]:
    """One preset fades into another while a third waits; the two that are left."""
    playing = Playing(SineInstrument(440), "", Noticeboard())
    second, third = SineInstrument(500), SineInstrument(600)
    playing.swap(second, "")
    playing.process(2, 1.0)
    playing.swap(third, "")
    assert playing.current is second
    return playing, second, third


def run_on(playing: Playing) -> None:
    """Until both cross-fades are over."""
    for _ in range(60):
        playing.process(2, 1.0)


def test_what_is_sent_after_a_preset_that_waits_is_meant_for_it() -> None:
    playing, second, third = playing_three()
    before = second.controls
    wanted = ParameterValues(note=71)
    for event in set_parameters(wanted):
        playing.send(event)
    playing.send(Touch(Gesture("erase", 40, 20)))
    run_on(playing)
    assert playing.current is third
    assert third.controls == wanted
    assert third.history.undos == 1
    assert second.controls == before
    assert second.history.undos == 0


def test_a_vocoder_made_for_a_preset_that_waits_reaches_it() -> None:
    playing, second, third = playing_three()
    vocoder = ready_vocoder(PRESET, RATE)[0]
    playing.change(ChangeCommand(vocoder, "for the third", None, "600 Hz"))
    playing.change(ChangeCommand(ready_vocoder(PRESET, RATE)[0], "for the second", None, "500 Hz"))
    assert playing.reason == "for the third"
    assert third.changing
    assert not second.changing


def test_a_block_during_which_the_program_was_halted_is_not_a_vocoder_that_is_too_slow() -> None:
    instrument = SineInstrument()
    instrument.vocoders.spare = ready_vocoder(PRESET, RATE)[0]
    with playing(instrument) as (engine, _):
        settled(engine)
        instrument.delay_before_s = 3.0
        wait_until(lambda: engine.status().underruns == 1)
        settled(engine, 100)
        assert engine.status().load < 1
        assert "keep up" not in " ".join(notice.text for notice in engine.status().notices)


def test_an_instrument_for_another_rate_is_refused() -> None:
    with playing(SineInstrument()) as (engine, _):
        other = SineInstrument()
        other.out_rate_hz = 48000
        with pytest.raises(UsageError, match="48000 Hz"):
            engine.swap(other)


def test_a_block_that_is_not_finite_is_never_heard() -> None:
    instrument = SineInstrument()
    with playing(instrument) as (engine, sink):
        settled(engine)
        instrument.poison = True
        wait_until(lambda: engine.status().rescues == 1)
        settled(engine, 8)
    assert np.isfinite(sink.audio).all()
    # The last good sample decays over 5 ms: A·π²/(2·220²) at most, and a corner where the tone's slope ends.
    assert roughness(loud_part(sink)[:-12000]) < 2 * np.pi * 440 / RATE * 0.1 * volume_gain(0)
    assert engine.status().notices[-1].text == "The culture was not finite and has been reseeded."


@torch.inference_mode()
def test_a_sick_culture_is_faded_reseeded_and_counted() -> None:
    cross_fade = PresetCrossFade(ready_instrument(PRESET, RATE, ParameterValues())[0])
    cross_fade.process(20)
    cross_fade.current.culture._state[3, 10, 10] = float("nan")  # type: ignore[attr-defined]
    block, ailment = cross_fade.process(2)
    assert ailment == "not finite"
    assert cross_fade.rescues == 1
    assert np.isfinite(block).all()
    assert np.abs(block[:, -1]).max() < 1e-6
    for _ in range(60):
        block, ailment = cross_fade.process(2)
        assert np.isfinite(block).all()
        assert not ailment
    assert np.abs(block).max() > 1e-4


def test_one_late_block_is_a_counted_gap_and_sound_goes_on() -> None:
    instrument = SineInstrument()
    with playing(instrument) as (engine, sink):
        settled(engine)
        instrument.delay_before_s = 0.2
        wait_until(lambda: engine.status().underruns >= 1)
        made = len(sink.chunks)
        wait_until(lambda: len(sink.chunks) > made + 60)
    assert roughness(loud_part(sink)[:-12000]) < 10 * tone_roughness(440, 0.1 * volume_gain(0))


def test_the_take_is_what_was_sent_even_across_a_gap(tmp_path: Path) -> None:
    instrument = SineInstrument()
    with playing(instrument, sample_format="float32") as (engine, sink):
        engine.record(tmp_path / "take.wav")
        settled(engine)
        instrument.delay_before_s = 0.2
        wait_until(lambda: engine.status().underruns >= 1)
        settled(engine, 20)
        engine.stop_recording()
        wait_until(lambda: engine.status().last_take == tmp_path / "take.wav")
        settled(engine)
    take = soundfile.read(tmp_path / "take.wav", dtype="float32")[0]
    # Its first 5 ms are faded, and no longer what was sent.
    chunks = sink.audio.reshape(-1, 256, 2)
    second = next(i for i in range(len(chunks)) if np.array_equal(chunks[i], take[256:512]) and take[256:512].any())
    sent = sink.audio[256 * (second - 1) :][: len(take)]
    assert np.array_equal(between_fades(sent, RATE), between_fades(take, RATE))
    assert np.allclose(take, as_filed(sent, RATE), atol=1e-6)


def test_recording_to_an_impossible_place_is_a_notice(tmp_path: Path) -> None:
    with playing(SineInstrument()) as (engine, _):
        engine.record(Path("/dev/null/take.wav"))
        assert "choose another folder" in engine.status().notices[-1].text
        assert engine.status().recording is None


def test_commands_reach_the_instrument_and_volume_the_master() -> None:
    instrument = SineInstrument()
    with playing(instrument) as (engine, sink):
        engine.send(Touch(Gesture("paint", 20, 20)))
        for event in set_parameters(ParameterValues(volume_db=-60)):
            engine.send(event)
        wait_until(lambda: instrument.controls["volume_db"] == -60)
        wait_until(lambda: not sink.chunks[-1].any())
        wait_until(lambda: engine.view() is not None and bool(engine.view().rest.any()))  # type: ignore[union-attr]


def test_stop_is_silence_and_play_brings_it_back() -> None:
    with playing(SineInstrument()) as (engine, sink):
        engine.stop()
        wait_until(lambda: not sink.chunks[-1].any())
        assert not engine.status().playing
        engine.play()
        wait_until(lambda: np.abs(sink.chunks[-1]).max() > 0.1)
        assert roughness(sink.audio) < 2 * tone_roughness(440, 0.1 * volume_gain(0))


def test_closing_fades_out_and_ends_every_thread() -> None:
    before = set(threading.enumerate())
    with playing(SineInstrument()) as (engine, sink):
        settled(engine)
        start = time.monotonic()
        engine.close()
        assert time.monotonic() - start < 4
    assert roughness(sink.audio) < 2 * tone_roughness(440, 0.1 * volume_gain(0))
    assert not sink.audio[-64:].any()
    assert sink.closed
    assert set(threading.enumerate()) <= before


def test_without_a_device_everything_runs_and_says_so(tmp_path: Path) -> None:
    def no_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        raise AudioDeviceError("There is no sound output on this machine.")

    instrument, reason = ready_instrument(PRESET, RATE, ParameterValues())
    engine = Engine(instrument, playing=True, open_device=no_device, reason=reason)
    engine.record(tmp_path / "take.wav")
    engine.start()
    wait_until(lambda: engine.frames > 70)
    wait_until(lambda: engine.status().steps_per_second > 0)
    status = engine.status()
    engine.close()
    assert "no sound output" in status.notices[0].text
    assert status.device == "no output"
    assert 20 < status.steps_per_second < 100
    assert 0 < status.load < 2
    assert status.vocoder.startswith("spectral")
    assert status.latency_s == pytest.approx(0.5 * 0.0232 + 0.070 + instrument.delay_s, abs=0.02)
    take = soundfile.read(tmp_path / "take.wav")[0]
    assert np.abs(take).max() > 1e-3
