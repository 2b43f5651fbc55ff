"""Growing a rule from seed cells as it will be played, and listening to its playhead.

Axes as in `synth.automaton.rules`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, seed_cells
from synth.automaton.stepper import Stepper
from synth.automaton.weather import Weather, WeatherSpec
from synth.presets.model import LOOP_FRAMES
from synth.random_streams import Stream, coin_flips, uniform


@dataclass(frozen=True)
class Growth:
    """A culture after a long rollout."""

    state: Tensor
    """(C, M, T) float32."""
    heard: Tensor
    """(M, S): channel 0 in the column under the playhead at each step."""


def grow(
    rule: LiveRule,
    weather: WeatherSpec,
    n_steps: int,
    seed: int = 0,
    n_frames: int = LOOP_FRAMES,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Growth:
    """`n_steps` from seed cells, one column of playhead per step."""
    n_mels = len(rule.position)
    stepper = Stepper(rule, n_mels, n_frames, dtype, device)
    sky = Weather(weather, n_mels, n_frames, seed)
    state = torch.empty(n_mels, n_frames, CHANNELS, device=device).permute(2, 0, 1)
    state.copy_(seed_cells(uniform(seed, Stream.SEED_CELLS, 0, (CHANNELS, n_mels, n_frames))))
    heard = torch.empty(n_mels, n_steps, device=device)
    with torch.inference_mode():
        for step in range(n_steps):
            mask = coin_flips(seed, Stream.UPDATE_MASK, step, n_mels * n_frames).view(n_mels, n_frames)
            stepper.step(state, sky.at(step).to(device), mask.to(device))
            heard[:, step] = state[0, :, step % n_frames]
    return Growth(state.contiguous().clone().cpu(), heard.clone().cpu())
