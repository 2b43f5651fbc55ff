"""What a second preset needs to be played beside a first one, prepared outside of the engine's loop."""

import hashlib
import math
from dataclasses import dataclass, field, replace

from synth.culture.culture import Culture
from synth.culture.hidden_channels import HiddenChannels
from synth.culture.second_rule import SecondRule, are_siblings
from synth.culture.two_plates import of_length
from synth.errors import UsageError
from synth.instrument.events import BeginMorph
from synth.instrument.morph.levelling import Weights
from synth.instrument.morph.measured import Measured, measured
from synth.instrument.reading.column_reader import Reader
from synth.instrument.setup import Setup, make_culture
from synth.instrument.voices.contour import Contour, contour_of
from synth.mel import DB_PER_NEPER
from synth.presets.file import preset_bytes
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder
from synth.vocoder.pair import PairVocoder, second_seed
from synth.vocoder.spectral.vocoder import SpectralVocoder

_SPARES = 2
"""One for the vocoder that plays, one for its spare or for another that takes its place."""


@dataclass(frozen=True)
class SecondPlate:
    """The culture of a second preset that descends from another one than the first."""

    culture: Culture
    hidden: HiddenChannels


@dataclass
class Partner:
    """A second preset, ready to be morphed to by an instrument of the preset, seed and rate it was made for."""

    preset: Preset
    first: Preset
    """The preset it was prepared for."""
    out_rate_hz: int
    event: BeginMorph
    """What it is called in a log."""
    life: SecondRule | SecondPlate
    """Its rule where it lives on the first preset's culture, a culture of its own where it cannot."""
    reader: Reader
    contour: Contour
    weights: tuple[Weights, Weights]
    """Of the first preset, and of this one."""
    measured: Measured
    """By how much both, played by a vocoder each, are louder than estimated."""
    louder_nepers: float
    """By how much its columns must be raised to be as loud beside the first preset's as they are alone."""
    vocoders: list[SpectralVocoder] = field(default_factory=list)
    """Prepared and not in use."""

    def fits(self, first: Preset, out_rate_hz: int) -> bool:
        """Whether it was prepared for an instrument of this preset and rate."""
        return self.first is first and self.out_rate_hz == out_rate_hz

    def beside(self, vocoder: Vocoder) -> Vocoder:
        """A vocoder that plays both presets, where the one given can be played so; else that one. Quick."""
        if vocoder.plays_two or not isinstance(vocoder, SpectralVocoder) or not self.vocoders:
            return vocoder
        return PairVocoder.beside(vocoder, self.vocoders.pop(), self.preset, math.exp(self.louder_nepers))


def played_with(vocoder: Vocoder, first: Preset, second: Preset) -> Vocoder:
    """A vocoder that plays both presets once it is prepared for the first, where the one given can be played so."""
    if not isinstance(vocoder, SpectralVocoder):
        return vocoder
    return PairVocoder(vocoder, SpectralVocoder(second.mel), second, math.exp(_louder_nepers(first, second)))


def _louder_nepers(first: Preset, second: Preset) -> float:
    return (second.gain_db - first.gain_db) / DB_PER_NEPER


def check_can_morph(first: Preset, second: Preset) -> None:
    """`UsageError` in one sentence where two presets cannot be morphed."""
    if first.mel != second.mel:
        raise UsageError(
            f"“{first.name}” has the format {first.mel.name}, “{second.name}” {second.mel.name}: choose a second "
            "preset of the same format."
        )


def _life(first: Preset, second: Preset, setup: Setup) -> SecondRule | SecondPlate:
    plate = plate_of(first, second)
    if plate is None:
        return SecondRule(first, second, setup.seed, setup.dtype, setup.device)
    # However the first one began, this one is there from the moment it is asked for.
    return SecondPlate(make_culture(plate, replace(setup, grown=True)), HiddenChannels(second.state))


def plate_of(first: Preset, second: Preset) -> Preset | None:
    """The second preset as it lives on a plate of its own beside the first; None where both share a culture."""
    return None if are_siblings(first, second) else of_length(second, first.n_frames)


def make_partner(first: Preset, second: Preset, out_rate_hz: int, setup: Setup, n_vocoders: int = _SPARES) -> Partner:
    """Slow; `UsageError` in one sentence where the two cannot be morphed. `setup` is the first one's culture's."""
    check_can_morph(first, second)
    vocoders = []
    for _ in range(n_vocoders):
        vocoder = SpectralVocoder(second.mel)
        vocoder.prepare(second, out_rate_hz, n_heads=2, seed=second_seed(setup.seed))
        vocoders.append(vocoder)
    return Partner(
        second,
        first,
        out_rate_hz,
        BeginMorph(second.name, hashlib.sha256(preset_bytes(second)).hexdigest()),
        _life(first, second, setup),
        Reader(second, 0.0),
        contour_of(second),
        (Weights(first), Weights(second)),
        measured(first, second),
        _louder_nepers(first, second),
        vocoders,
    )
