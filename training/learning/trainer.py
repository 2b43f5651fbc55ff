"""The training loop: pool, rollout, texture loss, and the checkpoint that is best after a long rollout.

Grids are (B, M, T, C) as in `fused`; the loss sees channel 0 as (B, M, T). Every random draw is a function of (seed,
iteration), so a run that was interrupted goes on to the same result.
"""

import copy
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.errors import TrainingError
from synth.mel import MelFormat
from synth.presets.model import LOOP_FRAMES, Preset
from synth.random_streams import Stream, generator
from training.analysis.data import Target
from training.analysis.metrics import levels_db, measure
from training.learning.audible import AudioLoss
from training.learning.fused import WEATHER_EVERY, Drive, Tape, product_dtype, rollout
from training.learning.grow import grow
from training.learning.losses import TextureLoss
from training.learning.pool import Pool, WeatherBank, damage, seeds
from training.learning.recipe import Recipe
from training.learning.replay import capture_on
from training.learning.session import Grown, Session, fingerprint, frozen_copy, load_session, save_session

SETTLING_STEPS = 600
"""Steps from seed cells that are not measured."""
_SAVE_EVERY_S = 60.0
_ROLLOUT_SEED = 1000
_POOLED_SOUNDS = 2
"""Detached samples that are vocoded beside the batch."""
_RUN_AWAY = 1.5
"""Mean magnitude of a culture's cells; of trained ones it is 0.4."""


@dataclass(frozen=True)
class Progress:
    """What the loop reports: after every iteration, and after every checkpoint's rollout."""

    event: Literal["progress", "checkpoint"]
    iteration: int
    share_done: float
    eta_s: float
    loss: float
    ltas_db: float
    """Of the training batch as it would be heard; of the rollout at a checkpoint."""
    message: str = ""


Listener = Callable[[Progress], None]


