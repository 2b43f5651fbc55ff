"""Two presets, of one parent or of two, whose cultures provably live for ever."""

import copy
from dataclasses import replace

import torch

from synth.automaton.rules import LiveRule
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner
from synth.instrument.parameters.values import ParameterValues
from synth.mel import FORMATS
from synth.presets.model import Partials, Preset
from synth.vocoder.contract import Vocoder, VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.instruments import Echo
from tests.doubles.samples import SMALL_FRAMES

RATE = 44100


def siblings(n_frames: int = SMALL_FRAMES) -> tuple[Preset, Preset]:
    """The steady test tone at 220 Hz, and a louder, duller one at 330 Hz that fades and moves otherwise."""
    first = steady_preset(n_frames)
    assert isinstance(first.rule, LiveRule)
    rule = copy.deepcopy(first.rule)
    with torch.no_grad():
        rule.place.weight.mul_(1.1)
        rule.climate.weight.mul_(-0.5)
    hz = 330.0 * torch.arange(1, 12)
    second = replace(
        first,
        name="Second test tone",
        parent=first.name,
        rule=rule,
        state=first.state.roll(3, 1),
        quantiles=first.quantiles.roll(3, 0),
        root_hz=330.0,
        gain_db=first.gain_db + 3.0,
        partials=Partials(hz, torch.zeros_like(hz), 0.1 / torch.arange(1, 12)),
        decay_db_per_s=torch.full((first.mel.n_mels,), -6.0),
    )
    return first, second


def strangers(n_frames: int = SMALL_FRAMES) -> tuple[Preset, Preset]:
    """The same two sounds, of which the second descends from another preset than the first."""
    first, second = siblings(n_frames)
    return first, replace(second, parent="Another parent")


class Ear(Echo):
    """Keeps what it is given; plays two presets if it is told to."""

    last: tuple[VoiceFrames, float] | None = None
    two = True

    @property
    def plays_two(self) -> bool:
        return self.two

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> torch.Tensor:
        self.last = voices, spread
        return super().process_voices(voices, spread)


def ear(two: bool = True) -> Ear:
    """One that gives silence back; whether it plays two presets is up to the test."""
    made = Ear(FORMATS["22k80"], 0)
    made.two = two
    return made


def heard(instrument: Instrument) -> VoiceFrames:
    """What the vocoder is given for the next frame."""
    listener = instrument.vocoder
    instrument.process(1)
    assert isinstance(listener, Ear)
    assert listener.last is not None
    return listener.last[0]


def same(one: VoiceFrames | None, other: VoiceFrames | None) -> bool:
    """To the bit, for both presets."""
    if one is None or other is None:
        return one is other
    pairs = ((one.columns, other.columns), (one.pitch_ratio, other.pitch_ratio), (one.gain, other.gain))
    return (
        one.slots == other.slots and all(map(torch.equal, *zip(*pairs, strict=True))) and same(one.second, other.second)
    )


def morphing(presets: tuple[Preset, Preset], vocoder: Vocoder | None = None, **controls: float) -> Instrument:
    """An instrument of the first preset beside which the second one is played."""
    first, second = presets
    setup = Setup(seed=3)
    made = Instrument(first, vocoder or SpectralVocoder(first.mel), RATE, ParameterValues(controls), setup)
    made.begin_morph(make_partner(first, second, RATE, setup, n_vocoders=0 if vocoder else 1))
    return made
