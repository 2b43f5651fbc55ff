"""A living culture: state, rule, weather and wounds, stepped one at a time.

Axes: `C` channels, `M` mel bands, `T` frames, `K` weather fields. Everything random is keyed by (seed, step), so a
culture's life depends only on its preset, its seed and what is done to it.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from synth.automaton.gestures import WAKE_STEPS, Gesture, apply_freeze, apply_gesture
from synth.automaton.graphed_stepper import GraphedStepper
from synth.automaton.paint import ColumnLoudness
from synth.automaton.rules import CHANNELS, LiveRule, seed_cells
from synth.automaton.scripted import scripted
from synth.automaton.stepper import Stepper
from synth.automaton.weather import Weather
from synth.culture.second_rule import SecondRule
from synth.culture.step_ahead import StepAhead
from synth.presets.model import Preset
from synth.random_streams import Stream, coin_flips, uniform

_SATURATED = 3.0
"""A channel 0 whose mean magnitude passes this has run away; a trained culture stays below 1.1."""
_GROWTH_STEPS = 512
"""Steps a reseeded culture may stay silent before it counts as dead; a trained one is loud within 64."""


@dataclass(frozen=True)
class CultureState:
    """A culture's whole memory, on the processor; restoring it gives back the same future."""

    state: Tensor
    rest: Tensor
    frozen: Tensor
    steps: int
    weather_clock: float
    gestures: int
    grown_at: int = 0
    second: "CultureState | None" = None
    """Of a culture that lives on a plate of its own beside this one."""

    @property
    def n_bytes(self) -> int:
        own = sum(tensor.nbytes for tensor in (self.state, self.rest, self.frozen))
        return own if self.second is None else own + self.second.n_bytes


