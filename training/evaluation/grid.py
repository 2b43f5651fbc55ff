"""What the automaton itself does: figures of its grid beside the prepared target, and of long runs.

Axes: `B` cultures, `M` mel bands, `T` frames, `S` steps.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.presets.model import LOOP_FRAMES, Preset
from training.analysis.metrics import FLOOR_MIN_DB, Metrics, alternate_blocks, ltas_error_db, measure
from training.evaluation.endurance import (
    Course,
    Drift,
    Recovery,
    Survival,
    drift_of,
    long_run,
    recoveries,
    survival,
)
from training.evaluation.figures import Bar, Figure
from training.evaluation.flock import Flock
from training.learning.trainer import SETTLING_STEPS

SEEDS = (0, 1)
SHORT_STEPS = 3000
_LAST_STEPS = 20 * LOOP_FRAMES


@dataclass(frozen=True)
class GridRun:
    """Everything measured on grids; None where it was not run."""

    target_db: Tensor
    """(M, T)."""
    course: Course
    early: tuple[Metrics, ...]
    """Per seed, steps 600 to 3000."""
    late: tuple[Metrics, ...] | None
    """Per seed, the last 40 seconds of the long run."""
    drift: Drift | None
    recoveries: tuple[Recovery, ...]
    survival: Survival | None


def run_grid(
    preset: Preset, target_db: Tensor, n_steps: int, wound_steps: int, survivors: tuple[int, int] | None
) -> GridRun:
    """Grow two cultures for `n_steps` (late figures and drift from beyond 3000), wound them and watch for
    `wound_steps`, and count how many of `survivors` (cultures, steps) survive."""
    assert isinstance(preset.rule, LiveRule)
    rule, weather, fps = preset.rule, preset.weather, preset.mel.frames_per_second
    course = long_run(Flock(rule, weather, list(SEEDS)), target_db, n_steps)
    longer = n_steps > SHORT_STEPS
    early_end = min(SHORT_STEPS, n_steps)

    def measured(first: int, last: int) -> tuple[Metrics, ...]:
        return tuple(measure(heard[:, first:last], target_db, LOOP_FRAMES, fps) for heard in course.heard_db)

    return GridRun(
        target_db,
        course,
        early=measured(SETTLING_STEPS, early_end),
        late=measured(n_steps - min(_LAST_STEPS, n_steps // 2), n_steps) if longer else None,
        drift=drift_of(course.error_db) if longer else None,
        recoveries=tuple(recoveries(rule, weather, target_db, list(SEEDS), wound_steps)),
        survival=survival(rule, weather, *survivors, target_db=target_db) if survivors else None,
    )


def grid_figures(run: GridRun, frames_per_second: float) -> list[Figure]:
    """Rows of the table; of seeds, the mean."""
    early, first = _mean_of(run.early), run.early[0]
    odd, even = alternate_blocks(run.target_db, frames_per_second)
    ltas_floor = max(FLOOR_MIN_DB, ltas_error_db(odd, even))
    std_floor = float(odd.std(dim=1).mean() / even.std(dim=1).mean().clamp(min=1e-6))
    w1_floor, modulation_floor = first.row_w1_floor_db, first.modulation_floor_db
    return [
        Figure("grid_ltas_db", "LTAS error, 3000 steps", "grid", early(_ltas), "dB", ltas_floor, Bar(high=0.7)),
        Figure("grid_row_w1_db", "row distance W1", "grid", early(_w1), "dB", w1_floor, Bar(high=1.2 * w1_floor)),
        Figure(
            "grid_modulation_db",
            "modulation distance, 0.7–40 Hz",
            "grid",
            early(lambda m: m.modulation_db),
            "dB",
            modulation_floor,
            Bar(high=1.5 * modulation_floor),
        ),
        Figure("grid_std_ratio", "temporal std, of the target's", "grid", early(_std), "×", std_floor, Bar(0.8, 1.25)),
        Figure("grid_motion_ratio", "motion, of random crops'", "grid", early(_motion), "×", 1.0, Bar(0.5)),
        Figure("grid_loop", "loop audibility", "grid", early(lambda m: m.loop_audibility), "", bar=Bar(high=0.3)),
        Figure(
            "grid_silent_rows_db",
            "silent rows above the target",
            "grid",
            early(lambda m: m.silent_rows_db),
            bar=Bar(high=3.0),
        ),
    ]


def life_figures(run: GridRun, floor_db: float) -> list[Figure]:
    """Rows of the table about long runs."""
    steps = run.course.error_db.shape[1]
    late = _mean_of(run.late) if run.late else None
    not_run = "" if late else "not run (--quick)"
    figures = [
        Figure(
            "late_ltas_db",
            f"LTAS error, last 40 s of {steps} steps" if late else "LTAS error after 10 000 steps",
            "life",
            late and late(_ltas),
            "dB",
            floor_db,
            note=not_run,
        ),
        Figure(
            "late_std_ratio", "temporal std there", "life", late and late(_std), "×", bar=Bar(0.8, 1.25), note=not_run
        ),
        Figure(
            "late_motion_ratio", "motion there", "life", late and late(_motion), "×", 1.0, bar=Bar(0.5), note=not_run
        ),
        drift_figure(run.drift or (run.survival.drift if run.survival else None)),
    ]
    return [*figures, *(_recovery_figure(r) for r in run.recoveries), survival_figure(run.survival)]


def drift_figure(drift: Drift | None) -> Figure:
    """Its floor is the least drift that could be told from none."""
    return Figure(
        "drift_db_per_decade",
        "drift of LTAS error per decade of steps from 300",
        "life",
        drift.db_per_decade if drift else None,
        "dB",
        drift.uncertainty_db if drift else None,
        Bar(high=0.2),
        "" if drift else "not run (--quick)",
    )


def _recovery_figure(recovery: Recovery) -> Figure:
    percent = f"{recovery.share * 100:.0f}"
    return Figure(
        f"recovery_{percent}_steps",
        f"back within 0.5 dB after losing {percent} %",
        "life",
        recovery.steps,
        "steps",
        bar=Bar(high=150.0) if recovery.share == 0.5 else None,
    )


def survival_figure(result: Survival | None) -> Figure:
    """Cultures lost, 0 is the bar."""
    label = "dead, not finite or saturated"
    if result is None:
        return Figure("lost_cultures", label, "life", None, bar=Bar(high=0.0), note="not run (--survival)")
    lost = result.dead + result.not_finite + result.saturated
    note = f"{result.dead} dead, {result.not_finite} not finite, {result.saturated} saturated; {result.n_steps} steps"
    unit = f"of {result.n_cultures}"
    return Figure("lost_cultures", label, "life", float(lost), unit, bar=Bar(high=0.0), note=note)


def _mean_of(metrics: tuple[Metrics, ...]) -> Callable[[Callable[[Metrics], float]], float]:
    return lambda figure: statistics.fmean(figure(m) for m in metrics)


def _ltas(m: Metrics) -> float:
    return m.ltas_db


def _w1(m: Metrics) -> float:
    return m.row_w1_db


def _std(m: Metrics) -> float:
    return m.std_ratio


def _motion(m: Metrics) -> float:
    return m.motion_ratio
