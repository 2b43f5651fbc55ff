"""A preset whose culture provably lives for ever: for tests that play longer than an untrained rule stays bounded."""

from dataclasses import replace

import torch

from synth.automaton.rules import LiveRule
from synth.presets.model import Preset
from tests.doubles.samples import SMALL_FRAMES, live_preset

_LEAK = 0.05
_WEATHER = 0.02
_LIFT = 3.0


def steady_preset(n_frames: int = SMALL_FRAMES) -> Preset:
    """Every channel decays by a leak; channel 0 towards a coarse spectrum, pushed about by weather.

    The update is −λ·x + λ·target(row) + ε·weather: a contraction under bounded drive, so its state is bounded too. It
    is built from ReLUs in pairs, x = relu(x) − relu(−x).
    """
    preset = live_preset(n_frames=n_frames)
    C = preset.state.shape[0]
    rule = LiveRule(preset.mel.n_mels, preset.weather.n_fields)
    target = preset.state[0].mean(1)
    exact = torch.linalg.lstsq(rule.position.double(), target[:, None].double() + _LIFT).solution[:, 0]
    # The last digits of a least-squares fit depend on where its matrices lie in memory: two presets must be equal.
    fit = torch.round(exact, decimals=4).float()
    with torch.no_grad():
        for parameter in rule.parameters():
            parameter.zero_()
        for c in range(C):
            rule.sense.weight[2 * c, c] = 1.0
            rule.sense.weight[2 * c + 1, c] = -1.0
            rule.act.weight[c, 2 * c], rule.act.weight[c, 2 * c + 1] = -_LEAK, _LEAK
        assert rule.sense.bias is not None
        row, one, wet, dry = 2 * C, 2 * C + 1, 2 * C + 2, 2 * C + 3
        rule.place.weight[row] = fit
        rule.sense.bias[one] = _LIFT
        rule.act.weight[0, row], rule.act.weight[0, one] = _LEAK, -_LEAK
        rule.climate.weight[wet], rule.climate.weight[dry] = 1.0, -1.0
        rule.act.weight[0, wet], rule.act.weight[0, dry] = _WEATHER, -_WEATHER
    rule.eval().requires_grad_(False)
    return replace(preset, rule=rule, name="Steady test tone")
