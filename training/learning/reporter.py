"""What a training run tells: a progress bar to a person, JSON lines to a program, and the preset as it improves."""

import base64
import json
import math
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from synth.presets.model import Preset
    from training.analysis.plan import Plan
    from training.learning.build import Labels, Measured
    from training.learning.notebook import NotebookTrainer
    from training.learning.session import Grown
    from training.learning.trainer import Progress, Trainer

_JSON_EVERY_S = 0.25
_CULTURE_EVERY_S = 1.0
_ROUGH_DB = 2.0


@dataclass(frozen=True)
class Work:
    """What is being trained, and all that a preset of it needs."""

    trainer: "Trainer | NotebookTrainer"
    labels: "Labels"
    measured: "Measured"

    def preset(self, grown: "Grown") -> "Preset":
        from training.learning.build import build_preset
        from training.learning.notebook import NotebookTrainer

        trainer = self.trainer
        preset = build_preset(trainer.target, self.measured, grown, trainer.recipe, self.labels, trainer.seed)
        if isinstance(trainer, NotebookTrainer):
            return replace(preset, recipe={**preset.recipe, "ltas_curve": trainer.session.curve})
        return replace(preset, parent=trainer.parent)


@dataclass
class Reporter:
    """Speaks, keeps the preset up to date, and draws it where pictures are wanted."""

    output: Path
    json_lines: bool
    images: Path | None = None
    watch: bool = False
    """Show the cultures in training, and what they are to become, to the program that listens."""
    attached: bool = False
    """A listener that goes away ends the training politely, not by an error."""
    _work: Work | None = field(default=None, repr=False)
    _bar: Any = None
    _kept: "Grown | None" = None
    _spoke_at: float = -math.inf
    _showed_at: float = -math.inf
    _clocks: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    _foreword: str = ""

    def begin(self, work: Work, remarks: tuple[str, ...]) -> None:
        """Say what is about to be learned, and what about the recording should be known."""
        from training.analysis.plan import introduction

        self._work = work
        lines = [introduction(work.trainer.target, work.measured.pitch), *remarks]
        self._foreword = " ".join(lines)
        if not self.json_lines:
            print("\n".join(lines), file=sys.stderr)
        elif self.watch:
            self._show_grid("target", 0, work.trainer.target.grid)

    def show_plan(self, plan: "Plan") -> None:
        """Say what would be learned."""
        if self.json_lines:
            self._line(plan.as_line())
        elif plan.complete:
            print("\n".join([plan.sentence, *plan.remarks]))

    def __enter__(self) -> "Reporter":
        from tqdm import tqdm

        form = "{percentage:3.0f}% |{bar}| {elapsed}{postfix}"
        self._bar = tqdm(total=1.0, bar_format=form, disable=self.json_lines, mininterval=0.2, maxinterval=2.0)
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def hear(self, progress: "Progress") -> None:
        """Every iteration, and every checkpoint; a checkpoint that is the best so far becomes the preset."""
        if progress.event == "checkpoint":
            self._checkpoint(progress)
        text = f"loss {progress.loss:.3f}, LTAS error {progress.ltas_db:.2f} dB, {_clock(progress.eta_s)} left"
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(progress.share_done - self._bar.n)
        now = time.monotonic()
        if progress.event == "checkpoint" or now - self._spoke_at > _JSON_EVERY_S:
            self._spoke_at = now
            self.say(
                progress.event,
                iteration=progress.iteration,
                eta_s=progress.eta_s,
                loss=progress.loss,
                ltas_db=progress.ltas_db,
                message=progress.message or self._foreword,
                share=progress.share_done,
            )
            self._foreword = ""
        if self.watch and now - self._showed_at > _CULTURE_EVERY_S:
            self._showed_at = now
            self._show_culture(progress.iteration)

    def _show_culture(self, iteration: int) -> None:
        """One of the cultures trained on since the last was shown: the one that has lived longest."""
        from training.learning.trainer import Trainer

        assert self._work is not None
        trainer = self._work.trainer
        if isinstance(trainer, Trainer):
            pool = trainer.session.pool
            trained = pool.clock > (self._clocks if len(self._clocks) else 0)
            self._clocks = pool.clock.copy()
            self._show_grid(
                "culture", iteration, pool.grids[int((pool.clock * trained).argmax()), ..., 0].float().cpu()
            )

    def _show_grid(self, event: str, iteration: int, grid: "Tensor") -> None:
        """Grid values (M, T) as a line: bytes row by row, low rows first, 0 at −1 and 255 at 1.1."""
        from synth.mel import GRID_MAX, GRID_MIN

        share = (grid.nan_to_num(GRID_MIN).clamp(GRID_MIN, GRID_MAX) - GRID_MIN) / (GRID_MAX - GRID_MIN)
        cells = base64.b64encode((share * 255).round().byte().numpy().tobytes()).decode()
        self._line({"event": event, "iteration": iteration, "shape": list(grid.shape), "cells": cells})

    def _checkpoint(self, progress: "Progress") -> None:
        from training.learning.picture import draw

        assert self._work is not None
        trainer = self._work.trainer
        best = trainer.session.best
        if best is None or not best.metrics.alive:
            return
        self.keep(best)
        if progress.message and not self.json_lines:
            self._bar.write(progress.message, file=sys.stderr)
        if self.images is not None:
            fmt = trainer.target.fmt
            title = f"{self._work.labels.name}, {progress.iteration} iterations, LTAS error {progress.ltas_db:.2f} dB"
            shown = best.heard[:, -best.state.shape[2] :]
            draw(trainer.target.grid, shown, fmt, title, self.images / f"{progress.iteration:06d}.png")

    def keep(self, grown: "Grown") -> None:
        """Write the preset; the old file or the new one is there, whole, whatever happens."""
        from synth.presets.file import save_preset

        assert self._work is not None
        if grown is not self._kept:
            save_preset(self._work.preset(grown), self.output)
            self._kept = grown

    def finish(self, grown: "Grown", state_path: Path | None, page: Path | None = None) -> None:
        m = grown.metrics
        verdict = (
            f"LTAS error {m.ltas_db:.2f} dB, row distance {m.row_w1_db:.2f} dB (floor {m.row_w1_floor_db:.2f}), "
            f"movement {m.std_ratio:.2f} of the recording's"
        )
        if m.ltas_db > _ROUGH_DB:
            verdict += "; still rough, give it more --minutes"
        more = "" if state_path is None else f"; stopped early, --resume goes on from {state_path.name}"
        more += "" if page is None else f"; report: {page}"
        self.say("done", iteration=grown.iteration, eta_s=0.0, ltas_db=m.ltas_db, message=f"{verdict}{more}.")
        if not self.json_lines:
            print(f"{self.output}: {verdict}{more}")

    def say(
        self,
        event: str,
        *,
        iteration: int | None = None,
        eta_s: float | None = None,
        loss: float | None = None,
        ltas_db: float | None = None,
        message: str = "",
        share: float | None = None,
    ) -> None:
        """One JSON line, if they were asked for; always of the same fields, null where there is nothing to say. Who
        watches is told the share done as well."""
        if self.json_lines:
            line = {
                "event": event,
                "iteration": iteration,
                "eta_s": _rounded(eta_s, 1),
                "loss": _rounded(loss, 6),
                "ltas_db": _rounded(ltas_db, 3),
                "preset_path": str(self.output),
                "message": message,
            }
            self._line(line | {"share": _rounded(share, 4)} if self.watch else line)

    def _line(self, line: dict[str, Any]) -> None:
        try:
            print(json.dumps(line, allow_nan=False), flush=True)
        except BrokenPipeError:
            if not self.attached:
                raise
            # Standard input has closed as well: the training is about to stop and must get to write its state.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rounded(value: float | None, digits: int) -> float | None:
    """JSON knows no infinity."""
    return None if value is None or not math.isfinite(value) else round(value, digits)


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
