"""Presets made on the spot, for tests that need one but not its sound."""

from dataclasses import replace

import torch

from synth.mel import FORMATS, MelFormat, band_centres_hz
from synth.preset import Credit, Partials, Preset
from synth.tnca import CHANNELS, LiveRule, NotebookRule
from synth.weather import WeatherSpec


def live_preset(
    seed: int = 0, fmt: MelFormat = FORMATS["22k80"], n_frames: int = 172, activity: float = 0.02
) -> Preset:
    """A harmonic tone at 220 Hz in the state, under a rule that pulls every cell towards it and drifts with weather.

    Untrained, yet alive: the rule's weights are small and random around a leak, so it moves and stays bounded.
    """
    torch.manual_seed(seed)
    weather = WeatherSpec()
    rule = LiveRule(fmt.n_mels, weather.n_fields)
    torch.nn.init.normal_(rule.act.weight, std=activity)
    rule.eval().requires_grad_(False)
    state = torch.randn(CHANNELS, fmt.n_mels, n_frames) * 0.05
    centres = band_centres_hz(fmt)
    state[0] = -0.9
    hz = 220.0 * torch.arange(1, 20)
    for k, f in enumerate(hz.tolist()):
        state[0, int((centres - f).abs().argmin())] = 0.9 - 0.05 * k
    partials = Partials(hz, torch.zeros_like(hz), 0.1 / torch.arange(1, 20))
    return Preset(
        name="Test tone",
        mel=fmt,
        rule=rule,
        weather=weather,
        state=state.half().float(),
        quantiles=state[0].sort(dim=1).values.half().float(),
        reference_db=10.0,
        credit=Credit("synthesized", "Petrichord", "CC0-1.0"),
        root_hz=220.0,
        partials=partials,
        tags=("test",),
    )


def notebook_preset(seed: int = 0, n_frames: int = 172) -> Preset:
    """The same under a notebook rule with small random weights."""
    torch.manual_seed(seed)
    rule = NotebookRule()
    for parameter in rule.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    rule.eval().requires_grad_(False)
    return replace(live_preset(seed, n_frames=n_frames), rule=rule)
