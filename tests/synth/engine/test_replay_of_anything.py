"""A take of whatever can be played, through effects or not, is rendered from its performance to the bit."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.automaton.gestures import GESTURE_KINDS, Gesture
from synth.engine.engine import Engine
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
from synth.instrument.morph.partner import make_partner
from synth.instrument.note_events import ChannelExpression, NoteOff, NoteOn
from synth.instrument.parameters.table import PARAMETERS
from synth.presets.model import Preset
from synth.takes.steps import OutputTurned, PresetBegun
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, wait_until
from tests.doubles.samples import live_preset
from tests.doubles.siblings import siblings
from tests.synth.engine.replays import finished, instrument, recorded_s, rendered, running, same, samples


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
        wait_until(lambda: first is not engine._playing.current and not engine._playing.cross_fade.changing)
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
