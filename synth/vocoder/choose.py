"""Which vocoder plays a preset, and why."""

from typing import Literal

from synth.preset import Preset
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral import SpectralVocoder

VocoderName = Literal["auto", "spectral", "bigvgan"]


def choose_vocoder(name: VocoderName, preset: Preset) -> tuple[Vocoder, str]:
    """A vocoder that speaks the preset's format, not yet prepared, and one sentence on why it was chosen."""
    return SpectralVocoder(preset.mel), "it needs no weights and holds every note's pitch"
