"""Where a culture lives fastest: measured, as a card that must be asked for every frame may lose to a processor."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from synth.accelerator import accelerator, device_failed
from synth.automaton.graphed_stepper import GraphedStepper
from synth.automaton.rules import LiveRule
from synth.automaton.stepper import Stepper

_STEPS = 6


def fastest_device(rule: LiveRule, n_mels: int, n_frames: int, dtype: torch.dtype, device: str | None = None) -> str:
    """`device`, or the one torch has, where a step and a look at the grid take less time there than a step in `dtype`
    on the processor; else "cpu". A device that fails is none."""
    away = accelerator() if device is None else device
    if not away:
        return "cpu"
    try:
        there = _step_s(rule, n_mels, n_frames, torch.float32, away)
    except RuntimeError as error:
        if not device_failed(error):
            raise
        return "cpu"
    return away if there < _step_s(rule, n_mels, n_frames, dtype, "cpu") else "cpu"


def _step_s(rule: LiveRule, n_mels: int, n_frames: int, dtype: torch.dtype, device: str) -> float:
    """Seconds from a step's inputs on the processor to its grid there, the best of some."""
    state = torch.zeros(n_mels, n_frames, rule.channels, device=device).permute(2, 0, 1)
    weather, mask = torch.zeros(rule.n_weather, n_mels, n_frames), torch.ones(n_mels, n_frames)
    plain = Stepper(rule, n_mels, n_frames, dtype, device)
    step: Callable[[Tensor, Tensor, Tensor], None] = plain.step
    if state.is_cuda:
        step = GraphedStepper(plain, state, rule.n_weather).step
    times = []
    with torch.inference_mode():
        for _ in range(_STEPS):
            start = time.perf_counter()
            step(state, weather.to(device), mask.to(device))
            state[0].cpu()
            times.append(time.perf_counter() - start)
    return min(times)