class Culture(Protocol):
    """What the instrument needs of a culture, whichever rule it lives by."""

    n_mels: int
    n_frames: int

    @property
    def steps(self) -> int: ...

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None: ...
    def foresee(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        """A step like this is likely to be the next thing that is asked: a good moment to compute it beside all else.

        Changes nothing but the time the next step takes."""
        ...

    def touch(self, gesture: Gesture) -> None: ...
    def thaw(self) -> None:
        """Let every frozen cell live again."""
        ...

    def join(self, second: SecondRule | None) -> None:
        """Live by another preset's rule as well from now on, as far as `share` says; None: by its own alone."""
        ...

    def share(self, share: Tensor | None) -> None:
        """How much of each cell's life is the second rule's, (M, T) in 0 … 1 on the CPU, never written to again; None
        where it is 0 everywhere."""
        ...

    def reseed(self) -> None: ...
    def grid(self) -> Tensor:
        """Channel 0 as heard, (M, T) on the CPU; may share memory with the culture."""
        ...

    def cells(self) -> Tensor:
        """All channels, (C, M, T); may share memory with the culture."""
        ...

    def frozen(self) -> Tensor:
        """How firmly each cell is held as it is, (M, T) in 0 … 1 on the CPU; may share memory with the culture."""
        ...

    def resting(self) -> Tensor:
        """How much of its rest each wounded cell still has, (M, T) in 0 … 1."""
        ...

    def ailment(self) -> str:
        """Why it must be rescued ("not finite", "saturated", "dead"), or "" when it is well."""
        ...

    def save(self) -> CultureState: ...
    def restore(self, saved: CultureState) -> None: ...


@scripted
def _rest_one_step(mask: Tensor, rest: Tensor, wake_steps: int) -> None:
    """Cells that rest are asleep, and wake over the last steps of their rest."""
    mask *= (1 - rest / wake_steps).clamp_(0, 1)
    rest.sub_(1).clamp_(min=0)


class LiveCulture:
    """A culture of the live rule; starts grown, from the preset's stored state, or from seed cells."""

    def __init__(
        self,
        preset: Preset,
        seed: int = 0,
        *,
        grown: bool = True,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        assert isinstance(preset.rule, LiveRule)
        self.n_mels, self.n_frames = preset.mel.n_mels, preset.n_frames
        self.seed, self.steps = seed, 0
        self._device = torch.device(device)
        self._ahead = StepAhead()
        self._copy: Tensor | None = None
        """Of channel 0 as it is now, when the state is not on the processor: copied once, however often it is read."""
        self._weather = Weather(preset.weather, self.n_mels, self.n_frames, seed)
        # Its first fields take 6 ms: now, not in the first block of sound.
        self._weather.at(0.0)
        self._weather_clock = 0.0
        self._gestures = 0
        self._wakes_at = 0
        self._grown_at = 0 if grown else _GROWTH_STEPS
        # (M, T, C) in memory: channels-last, as the stepper gathers it.
        self._state = torch.zeros(self.n_mels, self.n_frames, CHANNELS, device=self._device).permute(2, 0, 1)
        stepper = Stepper(preset.rule, self.n_mels, self.n_frames, dtype, self._device)
        graphed = self._state.is_cuda
        self._stepper = GraphedStepper(stepper, self._state, preset.rule.n_weather) if graphed else stepper
        self._rest = torch.zeros(self.n_mels, self.n_frames, device=self._device)
        self._frozen = torch.zeros(self.n_mels, self.n_frames, device=self._device)
        self._holds = False
        self._second: SecondRule | None = None
        self._share: Tensor | None = None
        self._loudness = ColumnLoudness.of(preset.mel, preset.state[0])
        if grown:
            self._state.copy_(preset.state)
        else:
            self.reseed()

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        """One automaton step; weather moves by `weather_speed` of a step and pushes by `weather_depth`."""
        self._copy = None
        if (foreseen := self._ahead.take((self.steps, weather_depth))) is not None:
            self._state.copy_(foreseen)
        else:
            self._step(self._state, weather_depth)
        self.steps += 1
        self._weather_clock += weather_speed

    def foresee(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        # Wounds that heal change with each step as well: such a step is not worth the trouble.
        if self._state.is_cpu and self.steps >= self._wakes_at:
            self._ahead.begin((self.steps, weather_depth), self._state, lambda state: self._step(state, weather_depth))

    def _step(self, state: Tensor, weather_depth: float) -> None:
        """One step of this state, in place."""
        weather = self._weather.at(self._weather_clock)
        if weather_depth != 1.0:
            weather *= weather_depth
        n = self.n_mels * self.n_frames
        mask = coin_flips(self.seed, Stream.UPDATE_MASK, self.steps, n).view(self.n_mels, self.n_frames)
        mask = mask.to(self._device)
        if self.steps < self._wakes_at:
            _rest_one_step(mask, self._rest, WAKE_STEPS)
        if self._holds:
            mask *= 1 - self._frozen
        weather = weather.to(self._device)
        if self._second is None or self._share is None:
            self._stepper.step(state, weather, mask)
        else:
            self._second.step(self._stepper, state, weather, mask, self._share, self._weather_clock, weather_depth)

    def join(self, second: SecondRule | None) -> None:
        self._ahead.forget()
        self._second, self._share = second, None

    def share(self, share: Tensor | None) -> None:
        self._ahead.forget()
        self._share = None if share is None else share.to(self._device)

    def touch(self, gesture: Gesture) -> None:
        self._ahead.forget()
        self._copy = None
        apply_gesture(self._state, self._rest, gesture, self.seed, self._gestures, self.n_frames, self._loudness)
        apply_freeze(self._frozen, gesture)
        self._holds = bool(self._frozen.any())
        self._gestures += 1
        self._wakes_at = self.steps + math.ceil(float(self._rest.max()))

    def thaw(self) -> None:
        self._ahead.forget()
        self._frozen.zero_()
        self._holds = False

    def reseed(self) -> None:
        """Seed cells everywhere, none of them frozen; every reseed draws its own."""
        self.thaw()
        self._copy = None
        noise = uniform(self.seed, Stream.SEED_CELLS, self._gestures, (CHANNELS, self.n_mels, self.n_frames))
        self._state.copy_(seed_cells(noise))
        self._rest.zero_()
        self._wakes_at = self.steps
        self._gestures += 1
        self._grown_at = self.steps + _GROWTH_STEPS

    def grid(self) -> Tensor:
        if self._state.is_cpu:
            return self._state[0]
        if self._copy is None:
            self._copy = self._state[0].cpu()
        return self._copy

    def cells(self) -> Tensor:
        return self._state

    def frozen(self) -> Tensor:
        return self._frozen.cpu()

    def resting(self) -> Tensor:
        return (self._rest / (self.n_frames + WAKE_STEPS)).clamp(0, 1).cpu()

    def ailment(self) -> str:
        heard = self._state[0]
        # Together: each reading waits for the device.
        level, total, loudest = torch.stack([heard.abs().mean(), self._state.sum(), heard.max()]).tolist()
        if not math.isfinite(total):
            return "not finite"
        if level > _SATURATED:
            return "saturated"
        # A dead culture is silent everywhere and has neither a wound nor a fresh seed nor ice that would explain it.
        if loudest < -0.9 and not self._holds and self.steps > max(self._grown_at, self._wakes_at):
            return "dead"
        return ""

    def save(self) -> CultureState:
        return CultureState(
            state=self._state.to("cpu", copy=True),
            rest=self._rest.to("cpu", copy=True),
            frozen=self._frozen.to("cpu", copy=True),
            steps=self.steps,
            weather_clock=self._weather_clock,
            gestures=self._gestures,
            grown_at=self._grown_at,
        )

    def restore(self, saved: CultureState) -> None:
        self._ahead.forget()
        self._copy = None
        self._state.copy_(saved.state)
        self._rest.copy_(saved.rest)
        self._frozen.copy_(saved.frozen)
        self._holds = bool(self._frozen.any())
        self.steps, self._weather_clock, self._gestures = saved.steps, saved.weather_clock, saved.gestures
        self._weather.at(self._weather_clock)
        self._grown_at = saved.grown_at
        self._wakes_at = self.steps + math.ceil(float(self._rest.max()))
