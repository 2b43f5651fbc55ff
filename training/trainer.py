"""The training loop: pool, rollout, texture loss, and the checkpoint that is best after a long rollout.

Grids are (B, M, T, C) as in `fused`; the loss sees channel 0 as (B, M, T).
"""

import copy
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from synth.errors import TrainingError
from synth.noise import Stream, generator
from synth.preset import LOOP_FRAMES
from synth.tnca import UPDATE_PROBABILITY, LiveRule
from training.data import Target
from training.fused import Drive, Tape, product_dtype, rollout
from training.grow import grow
from training.losses import TextureLoss
from training.metrics import Metrics, levels_db, measure
from training.pool import Pool, WeatherBank, damage, seeds
from training.recipe import Recipe

STATE_VERSION = 1
SETTLING_STEPS = 600
"""Steps from seed cells that are not measured."""


@dataclass(frozen=True)
class Progress:
    """What the loop reports after every iteration."""

    event: Literal["progress", "checkpoint"]
    iteration: int
    share_done: float
    eta_s: float
    loss: float
    ltas_db: float


@dataclass(frozen=True)
class Grown:
    """A checkpoint that was rolled out."""

    rule: LiveRule
    state: Tensor
    """(C, M, T) float32: a culture of `LOOP_FRAMES` columns after the rollout."""
    metrics: Metrics
    iteration: int


@dataclass
class Session:
    """Everything that changes while training, and so everything `--resume` needs."""

    rule: LiveRule
    average: LiveRule
    optimizer: torch.optim.Adam
    pool: Pool
    iteration: int = 0
    spent_s: float = 0.0
    best: Grown | None = None
    last: Metrics | None = None
    done_checkpoints: int = 0


Listener = Callable[[Progress], None]


