"""Which vocoder plays a preset, and why."""

from pathlib import Path

from synth.errors import VocoderUnavailable
from synth.preset import Preset
from synth.vocoder.choice import VocoderName, read_choice
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral import SpectralVocoder


def choose_vocoder(
    name: VocoderName, preset: Preset, folder: Path | None = None, live: bool = False
) -> tuple[Vocoder, str]:
    """A vocoder that speaks the preset's format, not yet prepared, and one clause on why it was chosen.

    `auto` is the spectral vocoder: a render then sounds as the preset does when it is played, and held notes keep their
    pitch, which a mel alone cannot tell BigVGAN. `bigvgan` looks in `folder`, the environment, at the user's choice
    (`petrichord vocoder use`), what is installed and the Hugging Face cache; `VocoderUnavailable` when it finds none.
    `live` streams it; what is not live may look as far ahead as a note below the root asks for, and so keeps its time
    exactly.
    """
    if name == "bigvgan":
        return _bigvgan(preset, folder, live)
    reason = "as asked"
    if name == "auto":
        chosen = read_choice()[0].vocoder == "spectral"
        reason = "your choice" if chosen else "it plays as in the window and holds every note's pitch"
    return SpectralVocoder(preset.mel), reason


def _bigvgan(preset: Preset, folder: Path | None, live: bool) -> tuple[Vocoder, str]:
    from synth.vocoder.bigvgan import BigVGANVocoder
    from synth.vocoder.bigvgan_live import LiveBigVGANVocoder
    from synth.vocoder.catalogue import CHECKPOINTS
    from synth.vocoder.places import FOLDER_VARIABLE, named
    from synth.vocoder.weights import find_weights

    choice, damage = read_choice()
    found = find_weights(preset.mel, folder, choice.checkpoint)
    if found is None:
        where = f" in {folder}" if folder is not None else ""
        published = next((known.name for known in CHECKPOINTS if known.format == preset.mel), "")
        get = f"get one with petrichord vocoder get {published}, or " if published else ""
        raise VocoderUnavailable(
            f"No BigVGAN checkpoint that speaks {preset.mel.name} was found{where}: {get}name a folder that holds one "
            f"with --weights or in {FOLDER_VARIABLE}."
        )
    reason = f"as asked, from {found}"
    if damage:
        reason += f"; {damage.removesuffix('.')}"
    elif folder is None and choice.checkpoint and found != named(choice.checkpoint):
        reason += f", as your choice {choice.checkpoint} is missing or speaks another format"
    return LiveBigVGANVocoder.from_folder(found) if live else BigVGANVocoder(found), reason
