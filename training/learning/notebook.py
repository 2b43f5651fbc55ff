"""The original notebook's training, kept as it was so that what came after can be measured against it.

Its defects, kept as well (figures: a violin's grid of 168 columns, seed 0):

* The frequency weights (1 at the bottom to 5 at the top) multiply a loss that is already one number, so they multiply
  it by their mean, 3, and Adam divides that out again: they never acted. `fixed` lets them weigh the rows of L1.
* Cells below −70 dB are masked out: nothing teaches the silent rows to be silent. The mask multiplies decibels, so
  the features see those cells at 0 dB, the loudest there is.
* The Gram matrices of an untrained, unseeded network weigh next to nothing: at the start 0.0003 beside 6.0 of L1, and
  1/1500 of its gradient (1/11 000 near the end). What is learned is L1 alone: the median, not the texture.
* The last layer starts at zero with a bias of 1 on alpha, so the first step makes every cell alive, wherever the seed
  was. The seed's own news travel one cell per step: 96 columns to either side; wider grids are equal columns beyond.
  Rows are circular too: the highest neighbours the lowest.
* One culture of one age is scored against aligned frames: it learns a copy at step 96, and is nothing before or after
  (1e24 by step 1000). It has no randomness, so what is heard is a loop.
* The perception is not normalised (Sobel's weights have a sum of 8 without their signs, the Laplacian's of 24) and the
  gradients through 96 steps are not bounded.
* Its grid was a power mel up to 11 025 Hz, cut at 80 dB, of unknown level, padded with silence to whole eights (then
  one frame more: the spectrogram is centred), and fed to BigVGAN as linear power; BigVGAN reads the logarithm of a
  magnitude mel up to 8 kHz. Here `data.prepare` makes the grid, in the same display range, and vocoders get their own
  mel. What is left of the region after `frames` columns is used for measuring only.

Axes: `M` mel bands, `T` frames, `C` channels.
"""

import math
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth.automaton.rules import NOTEBOOK_STEPS, NotebookRule
from synth.automaton.weather import WeatherSpec
from synth.culture.regrowth import FADE_STEPS
from synth.errors import TrainingError
from synth.random_streams import Stream, generator
from training.analysis.data import Target
from training.analysis.metrics import Metrics, levels_db, ltas_error_db, measure
from training.learning.session import Grown, fingerprint
from training.learning.state_file import read_state, write_state
from training.learning.trainer import Listener, Progress

Event = Literal["progress", "checkpoint"]

_SAVE_EVERY_S = 60.0
_LOOPS_HEARD = 8


@dataclass(frozen=True)
class NotebookRecipe:
    """The notebook's configuration; a run ends after `epochs`, or after `minutes` if that is not 0."""

    epochs: int = 8000
    minutes: float = 0.0
    fixed: bool = False
    """Whether the frequency weights act."""
    learning_rate: float = 2e-4
    perceptual_weight: float = 2.0
    l1_weight: float = 0.5
    top_weight: float = 5.0
    """Of the highest row; the lowest has 1."""
    log_every: int = 100
    frames: int = 168
    """Columns at most: 2 s, in whole eights as the notebook had them; the seed's ripple reaches them all."""
    weather: WeatherSpec = field(default_factory=WeatherSpec)
    """Part of every preset; this rule feels none."""

    def as_dict(self) -> dict[str, Any]:
        return {"kind": "notebook", **asdict(self)}