class Trainer:
    """Trains one rule on one target; `run` may be interrupted and called again."""

    def __init__(
        self,
        target: Target,
        recipe: Recipe,
        seed: int = 0,
        device: torch.device | str = "cpu",
        parent: LiveRule | None = None,
    ) -> None:
        self.target, self.recipe, self.seed, self.device = target, recipe, seed, torch.device(device)
        self.dtype = product_dtype(self.device)
        M = target.fmt.n_mels
        torch.manual_seed(seed)
        rule = LiveRule(M, recipe.weather.n_fields, hidden=recipe.hidden, dilations=recipe.dilations)
        if parent is not None:
            rule.load_state_dict(parent.state_dict())
        rule = rule.to(self.device)
        rng = generator(seed, Stream.TRAINING, 0)
        self._tape = Tape(rule, (recipe.batch, M, recipe.frames), self.dtype, self.device)
        self._bank = WeatherBank(recipe.weather, M, recipe.frames, self.dtype, self.device)
        self._target = target.grid.to(self.device)
        self._loss = TextureLoss(self._target, recipe.frames, recipe.batch + recipe.pooled, recipe.weights)
        self.session = Session(
            rule,
            copy.deepcopy(rule),
            torch.optim.Adam(rule.parameters(), lr=recipe.learning_rate),
            Pool(recipe.pool, M, recipe.frames, rng, self.device),
        )

    def run(self, listen: Listener, state_path: Path | None = None) -> Grown:
        """Train to the end of the recipe, or until Ctrl-C: the best checkpoint so far."""
        recipe, now = self.recipe, self.session
        started, spent_before, saved = time.monotonic(), now.spent_s, time.monotonic()
        try:
            while (done := self._share_done()) < 1.0:
                for group in now.optimizer.param_groups:
                    group["lr"] = self._learning_rate(done)
                loss, ltas_db = self._iterate(done)
                now.iteration += 1
                now.spent_s = spent_before + time.monotonic() - started
                done = self._share_done()
                eta_s = now.spent_s * (1 - done) / done if done else math.inf
                listen(Progress("progress", now.iteration, done, eta_s, loss, ltas_db))
                due = sum(done >= share for share in recipe.checkpoints)
                if due > now.done_checkpoints:
                    now.done_checkpoints = due
                    self._keep_if_best(recipe.rollout_steps)
                    now.spent_s = spent_before + time.monotonic() - started
                    assert now.best is not None
                    best = now.best.metrics
                    listen(Progress("checkpoint", now.iteration, done, eta_s, best.score, best.ltas_db))
                if state_path is not None and time.monotonic() - saved > 60:
                    self.save(state_path)
                    saved = time.monotonic()
        except KeyboardInterrupt:
            if now.iteration == 0:
                raise
            if state_path is not None:
                self.save(state_path)
            self._keep_if_best(max(SETTLING_STEPS * 2, recipe.rollout_steps // 2))
        if now.best is None:
            self._keep_if_best(recipe.rollout_steps)
        assert now.best is not None
        return now.best

    def _share_done(self) -> float:
        recipe, now = self.recipe, self.session
        if recipe.iterations:
            return now.iteration / recipe.iterations
        return min(1.0, now.spent_s / (60 * recipe.minutes))

    def _learning_rate(self, done: float) -> float:
        drops = sum(done >= share for share in self.recipe.rate_drops)
        return self.recipe.learning_rate * self.recipe.rate_drop**drops

    def _iterate(self, done: float) -> tuple[float, float]:
        """One gradient step: loss and LTAS error of the batch in dB."""
        recipe, now = self.recipe, self.session
        rng = generator(self.seed, Stream.TRAINING, now.iteration + 1)
        draw = torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))
        batch = rng.choice(recipe.pool, recipe.batch, replace=False)
        grids = now.pool.grids[batch]
        if now.iteration % recipe.restart_every == 0:
            worst = int(now.pool.badness[batch].argmax())
            grids[worst] = seeds(rng, *grids.shape[1:3]).to(self.device)
        if done > recipe.damage_from and now.iteration % 3 == 0:
            damage(grids[int(rng.integers(recipe.batch))], rng)
        n_steps = int(rng.integers(recipe.min_steps, recipe.max_steps + 1))
        drive = self._drive(batch, n_steps, draw)

        final, overflow = rollout(now.rule, grids, self._tape, drive)
        heard = final[..., 0]
        pooled = now.pool.grids[now.pool.grown(rng, recipe.pooled)][..., 0]
        loss = self._loss(heard, pooled, draw) + recipe.weights.overflow * overflow
        now.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._descend()

        now.pool.grids[batch] = final.detach()
        now.pool.clock[batch] += n_steps
        error = (heard.detach().mean(dim=2) - self._target.mean(dim=1)).abs().mean(dim=1)
        now.pool.badness[batch] = error.cpu().numpy()
        ltas_db = 40 * float((heard.detach().mean(dim=(0, 2)) - self._target.mean(dim=1)).abs().mean())
        if not math.isfinite(loss.item()):
            raise TrainingError("Training ran away; try another --seed or a shorter, steadier region.")
        return loss.item(), ltas_db

    def _drive(self, batch: np.ndarray[Any, Any], n_steps: int, draw: torch.Generator) -> Drive:
        pool = self.session.pool
        weather = self._bank.drive(pool.seed[batch].tolist(), pool.clock[batch].tolist(), n_steps)
        mask = torch.empty(n_steps, self._tape.n_cells, dtype=torch.bool, device=self.device)
        return Drive.from_mask(weather, mask.bernoulli_(UPDATE_PROBABILITY, generator=draw))

    def _descend(self) -> None:
        """Adam on gradients of unit norm per parameter (as in "Self-Organising Textures"), then average."""
        now, memory = self.session, self.recipe.averaging
        with torch.no_grad():
            for p in now.rule.parameters():
                if p.grad is not None:
                    p.grad /= p.grad.norm() + 1e-8
            now.optimizer.step()
            memory = min(memory, (1 + now.iteration) / (10 + now.iteration))
            for a, p in zip(now.average.parameters(), now.rule.parameters(), strict=True):
                a.lerp_(p, 1 - memory)

    def _keep_if_best(self, n_steps: int) -> None:
        """Roll the averaged rule out as it will be played, and keep it if it does better than the best so far."""
        now = self.session
        rule = copy.deepcopy(now.average).to("cpu").eval().requires_grad_(False)
        growth = grow(
            rule, self.recipe.weather, n_steps, seed=1000 + self.seed, dtype=product_dtype(torch.device("cpu"))
        )
        heard = levels_db(growth.heard[:, min(SETTLING_STEPS, n_steps // 2) :])
        metrics = measure(heard, levels_db(self.target.grid), LOOP_FRAMES, self.target.fmt.frames_per_second)
        now.last = metrics
        if now.best is None or metrics.score < now.best.metrics.score:
            now.best = Grown(rule, growth.state, metrics, now.iteration)

    def save(self, path: Path) -> None:
        """Write everything `resume` needs, whole or not at all."""
        now = self.session
        best = now.best
        temporary = path.with_name(path.name + ".part")
        torch.save(
            {
                "version": STATE_VERSION,
                "recipe": self.recipe.as_dict(),
                "seed": self.seed,
                "rule": now.rule.state_dict(),
                "average": now.average.state_dict(),
                "optimizer": now.optimizer.state_dict(),
                "pool": now.pool.state_dict(),
                "iteration": now.iteration,
                "spent_s": now.spent_s,
                "done_checkpoints": now.done_checkpoints,
                "best": None
                if best is None
                else {
                    "rule": best.rule.state_dict(),
                    "state": best.state,
                    "metrics": best.metrics.as_dict(),
                    "iteration": best.iteration,
                },
            },
            temporary,
        )
        os.replace(temporary, path)
