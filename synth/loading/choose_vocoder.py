"""Which vocoder plays a preset, and why."""

from pathlib import Path

from synth.errors import VocoderUnavailable
from synth.presets.model import Preset
from synth.vocoder.choice import VocoderName, read_choice
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder


def choose_vocoder(
    name: VocoderName, preset: Preset, folder: Path | None = None, live: bool = False
) -> tuple[Vocoder, str]:
    """A vocoder that speaks the preset's format, not yet prepared, and one clause on why it was chosen.

    `auto` obeys the user's choice (`petrichord vocoder use`); without one it is BigVGAN live when a checkpoint that
    speaks the format keeps up with 30 % to spare, else spectral. What is not live and auto is spectral: held notes keep
    their pitch, which a mel alone cannot tell BigVGAN, and a render does not depend on how fast the machine is.
    `bigvgan` looks in `folder`, the environment, at the user's choice, what is installed and the Hugging Face cache;
    `VocoderUnavailable` when it finds none. `live` streams it; what is not live may look as far ahead as a note below
    the root asks for, and so keeps its time exactly. Live and auto may measure for seconds: never in the engine's loop.
    """
    if name == "bigvgan":
        return _bigvgan(preset, folder, live)
    if name == "auto" and live:
        return _auto(preset, folder)
    reason = "as asked"
    if name == "auto":
        chosen = read_choice()[0].vocoder == "spectral"
        reason = "your choice" if chosen else "it holds every note's pitch"
    return SpectralVocoder(preset.mel), reason


def _auto(preset: Preset, folder: Path | None) -> tuple[Vocoder, str]:
    choice, damage = read_choice()
    spectral = SpectralVocoder(preset.mel)
    if choice.vocoder == "spectral":
        return spectral, "your choice"
    if choice.vocoder == "bigvgan":
        try:
            return _bigvgan(preset, folder, live=True, why="your choice")
        except VocoderUnavailable as problem:
            return spectral, f"auto: {problem}"
    vocoder, reason = _fast_enough(preset, folder)
    if damage:
        reason += f"; {damage.removesuffix('.')}"
    return vocoder or spectral, f"auto: {reason}"


def _fast_enough(preset: Preset, folder: Path | None) -> tuple[Vocoder | None, str]:
    """A BigVGAN that holds real time here, and how fast it or the last one tried is."""
    import torch

    from synth.accelerator import idle_card
    from synth.loading.calibration import ENOUGH, speed_of, voices_at
    from synth.vocoder.bigvgan.folders import WEIGHTS_NAME, candidates
    from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
    from synth.vocoder.bigvgan.weights import all_weights
    from synth.vocoder.voice_pool import VoicePool

    found = list(dict.fromkeys(all_weights(preset.mel, folder)))
    if not found:
        other = next(candidates(folder), None)
        return (
            None,
            f"built in; {'BigVGAN is optional' if other is None else f'no BigVGAN here plays {preset.mel.name}'}",
        )
    if not torch.cuda.is_available():
        # A processor keeps up with the small ones if with any.
        found.sort(key=lambda place: (place / WEIGHTS_NAME).stat().st_size)
    problem = ""
    for place in found:
        try:
            vocoder = LiveBigVGANVocoder.from_folder(place)
            speed = speed_of(vocoder, place, preset)
        except VocoderUnavailable as error:
            problem = problem or str(error)
            continue
        if speed >= ENOUGH:
            n = voices_at(speed)
            voices = "one voice" if n == 1 else f"{n} voices"
            pool = VoicePool([vocoder, *(vocoder.another() for _ in range(n - 1))]) if n > 1 else vocoder
            return pool, f"{speed:.1f}× real time here, {voices}, from {place}"
        idle = idle_card()
        return None, f"{vocoder.name} reaches {speed:.1f}× real time here and needs {ENOUGH:g}×" + (
            idle and f"; {idle}"
        )
    return None, problem


def _bigvgan(preset: Preset, folder: Path | None, live: bool, why: str = "as asked") -> tuple[Vocoder, str]:
    from synth.vocoder.bigvgan.catalogue import CHECKPOINTS
    from synth.vocoder.bigvgan.folders import FOLDER_VARIABLE, named
    from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
    from synth.vocoder.bigvgan.offline import BigVGANVocoder
    from synth.vocoder.bigvgan.weights import find_weights

    choice, damage = read_choice()
    found = find_weights(preset.mel, folder, choice.checkpoint)
    if found is None:
        where = f" in {folder}" if folder is not None else ""
        published = next((known.name for known in CHECKPOINTS if known.format == preset.mel), "")
        get = f"get one with petrichord vocoder get {published}, or " if published else ""
        raise VocoderUnavailable(
            f"No BigVGAN checkpoint for the format {preset.mel.name} was found{where}: {get}name a folder that holds "
            f"one with --weights or in {FOLDER_VARIABLE}."
        )
    reason = f"{why}, from {found}"
    if damage:
        reason += f"; {damage.removesuffix('.')}"
    elif folder is None and choice.checkpoint and found != named(choice.checkpoint):
        reason += f", as your choice {choice.checkpoint} is missing or of another format"
    return LiveBigVGANVocoder.from_folder(found) if live else BigVGANVocoder(found), reason
