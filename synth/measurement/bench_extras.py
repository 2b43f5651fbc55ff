"""What `petrichord bench vocoder` measures besides speed: an automaton that lives meanwhile, and what bfloat16 costs.

Axes: `M` mel bands, `n` frames, `N` samples.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from synth.automaton.rules import CHANNELS, LiveRule
from synth.automaton.stepper import Stepper, fastest_dtype
from synth.measurement.reference import reference_note
from synth.mel import DB_PER_NEPER, MelFormat, log_mel
from synth.presets.model import Preset
from synth.vocoder.bigvgan.streaming.eager import EagerStream
from synth.vocoder.bigvgan.streaming.plan import plan_of

_COMPARED_FRAMES = 96


@dataclass(frozen=True)
class Distance:
    """Of the sound with bfloat16 products from that with float32, on the same frames."""

    log_mel_db: float
    """Mean absolute difference of their log-mels."""
    waveform_db: float
    """Power of the difference against the sound's."""


@contextmanager
def automaton_beside(preset: Preset) -> Iterator[None]:
    """A culture of the default size steps at the frames' rate on a thread of its own."""
    assert isinstance(preset.rule, LiveRule)
    M, T = preset.mel.n_mels, preset.n_frames
    stepper = Stepper(preset.rule, M, T, fastest_dtype(preset.rule, M, T))
    state = torch.zeros(M, T, CHANNELS).permute(2, 0, 1)
    state.copy_(preset.state)
    weather, mask = torch.zeros(preset.rule.n_weather, M, T), torch.full((M, T), 0.5)
    done = threading.Event()

    def live() -> None:
        torch.set_num_threads(1)
        due = time.monotonic()
        with torch.inference_mode():
            while not done.is_set():
                stepper.step(state, weather, mask)
                # The wait does not depend on how long a step took, unless it took too long.
                due = max(due + 1 / preset.mel.frames_per_second, time.monotonic() - 0.1)
                done.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=live, name="automaton", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def bfloat16_distance(generator: nn.Module, fmt: MelFormat) -> Distance:
    """On the bundled violin's frames, in a format that `has_note`, played by the same layers in plain torch."""
    plan = plan_of(generator)
    frames = reference_note(fmt).log_mel[None, :, :_COMPARED_FRAMES]
    with torch.inference_mode():
        exact, rounded = (
            EagerStream(plan, products=dtype).process(frames) for dtype in (torch.float32, torch.bfloat16)
        )
        mels = [log_mel(sound, fmt) for sound in (exact, rounded)]
    difference = (rounded - exact).double()
    power = difference.square().mean() / exact.double().square().mean().clamp(min=1e-30)
    return Distance(
        log_mel_db=float((mels[0] - mels[1]).abs().mean()) * DB_PER_NEPER,
        waveform_db=float(10 * torch.log10(power.clamp(min=1e-30))),
    )
