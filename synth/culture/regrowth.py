"""The notebook rule as it can be played: regrown from a seed within its 96 steps, two cultures cross-faded.

The rule has no attractor beyond the steps it was trained on, so one culture is heard while the other grows from a
seed cell in a random column; then they change places over a fade. Axes: `C` channels, `M` mel bands, `T` frames.
"""

import torch
from torch import Tensor

from synth.automaton.gestures import Gesture, apply_freeze, footprint
from synth.automaton.paint import ColumnLoudness
from synth.automaton.rules import NOTEBOOK_STEPS, NotebookRule
from synth.culture.culture import CultureState
from synth.culture.second_rule import SecondRule
from synth.presets.model import Preset
from synth.random_streams import Stream, generator

FADE_STEPS = NOTEBOOK_STEPS // 2


class RegrowingCulture:
    """A culture of the notebook rule; implements `culture.Culture`. It has no weather to obey."""

    def __init__(self, preset: Preset, seed: int = 0, *, grown: bool = True) -> None:
        assert isinstance(preset.rule, NotebookRule)
        self.n_mels, self.n_frames = preset.mel.n_mels, preset.n_frames
        self.seed, self.steps = seed, 0
        self._rule = preset.rule
        self._sown = 0
        self._loudness = ColumnLoudness.of(preset.mel, torch.tanh(preset.state[0]))
        self._growing = self._sow()
        self._heard = preset.state.clone()[None] if grown else torch.zeros_like(self._growing)
        self._wound = torch.zeros(self.n_mels, self.n_frames)
        self._frozen = torch.zeros(self.n_mels, self.n_frames)
        self._held = torch.zeros(self.n_mels, self.n_frames)
        """Grid values frozen cells keep while the cultures behind them come and go."""

    def _sow(self) -> Tensor:
        column = int(generator(self.seed, Stream.SEED_CELLS, self._sown).integers(self.n_frames))
        self._sown += 1
        return self._rule.seed(self.n_mels, self.n_frames, column)

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        """Grow the silent culture one step; after a fade's time it takes over and a new seed is sown."""
        phase = self.steps % (NOTEBOOK_STEPS + FADE_STEPS)
        if phase < NOTEBOOK_STEPS:
            self._growing = self._rule(self._growing)
        self.steps += 1
        if phase == NOTEBOOK_STEPS + FADE_STEPS - 1:
            self._heard, self._growing = self._growing, self._sow()
            self._wound.zero_()

    def _fade(self) -> float:
        phase = self.steps % (NOTEBOOK_STEPS + FADE_STEPS)
        return max(0, phase - NOTEBOOK_STEPS) / FADE_STEPS

    def foresee(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        """Nothing: two cultures are stepped here, and neither is asked for alone."""

    def touch(self, gesture: Gesture) -> None:
        """Wounds and paint last until the next regrowth, held or not; this rule does not heal."""
        if gesture.kind == "hold":
            return
        touch = footprint(gesture, self.n_mels, self.n_frames)
        if gesture.kind in ("freeze", "thaw"):
            if gesture.kind == "freeze":
                self._held = torch.where(touch > 0, self.grid(), self._held)
        else:
            target = torch.full_like(touch, gesture.strength if gesture.kind == "paint" else -4.0)
            if gesture.kind == "paint" and gesture.loudest_lu is not None:
                every = torch.arange(self.n_frames)
                most = self._loudness.paint_level(self.grid(), 0, every, touch, gesture.loudest_lu)
                target = torch.minimum(target, torch.atanh(most.clamp(-0.999, 0.999)).expand_as(target))
            self._heard[0, 0].lerp_(target, touch)
            self._held.lerp_(torch.tanh(target), touch)
            torch.maximum(self._wound, touch, out=self._wound)
        apply_freeze(self._frozen, gesture)

    def thaw(self) -> None:
        self._frozen.zero_()

    def join(self, second: SecondRule | None) -> None:
        """Nothing: the notebook's rule shares its cells with nobody."""

    def share(self, share: Tensor | None) -> None:
        """Nothing, likewise."""

    def reseed(self) -> None:
        self._heard = torch.zeros_like(self._heard)
        self._heard[:, 0] = -4.0
        self._growing, self.steps = self._sow(), 0
        self.thaw()

    def grid(self) -> Tensor:
        """tanh readout of both cultures, mixed while they change places; frozen cells keep what they had."""
        heard = torch.tanh(self._heard[0, 0])
        fade = self._fade()
        if fade > 0:
            heard.lerp_(torch.tanh(self._growing[0, 0]), fade)
        return heard.lerp_(self._held, self._frozen)

    def cells(self) -> Tensor:
        return self._heard[0]

    def frozen(self) -> Tensor:
        return self._frozen

    def resting(self) -> Tensor:
        return self._wound

    def ailment(self) -> str:
        finite = bool(torch.isfinite(self._growing).all() and torch.isfinite(self._heard).all())
        return "" if finite else "not finite"

    def save(self) -> CultureState:
        both = torch.cat([self._heard, self._growing])
        ice = torch.stack([self._frozen, self._held])
        return CultureState(both, self._wound.clone(), ice, self.steps, 0.0, self._sown)

    def restore(self, saved: CultureState) -> None:
        self._heard, self._growing = saved.state[:1].clone(), saved.state[1:].clone()
        self._frozen, self._held = saved.frozen.clone()
        self._wound, self.steps, self._sown = saved.rest.clone(), saved.steps, saved.gestures
