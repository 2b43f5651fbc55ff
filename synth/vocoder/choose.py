"""Which vocoder plays a preset, and why."""

from pathlib import Path
from typing import Literal

from synth.errors import VocoderUnavailable
from synth.preset import Preset
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral import SpectralVocoder

VocoderName = Literal["auto", "spectral", "bigvgan"]


def choose_vocoder(
    name: VocoderName, preset: Preset, folder: Path | None = None, live: bool = False
) -> tuple[Vocoder, str]:
    """A vocoder that speaks the preset's format, not yet prepared, and one clause on why it was chosen.

    `auto` is the spectral vocoder: a render then sounds as the preset does when it is played, and held notes keep their
    pitch, which a mel alone cannot tell BigVGAN. `bigvgan` looks in `folder`, the environment and the Hugging Face
    cache; `VocoderUnavailable` when it finds no checkpoint. `live` streams it; what is not live may look as far ahead
    as a note below the root asks for, and so keeps its time exactly.
    """
    if name == "bigvgan":
        return _bigvgan(preset, folder, live)
    reason = "as asked" if name == "spectral" else "it plays as in the window and holds every note's pitch"
    return SpectralVocoder(preset.mel), reason


def _bigvgan(preset: Preset, folder: Path | None, live: bool) -> tuple[Vocoder, str]:
    from synth.vocoder.bigvgan import BigVGANVocoder
    from synth.vocoder.bigvgan_live import LiveBigVGANVocoder
    from synth.vocoder.weights import FOLDER_VARIABLE, REPOSITORIES, find_weights

    found = find_weights(preset.mel, folder)
    if found is None:
        where = f" in {folder}" if folder is not None else ""
        raise VocoderUnavailable(
            f"No BigVGAN checkpoint that speaks {preset.mel.name} was found{where}: put one "
            f"({REPOSITORIES[0]}, for example) into a folder and name it with --weights or in {FOLDER_VARIABLE}."
        )
    vocoder = LiveBigVGANVocoder.from_folder(found) if live else BigVGANVocoder(found)
    return vocoder, f"as asked, from {found}"