class NotebookLoss(nn.Module):
    """Gram matrices of random features and L1 over unmasked decibels; the features are frozen, as they were."""

    target_db: Tensor
    mask: Tensor
    weights: Tensor

    def __init__(self, target_db: Tensor, recipe: NotebookRecipe) -> None:
        """`target_db` (M, T): −80 to 0."""
        super().__init__()
        self.recipe = recipe
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 16, 7, 2, 3), nn.ReLU()),
            *(nn.Conv2d(16, 32, 5, 2, 2), nn.ReLU()),
            *(nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()),
        )
        self.features.requires_grad_(False)
        self.register_buffer("target_db", target_db[None, None])
        self.register_buffer("mask", (self.target_db > -70.0).to(target_db))
        self.register_buffer("weights", torch.linspace(1.0, recipe.top_weight, len(target_db))[:, None].to(target_db))

    def gram(self, masked_db: Tensor) -> Tensor:
        """(1, 1, M, T) → (64, 64)."""
        features = self.features(masked_db)[0].flatten(1)
        matrix: Tensor = features @ features.T / features.numel()
        return matrix

    def forward(self, heard: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Loss, perceptual part and L1 part of channel 0 (1, 1, M, T)."""
        grown = (torch.tanh(heard) * 40.0 - 40.0) * self.mask
        target = self.target_db * self.mask
        perceptual = F.mse_loss(self.gram(grown), self.gram(target))
        distance = (grown - target).abs()
        l1 = distance if self.recipe.fixed else distance.mean()
        loss = (self.recipe.perceptual_weight * perceptual + self.recipe.l1_weight * l1) * self.weights
        return loss.mean(), perceptual.detach(), distance.mean().detach()


@dataclass
class NotebookSession:
    """A training run between two epochs."""

    rule: NotebookRule
    optimizer: torch.optim.Adam
    iteration: int = 0
    spent_s: float = 0.0
    best: Grown | None = None
    """The latest measured: the notebook knew no other."""
    curve: list[list[float]] = field(default_factory=list)
    """Every `log_every` epochs: epoch, seconds of training, LTAS error in dB as played after 96 steps."""


class NotebookTrainer:
    """Trains one rule on one target as the notebook did; to whoever drives it, like `trainer.Trainer`."""

    def __init__(
        self, target: Target, recipe: NotebookRecipe, seed: int = 0, device: torch.device | str = "cpu"
    ) -> None:
        self.target, self.recipe, self.seed, self.device = target, recipe, seed, torch.device(device)
        self.remarks: tuple[str, ...] = ()
        n_frames = min(target.grid.shape[1], recipe.frames) // 8 * 8
        target_db = 40.0 * target.grid[:, :n_frames] - 40.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            rule = NotebookRule()
            self._loss = NotebookLoss(target_db, recipe)
        self.name = fingerprint(target_db, recipe.as_dict(), seed, rule)
        rule.to(self.device, target_db.dtype)
        self._loss.to(self.device, target_db.dtype)
        self._seed_grid = rule.seed(len(target_db), n_frames).to(target_db).to(self.device)
        self.session = NotebookSession(rule, torch.optim.Adam(rule.parameters(), lr=recipe.learning_rate))

    def resume(self, path: Path) -> None:
        """Take up an interrupted run of the same target, recipe and seed."""
        now, state = self.session, read_state(self.name, path)
        now.rule.load_state_dict(state["rule"])
        now.optimizer.load_state_dict(state["optimizer"])
        now.iteration, now.spent_s, now.curve = state["iteration"], state["spent_s"], state["curve"]

    def run(self, listen: Listener, stop: threading.Event | None = None, state_path: Path | None = None) -> Grown:
        """Train to the end of the recipe, or until `stop` is set: what it grows then, good or not.

        The state for `resume` is written once a minute and when stopped, and removed at the end.
        """
        now = self.session
        clock = saved_at = time.monotonic()
        clock -= now.spent_s
        while self._share_done() < 1.0 and not (stop and stop.is_set()):
            loss, perceptual, l1, ltas_db = self.epoch()
            now.iteration += 1
            now.spent_s = time.monotonic() - clock
            self._tell(listen, "progress", loss, ltas_db)
            if now.iteration % self.recipe.log_every == 0:
                metrics = self._measure()
                text = f"Epoch {now.iteration}, loss {loss:.6f} (P: {perceptual:.6f}, L1: {l1:.6f})"
                self._tell(listen, "checkpoint", loss, metrics.ltas_db, text)
                clock = time.monotonic() - now.spent_s
            if state_path and time.monotonic() - saved_at > _SAVE_EVERY_S:
                self._save(state_path)
                saved_at = time.monotonic()
        if state_path and self._share_done() < 1.0:
            self._save(state_path)
        elif state_path:
            state_path.unlink(missing_ok=True)
        if now.best is None or now.best.iteration < now.iteration:
            self._measure()
        assert now.best is not None
        return now.best

    def epoch(self) -> tuple[float, float, float, float]:
        """One gradient step through 96 steps from the seed: loss, perceptual part, L1 part, LTAS error in dB."""
        now, grid = self.session, self._seed_grid
        for _ in range(NOTEBOOK_STEPS):
            grid = now.rule(grid)
        loss, perceptual, l1 = self._loss(grid[:, :1])
        if not math.isfinite(loss.item()):
            raise TrainingError("The notebook's training ran away; try another --seed, or the live recipe.")
        now.optimizer.zero_grad()
        loss.backward()
        now.optimizer.step()
        heard = levels_db(torch.tanh(grid[0, 0].detach()))
        ltas_db = ltas_error_db(heard, levels_db(self.target.grid.to(heard)))
        return loss.item(), float(perceptual), float(l1), ltas_db

    def _share_done(self) -> float:
        now, recipe = self.session, self.recipe
        if recipe.minutes:
            return min(1.0, now.spent_s / (60 * recipe.minutes))
        return now.iteration / recipe.epochs

    def _tell(self, listen: Listener, event: Event, loss: float, ltas_db: float, message: str = "") -> None:
        now, done = self.session, self._share_done()
        eta_s = now.spent_s * (1 - done) / done if done else math.inf
        listen(Progress(event, now.iteration, done, eta_s, loss, ltas_db, message))

    def _save(self, path: Path) -> None:
        now = self.session
        state = {"rule": now.rule.state_dict(), "optimizer": now.optimizer.state_dict()}
        plain = {"iteration": now.iteration, "spent_s": now.spent_s, "curve": now.curve}
        write_state(self.name, {**state, **plain}, path)

    def _measure(self) -> Metrics:
        """Grow it as it will be played, and listen."""
        now = self.session
        rule = NotebookRule()
        rule.load_state_dict(now.rule.state_dict())
        rule.eval().requires_grad_(False)
        state = self._seed_grid.float().cpu()
        with torch.inference_mode():
            for _ in range(NOTEBOOK_STEPS):
                state = rule(state)
        state = state[0].clone()
        T = state.shape[2]
        heard = as_played(torch.tanh(state[0]), _LOOPS_HEARD * T, self.seed)
        fps = self.target.fmt.frames_per_second
        metrics = measure(levels_db(heard), levels_db(self.target.grid), T, fps)
        now.best = Grown(rule, state, heard, metrics, now.iteration)
        now.curve.append([now.iteration, round(now.spent_s, 1), round(metrics.ltas_db, 3)])
        return metrics


def as_played(grid: Tensor, n_steps: int, seed: int) -> Tensor:
    """Columns (M, n_steps) that a playhead meets in `regrowth.RegrowingCulture`, one per step, of a grid (M, T) grown
    from its middle: cultures sown in random columns are the same culture, shifted."""
    T = grid.shape[1]
    cycle = NOTEBOOK_STEPS + FADE_STEPS
    sown = [int(generator(seed, Stream.SEED_CELLS, k).integers(T)) - T // 2 for k in range(n_steps // cycle + 1)]
    shifts = torch.tensor([0, *sown])
    step = torch.arange(1, n_steps + 1)
    fade = ((step % cycle - NOTEBOOK_STEPS) / FADE_STEPS).clamp(min=0)
    column, generation = step - 1, step // cycle
    old, new = ((column - shifts[generation + i]) % T for i in (0, 1))
    return grid[:, old].lerp(grid[:, new], fade[None].expand(len(grid), -1))
