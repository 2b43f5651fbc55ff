"""The nine BigVGAN checkpoints NVIDIA publishes: facts, no files and no network."""

from dataclasses import dataclass

from synth.errors import VocoderUnavailable
from synth.mel import FORMATS, MelFormat

_SPEECH_22, _SPEECH_24 = "speech (LibriTTS, VCTK, LJSpeech)", "speech (LibriTTS)"
_DIVERSE = "speech, surroundings and instruments"
_24K100 = MelFormat(24000, 1024, 256, 1024, 100, 0.0, 12000.0)


@dataclass(frozen=True)
class Checkpoint:
    """One published checkpoint."""

    name: str
    format: MelFormat
    parameters: int
    """Of the generator, its weight norm folded or not: the magnitudes are 0.1 % of them."""
    size_mb: float
    """About what is downloaded, in 10⁶ bytes; the hub says exactly before anything is."""
    trained_on: str
    licence: str = "MIT"

    @property
    def repository(self) -> str:
        return f"nvidia/{self.name}"


CHECKPOINTS = (
    Checkpoint("bigvgan_v2_22khz_80band_fmax8k_256x", FORMATS["22k80"], 112_000_000, 449, _DIVERSE),
    Checkpoint("bigvgan_v2_44khz_128band_512x", FORMATS["44k128"], 122_000_000, 489, _DIVERSE),
    Checkpoint("bigvgan_base_22khz_80band", FORMATS["22k80"], 14_000_000, 56, _SPEECH_22),
    Checkpoint("bigvgan_22khz_80band", FORMATS["22k80"], 112_000_000, 449, _SPEECH_22),
    Checkpoint(
        "bigvgan_v2_22khz_80band_256x", MelFormat(22050, 1024, 256, 1024, 80, 0.0, 11025.0), 112_000_000, 449, _DIVERSE
    ),
    Checkpoint("bigvgan_v2_24khz_100band_256x", _24K100, 112_000_000, 450, _DIVERSE),
    Checkpoint(
        "bigvgan_v2_44khz_128band_256x",
        MelFormat(44100, 1024, 256, 1024, 128, 0.0, 22050.0),
        113_000_000,
        451,
        _DIVERSE,
    ),
    Checkpoint("bigvgan_base_24khz_100band", _24K100, 14_000_000, 56, _SPEECH_24),
    Checkpoint("bigvgan_24khz_100band", _24K100, 112_000_000, 450, _SPEECH_24),
)
"""Those that speak a preset's format and were trained on instruments first."""

FOR_GPU, FOR_CPU = CHECKPOINTS[0], CHECKPOINTS[2]
"""Recommended: instruments at 112 M parameters, or the only size an ordinary processor keeps up with."""


def checkpoint(name: str) -> Checkpoint:
    """By its name, with or without `nvidia/`; `VocoderUnavailable` lists those there are."""
    for known in CHECKPOINTS:
        if name.removeprefix("nvidia/") == known.name:
            return known
    listed = ", ".join(known.name for known in CHECKPOINTS)
    raise VocoderUnavailable(f"There is no published checkpoint “{name}”: choose one of {listed}.")


def recommended(gpu: bool) -> Checkpoint:
    """What to get for this machine."""
    return FOR_GPU if gpu else FOR_CPU
