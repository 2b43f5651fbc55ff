"""Presets made on the spot, for tests that need one but not its sound."""

import functools
from dataclasses import replace

import torch
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, NotebookRule
from synth.automaton.weather import WeatherSpec
from synth.mel import DB_PER_NEPER, FORMATS, MelFormat, grid_from_log_mel, log_mel
from synth.presets.model import Credit, Partials, Preset

SMALL_FRAMES = 40
"""Columns of the cultures that tests play: a quarter of a real one's, because most of what tests compute is steps."""


def _tone(partials: Partials, fmt: MelFormat, n_frames: int) -> Tensor:
    """The partials as a steady sound, (1, N) with N = T · hop."""
    seconds = torch.arange(n_frames * fmt.hop, dtype=torch.float64) / fmt.rate_hz
    waves = partials.amplitude[:, None] * torch.cos(2 * torch.pi * partials.hz[:, None] * seconds)
    return waves.sum(0, keepdim=True).float()


@functools.cache
def _tone_of_220_hz(fmt: MelFormat, n_frames: int) -> tuple[Partials, Tensor]:
    """Nineteen partials, and the log-mel of their sound, (M, T)."""
    hz = 220.0 * torch.arange(1, 20)
    partials = Partials(hz, torch.zeros_like(hz), 0.1 / torch.arange(1, 20))
    return partials, log_mel(_tone(partials, fmt, n_frames), fmt)[0]


def live_preset(
    seed: int = 0, fmt: MelFormat = FORMATS["22k80"], n_frames: int = SMALL_FRAMES, activity: float = 0.02
) -> Preset:
    """A harmonic tone at 220 Hz in the state, under a rule that pulls every cell towards it and drifts with weather.

    Untrained, yet alive: the rule's weights are small and random around a leak, so it moves and stays bounded.
    """
    torch.manual_seed(seed)
    weather = WeatherSpec()
    rule = LiveRule(fmt.n_mels, weather.n_fields)
    torch.nn.init.normal_(rule.act.weight, std=activity)
    rule.eval().requires_grad_(False)
    partials, mel = _tone_of_220_hz(fmt, n_frames)
    reference_db = float(mel.max()) * DB_PER_NEPER
    state = torch.randn(CHANNELS, fmt.n_mels, n_frames) * 0.05
    state[0] = grid_from_log_mel(mel, reference_db)
    return Preset(
        name="Test tone",
        mel=fmt,
        rule=rule,
        weather=weather,
        state=state.half().float(),
        quantiles=state[0].sort(dim=1).values.half().float(),
        reference_db=reference_db,
        credit=Credit("synthesized", "Petrichord", "CC0-1.0"),
        root_hz=220.0,
        partials=partials,
        tags=("test",),
    )


def cropped(preset: Preset, n_frames: int = 64) -> Preset:
    """The same culture with its first columns alone: a trained rule is as alive in a third of the room."""
    state = preset.state[:, :, :n_frames].contiguous()
    return replace(preset, state=state, quantiles=state[0].sort(dim=1).values)


def notebook_preset(seed: int = 0, n_frames: int = SMALL_FRAMES) -> Preset:
    """The same under a notebook rule with small random weights."""
    torch.manual_seed(seed)
    rule = NotebookRule()
    for parameter in rule.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    rule.eval().requires_grad_(False)
    return replace(live_preset(seed, n_frames=n_frames), rule=rule)
