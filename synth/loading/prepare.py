"""Making an instrument ready to be heard, on any thread but the engine's."""

from functools import lru_cache
from pathlib import Path

import torch

from synth.automaton.rules import LiveRule
from synth.automaton.stepper import fastest_dtype
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import Partner, make_partner
from synth.instrument.parameters.values import ParameterValues
from synth.loading.choose_vocoder import choose_vocoder
from synth.loading.device_probe import fastest_device
from synth.mel import LOG_MEL_FLOOR
from synth.presets.model import Preset
from synth.vocoder.choice import VocoderName
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder

_WARM_FRAMES = 4


@lru_cache(maxsize=8)
def _probed(n_mels: int, n_frames: int, n_weather: int) -> tuple[torch.dtype, str]:
    """The faster dtype for grids of this size on this machine's processor, and the faster device; measured once."""
    rule = LiveRule(n_mels, n_weather)
    dtype = fastest_dtype(rule, n_mels, n_frames)
    return dtype, fastest_device(rule, n_mels, n_frames, dtype)


def live_setup(preset: Preset, seed: int = 0, dtype: torch.dtype | None = None) -> Setup:
    """How this machine evolves `preset` in real time; `dtype`, which is the processor's, overrides what is fastest."""
    if dtype is not None:
        return Setup(seed=seed, dtype=dtype)
    if not isinstance(preset.rule, LiveRule):
        return Setup(seed=seed)
    probed, device = _probed(preset.mel.n_mels, preset.n_frames, preset.rule.n_weather)
    return Setup(seed=seed, dtype=probed, device=device)


def ready_instrument(
    preset: Preset,
    rate_hz: int,
    controls: ParameterValues,
    vocoder: VocoderName = "auto",
    seed: int = 0,
    dtype: torch.dtype | None = None,
    weights: Path | None = None,
    partner: Preset | None = None,
) -> tuple[Instrument, str]:
    """An instrument that can be played or swapped in at once, and why its vocoder was chosen.

    `partner` is a second preset that it is to be morphed to; `UsageError` where the two cannot be.

    The first block ever takes 50 to 170 ms, while kernels are chosen and memory is found: it happens here, on a twin.
    """
    setup = live_setup(preset, seed, dtype)
    # Not inference mode: tensors made in it could not be changed outside it.
    with torch.no_grad():
        chosen, reason = choose_vocoder(vocoder, preset, weights, live=True)
        Instrument(preset, chosen, rate_hz, controls, setup).process(_WARM_FRAMES)
        instrument = Instrument(preset, chosen, rate_hz, controls, setup)
        instrument.vocoders.spare = _spare(chosen, preset, rate_hz, setup.seed)
        if partner is not None:
            instrument.begin_morph(make_partner(preset, partner, rate_hz, setup))
        instrument.warm_up()
        instrument.description()
    return instrument, reason


def ready_partner(first: Preset, second: Preset, rate_hz: int, setup: Setup) -> Partner:
    """A second preset that an instrument of the first one can be morphed to at once; `UsageError` where it cannot."""
    with torch.no_grad():
        return make_partner(first, second, rate_hz, setup)


def ready_vocoder(
    preset: Preset, rate_hz: int, vocoder: VocoderName = "auto", seed: int = 0
) -> tuple[Vocoder, str, Vocoder | None]:
    """A vocoder an instrument of this preset can change to at once, why it was chosen, and its spare."""
    with torch.no_grad():
        chosen, reason = choose_vocoder(vocoder, preset, live=True)
        chosen.prepare(preset, rate_hz, n_heads=2, seed=seed)
        columns = torch.full((2, preset.mel.n_mels, _WARM_FRAMES), LOG_MEL_FLOOR)
        columns[1] += 1
        chosen.process(columns, torch.ones(2, _WARM_FRAMES))
        return chosen, reason, _spare(chosen, preset, rate_hz, seed)


def _spare(chosen: Vocoder, preset: Preset, rate_hz: int, seed: int) -> Vocoder | None:
    """What goes on when `chosen` cannot keep up; nothing is lighter than the spectral vocoder."""
    if isinstance(chosen, SpectralVocoder):
        return None
    spare = SpectralVocoder(preset.mel)
    spare.prepare(preset, rate_hz, n_heads=2, seed=seed)
    return spare