def new_rule(recipe: Recipe, n_mels: int, seed: int) -> LiveRule:
    """A rule that knows nothing yet."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LiveRule(n_mels, recipe.weather.n_fields, hidden=recipe.hidden, dilations=recipe.dilations)


def heir(parent: Preset, recipe: Recipe, n_mels: int) -> LiveRule:
    """A rule that starts where `parent` ended. Its weights do not depend on the number of rows, so a parent of another
    mel format is stretched over the new rows. `TrainingError` for one of another build."""
    rule = new_rule(recipe, n_mels, 0)
    if parent.weather != recipe.weather or not isinstance(parent.rule, LiveRule):
        raise TrainingError(f"“{parent.name}” lives in other weather or by another rule; train without that --parent.")
    try:
        rule.load_state_dict(parent.rule.state_dict())
    except RuntimeError as error:
        raise TrainingError(
            f"“{parent.name}” was trained by another recipe (size or reach of the rule); train without that --parent."
        ) from error
    return rule.requires_grad_(True)


def _stretched(parent: Preset, fmt: MelFormat) -> str:
    return (
        f"“{parent.name}” is of the format {parent.mel.name}, this preset of {fmt.name}; its rule is stretched over "
        "the new rows and has more to learn than one of their own."
    )


class Trainer:
    """Trains one rule on one target."""

    def __init__(
        self,
        target: Target,
        recipe: Recipe,
        seed: int = 0,
        device: torch.device | str = "cpu",
        parent: Preset | None = None,
    ) -> None:
        """From a new rule, or from the `parent`'s: see `heir`."""
        self.target, self.recipe, self.seed, self.device = target, recipe, seed, torch.device(device)
        self.dtype = product_dtype(self.device)
        M = target.fmt.n_mels
        self.parent = "" if parent is None else parent.name
        self.remarks = () if parent is None or parent.mel == target.fmt else (_stretched(parent, target.fmt),)
        rule = new_rule(recipe, M, seed) if parent is None else heir(parent, recipe, M)
        learned = target.learned_by(recipe.as_dict())
        self.name = fingerprint(learned, recipe.as_dict(), seed, rule)
        rule = rule.to(self.device)
        shape = (recipe.batch, M, recipe.frames)
        self._tape = Tape(rule, shape, self.dtype, self.device, capture_on(self.device))
        self._bank = WeatherBank(recipe.weather, M, recipe.frames, self.dtype, self.device)
        self._target = learned.to(self.device)
        self._loss = TextureLoss(self._target, recipe.frames, recipe.batch + recipe.pooled, recipe.weights)
        self._audio = self._audio_loss() if recipe.audio_from < 1 else None
        rng = generator(seed, Stream.TRAINING, 0)
        self.session = Session(
            rule,
            copy.deepcopy(rule),
            torch.optim.Adam(rule.parameters(), lr=recipe.learning_rate),
            Pool(recipe.pool, M, recipe.frames, rng, self.device),
        )

    def _audio_loss(self) -> AudioLoss:
        if self.target.decay is not None:
            raise TrainingError(
                "This recording fades, and a culture does not: its sound cannot be compared. Leave --audio-loss out, "
                "or choose a sustained part with --start and --seconds."
            )
        return AudioLoss(self.target, self.recipe.frames, self.recipe.batch + min(_POOLED_SOUNDS, self.recipe.pooled))

    def resume(self, path: Path) -> None:
        """Take up an interrupted run of the same target, recipe and seed."""
        load_session(self.session, self.name, path)

    def run(self, listen: Listener, stop: threading.Event | None = None, state_path: Path | None = None) -> Grown:
        """Train to the end of the recipe, or until `stop` is set: the best checkpoint so far.

        The state for `resume` is written once a minute and when stopped, and removed at the end.
        """
        recipe, now = self.recipe, self.session
        clock = time.monotonic() - now.spent_s
        saved_at = time.monotonic()
        while (done := self._share_done()) < 1.0 and not (stop and stop.is_set()):
            loss, ltas_db = self._iterate(done)
            now.iteration += 1
            now.spent_s = time.monotonic() - clock
            done = self._share_done()
            listen(Progress("progress", now.iteration, done, self._eta_s(done), loss, ltas_db))
            due = sum(done >= share for share in recipe.checkpoints)
            if due > now.n_checkpoints:
                now.n_checkpoints = due
                self._roll_out(recipe.rollout_steps)
                now.spent_s = time.monotonic() - clock
                assert now.last is not None
                listen(Progress("checkpoint", now.iteration, done, self._eta_s(done), loss, now.last.ltas_db))
            if state_path and time.monotonic() - saved_at > _SAVE_EVERY_S:
                save_session(now, self.name, state_path)
                saved_at = time.monotonic()
        if state_path and done < 1.0:
            save_session(now, self.name, state_path)
        elif state_path:
            state_path.unlink(missing_ok=True)
        if now.best is None or done < 1.0:
            self._roll_out(min(recipe.rollout_steps, SETTLING_STEPS + 4 * LOOP_FRAMES))
        assert now.best is not None
        return now.best

    def _share_done(self) -> float:
        recipe, now = self.recipe, self.session
        if recipe.iterations:
            return now.iteration / recipe.iterations
        by_time = now.spent_s / (60 * recipe.minutes)
        if recipe.fewest:
            by_time = max(by_time / recipe.patience, min(by_time, now.iteration / recipe.fewest))
        return min(1.0, by_time)

    def _eta_s(self, done: float) -> float:
        return self.session.spent_s * (1 - done) / done if done else math.inf

    def _iterate(self, done: float) -> tuple[float, float]:
        """One gradient step: loss, and LTAS error of the batch in dB."""
        recipe, now = self.recipe, self.session
        rng = generator(self.seed, Stream.TRAINING, now.iteration + 1)
        draw = torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))
        n_elders = min(recipe.elders, recipe.batch // 2) if now.iteration % 2 else 0
        batch = now.pool.batch(rng, recipe.batch, recipe.elders, n_elders)
        grids = now.pool.grids[batch]
        if now.iteration % recipe.restart_every == 0:
            worst = n_elders + int(now.pool.badness[batch[n_elders:]].argmax())
            grids[worst] = seeds(rng, *grids.shape[1:3]).to(self.device)
        if done > recipe.damage_from and now.iteration % 3 == 0:
            damage(grids[int(rng.integers(recipe.batch))], rng)
        n_steps = int(rng.integers(recipe.min_steps, recipe.max_steps + 1))

        final, overflow = rollout(now.rule, grids, self._tape, self._drive(batch, n_steps, rng))
        heard = final[..., 0]
        pooled = now.pool.grids[now.pool.grown(rng, recipe.pooled)][..., 0]
        loss = self._loss(heard, pooled, draw) + recipe.weights.overflow * overflow
        if self._audio is not None and done >= recipe.audio_from:
            loss = loss + recipe.weights.audio * self._audio(heard, pooled[:_POOLED_SOUNDS], draw)
        now.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._descend(done)

        final = final.detach()
        badness = (final[..., 0].mean(dim=2) - self._target.mean(dim=1)).abs().mean(dim=1)
        together = levels_db(final[..., 0].permute(1, 0, 2).flatten(1)).mean(dim=1)
        ltas = (together - levels_db(self._target).mean(dim=1)).abs().mean()
        size = final.abs().mean(dim=(1, 2, 3))
        # All that the host must know, read at once: a GPU is waited for here, and nowhere else.
        loss_now, ltas_db, *told = _read(torch.cat([torch.stack([loss.detach(), ltas]), badness, size]))
        if not math.isfinite(loss_now):
            raise TrainingError("Training ran away; try another --seed, or a shorter and steadier region.")
        # One that ran away would run further at every visit, and outweigh all others in the gradient.
        for i in range(recipe.batch):
            if told[recipe.batch + i] > _RUN_AWAY:
                final[i] = seeds(rng, *grids.shape[1:3]).to(self.device)
        now.pool.grids[batch] = final
        now.pool.clock[batch] += n_steps
        now.pool.badness[batch] = told[: recipe.batch]
        return loss_now, ltas_db

    def _drive(self, batch: NDArray[np.int64], n_steps: int, rng: np.random.Generator) -> Drive:
        pool = self.session.pool
        weather = self._bank.drive(pool.seed[batch].tolist(), pool.clock[batch].tolist(), n_steps, WEATHER_EVERY)
        coins = np.frombuffer(bytearray(rng.bytes(n_steps * self._tape.n_pairs // 8 + 1)), np.uint8)
        second = unpacked(torch.from_numpy(coins).to(self.device))[: n_steps * self._tape.n_pairs]
        return Drive(weather, second.view(n_steps, -1))

    def _descend(self, done: float) -> None:
        """Adam on gradients of unit norm per parameter (as in "Self-Organising Textures"), then the average."""
        recipe, now = self.recipe, self.session
        drops = sum(done >= share for share in recipe.rate_drops)
        for group in now.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * recipe.rate_drop**drops
        with torch.no_grad():
            for p in now.rule.parameters():
                assert p.grad is not None
                p.grad /= p.grad.norm() + 1e-8
            now.optimizer.step()
            memory = min(recipe.averaging, (1 + now.iteration) / (10 + now.iteration))
            for a, p in zip(now.average.parameters(), now.rule.parameters(), strict=True):
                a.lerp_(p, 1 - memory)

    def _roll_out(self, n_steps: int) -> None:
        """Grow the averaged rule as it will be played, and keep it if it does better than the best so far."""
        now, fmt = self.session, self.target.fmt
        rule = frozen_copy(now.average)
        growth = grow(rule, self.recipe.weather, n_steps, seed=_ROLLOUT_SEED + self.seed)
        heard = growth.heard[:, SETTLING_STEPS:]
        now.last = measure(levels_db(heard), levels_db(self._target.cpu()), LOOP_FRAMES, fmt.frames_per_second)
        if now.best is None or now.last.score < now.best.metrics.score:
            now.best = Grown(rule, growth.state, heard, now.last, now.iteration)


def unpacked(packed: Tensor) -> Tensor:
    """Bits of bytes (N,), the highest first, (8N,) int32: of a rollout's coins an eighth of a megabyte goes to the
    device, not four."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=packed.device)
    return ((packed[:, None] >> shifts) & 1).int().view(-1)


def _read(figures: Tensor) -> list[float]:
    """What a device has computed, on the host: waits until it has."""
    return [float(x) for x in figures.cpu().numpy()]
