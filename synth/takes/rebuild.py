"""Instruments as they were when a take began, or when a preset began in it; slow, never in the engine's loop."""

from collections.abc import Callable
from dataclasses import replace

import torch

from synth.errors import RecordingError
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner
from synth.presets.model import Preset
from synth.takes.companion import Beginning
from synth.vocoder.contract import Vocoder

ChooseVocoder = Callable[[str, Preset], Vocoder]
"""Makes a vocoder of a name for a preset, not prepared yet; another one where that cannot be had."""


def rebuilt(beginning: Beginning, rate_hz: int, choose: ChooseVocoder, *, leaving: bool = False) -> Instrument:
    """The instrument with nothing pending: that is among a take's events, at the frame where it was done.

    One that is `leaving` has no events in the take, and keeps what is pending. At the rate and with the vocoder it had
    it sounds on to the bit; otherwise it starts as if its column had sounded.
    """
    state = beginning.state
    with torch.no_grad():
        vocoder = choose(beginning.vocoder, beginning.preset)
        same = beginning.rate_hz == rate_hz and beginning.vocoder == vocoder.name
        setup = _available(beginning)
        instrument = Instrument(beginning.preset, vocoder, rate_hz, state.controls, setup)
        if beginning.partner is not None:
            instrument.begin_morph(make_partner(beginning.preset, beginning.partner, rate_hz, setup))
        instrument.resume(state if leaving else replace(state, pending=()))
        if beginning.sound is not None and same:
            try:
                instrument.vocoders.restore(beginning.sound)
            except (KeyError, ValueError) as error:
                raise RecordingError(
                    f"The state of the sound of “{beginning.preset.name}” is damaged or not of this version ({error}): "
                    "this take cannot be rendered; its sound is whole."
                ) from error
    return instrument


def _available(beginning: Beginning) -> Setup:
    """How its culture was computed, as far as this machine can."""
    setup = beginning.setup or Setup(seed=beginning.state.seed)
    if setup.device != "cpu" and not torch.cuda.is_available():
        return replace(setup, device="cpu")
    return setup
