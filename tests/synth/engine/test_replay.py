"""A take rendered from its performance is the take, to the bit."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import GESTURE_KINDS, Gesture
from synth.commands.cli import main
from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.engine.takes.replay import Replay
from synth.instrument.events import (
    Action,
    ChangeVocoder,
    Hand,
    LimitEvolution,
    LoggedEvent,
    Redo,
    ReseedAll,
    SetParameter,
    ThawAll,
    Touch,
    Undo,
)
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner
from synth.instrument.note_events import ChannelExpression, NoteOff, NoteOn
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.takes.companion import companion_of
from synth.takes.performance import Performance, events_of, load_performance
from synth.takes.steps import OutputTurned, PresetBegun
from synth.takes.wav import SAMPLE_FORMATS, SampleFormat
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, wait_until
from tests.doubles.samples import live_preset
from tests.doubles.siblings import siblings

CONTROLS = ParameterValues(fade_in_s=0.2, fade_out_s=0.1)


def spectral(name: str, preset: Preset) -> Vocoder:
    assert name == "spectral"
    return SpectralVocoder(preset.mel)


def instrument(preset: Preset, seed: int = 0) -> Instrument:
    with torch.no_grad():
        made = Instrument(preset, SpectralVocoder(preset.mel), RATE, CONTROLS, Setup(seed=seed))
        made.warm_up()
        made.description()
    return made


@contextmanager
def running(first: Instrument, *, playing: bool, full_s: float = 0.046) -> Iterator[tuple[Engine, ScriptedSink]]:
    sink = ScriptedSink(full_s=full_s)

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    engine = Engine(first, playing=playing, sample_format="float32", open_device=open_device)
    engine.start()
    try:
        wait_until(lambda: engine.frames > 8)
        yield engine, sink
    finally:
        engine.close()


def recorded_s(engine: Engine, seconds: float) -> None:
    wait_until(lambda: engine.status().recording_s > seconds)


def finished(engine: Engine) -> None:
    engine.stop_recording()
    wait_until(lambda: engine.status().recording is None and not engine.status().armed)


def samples(take: Path) -> NDArray[np.float32]:
    read: NDArray[np.float32] = soundfile.read(take, dtype="float32")[0]
    return read


def rendered(performance: Performance, rate_hz: int | None = None) -> NDArray[np.float32]:
    return np.concatenate(list(Replay(performance, spectral, rate_hz).filed()))


def same(take: Path) -> Performance:
    """Asserts that the take and what is rendered from beside it are equal in every sample."""
    performance, kept = load_performance(take), samples(take)
    again = rendered(performance)
    assert performance.whole
    assert performance.exact
    assert again.shape == kept.shape
    different = np.flatnonzero((again != kept).any(axis=1))
    assert not len(different), f"{len(different)} of {len(kept)} samples differ, the first at {different[0]}"
    assert not events_of(companion_of(take)).exists()
    return performance


def anything(chance: random.Random, preset: Preset) -> Action:
    """Whatever a player can ask of an instrument."""
    match chance.randrange(14):
        case 0 | 1 | 2:
            row = PARAMETERS[chance.choice(sorted(PARAMETERS))]
            low, high = row.minimum, row.maximum
            if row.id == "steps_per_frame":
                high = 2.0
            value = chance.uniform(low, high)
            return SetParameter(row.id, value if row.holds(value) and not row.is_switch else float(round(value)))
        case 3 | 4 | 5:
            column, band = chance.uniform(0, preset.n_frames), chance.uniform(0, preset.mel.n_mels)
            return Touch(Gesture(chance.choice(GESTURE_KINDS), column, band, 12.0, 9.0, chance.random()))
        case 6:
            return Hand(chance.random() < 0.5, chance.uniform(0, preset.n_frames))
        case 7 | 8:
            return chance.choice([Undo(), Undo(), Redo()])
        case 9:
            return chance.choice([ReseedAll(), ThawAll()])
        case 10:
            return NoteOff(chance.randrange(8))
        case 11:
            return ChannelExpression(0, chance.choice(["sustain", "bend", "pressure"]), chance.random())
        case _:
            return NoteOn(chance.randrange(8), chance.randrange(40, 80), chance.uniform(0.1, 1))


def play_wildly(engine: Engine, chance: random.Random, preset: Preset, n_events: int) -> None:
    for _ in range(n_events):
        engine.send(anything(chance, preset))
        time.sleep(chance.choice([0.0, 0.0, 0.005, 0.03]))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_take_of_anything_is_rendered_to_the_bit(tmp_path: Path, seed: int) -> None:
    chance, take = random.Random(seed), tmp_path / "take.wav"
    first, second = instrument(PRESET, seed), instrument(live_preset(n_frames=64), 5)
    with torch.no_grad():
        vocoder = SpectralVocoder(second.preset.mel)
        vocoder.prepare(second.preset, RATE, n_heads=2)
    with running(first, playing=seed != 2) as (engine, _):
        if seed == 1:
            with torch.no_grad():
                partner = make_partner(PRESET, siblings(64)[1], RATE, first.setup)
            engine.morph(partner)
        # What was done before the take can be undone in it.
        play_wildly(engine, chance, PRESET, 12)
        engine.record(take, wait=seed == 2)
        if seed == 2:
            engine.play()
        recorded_s(engine, 0.2)
        play_wildly(engine, chance, PRESET, 25)
        engine.swap(second)
        play_wildly(engine, chance, second.preset, 25)
        wait_until(lambda: first is not engine._playing.current and not engine._playing.voices.changing)
        engine.change_vocoder(vocoder)
        play_wildly(engine, chance, second.preset, 25)
        engine._load._evolution.limit = 0.3
        engine.stop()
        play_wildly(engine, chance, second.preset, 10)
        engine.play()
        engine.send(SetParameter("volume_db", 0.0))
        recorded_s(engine, 2.5)
        finished(engine)
    performance = same(take)
    done = [step.action for step in performance.steps if isinstance(step, LoggedEvent)]
    assert {Undo, Touch, SetParameter, ChangeVocoder, LimitEvolution, NoteOn} <= {type(action) for action in done}
    assert sum(isinstance(step, PresetBegun) for step in performance.steps) == 1
    assert np.abs(samples(take)).max() > 0.01


EFFECT_MOVES: tuple[dict[str, float], ...] = (
    {"reverb_on": True, "delay_on": True, "drive_on": True, "delay_time_s": 0.07},
    {"reverb_place": 1.0, "drive_db": 30.0},
    {"drive_place": 5.0, "reverb_place": 2.0, "chorus_on": True},
    {"reverb_freeze": True, "eq_on": True, "eq_low_db": 9.0, "delay_sync": True},
    {"tempo_bpm": 97.0, "delay_on": False, "eq_place": 1.0},
    {"reverb_freeze": False, "reverb_decay_s": 0.6, "volume_db": -3.0},
)


def test_a_take_through_effects_is_rendered_to_the_bit(tmp_path: Path) -> None:
    """Begun while they sound, stopped and played again, with a preset whose effects are others."""
    take, second = tmp_path / "take.wav", instrument(live_preset(n_frames=64), 5)
    second.do(SetParameter("chorus_on", True))
    with running(instrument(PRESET), playing=True) as (engine, _):
        for count, move in enumerate(EFFECT_MOVES):
            for id, value in move.items():
                engine.send(SetParameter(id, value))
            if count == 1:
                engine.record(take)
                recorded_s(engine, 0.05)
            time.sleep(0.03)
            (engine.stop if count == 3 else engine.play)()
        engine.swap(second)
        engine.send(SetParameter("reverb_on", True))
        recorded_s(engine, 1.0)
        engine.stop()
        recorded_s(engine, 1.4)
        finished(engine)
    performance = same(take)
    assert any(name.startswith("effects.row.reverb.effect") for name in performance.mix)
    assert any("reverb_freeze" in step.controls for step in performance.steps if isinstance(step, OutputTurned))
    other = rendered(performance, 22050)
    assert np.abs(other[-2000:]).max() > 1e-4


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
