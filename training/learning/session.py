"""What changes while training, kept in one place so that it can be written down and taken up again.

Axes as in `trainer`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth.automaton.rules import LiveRule, Rule
from training.analysis.metrics import Metrics
from training.learning.pool import Pool
from training.learning.state_file import read_state, write_state


@dataclass(frozen=True)
class Grown:
    """A checkpoint that was rolled out as it will be played."""

    rule: Rule
    state: Tensor
    """(C, M, T) float32: the culture after the rollout, `LOOP_FRAMES` wide."""
    heard: Tensor
    """(M, S) grid values the playhead met in the rollout, settled."""
    metrics: Metrics
    iteration: int


@dataclass
class Session:
    """A training run between two iterations."""

    rule: LiveRule
    average: LiveRule
    """Mean of the rule over recent iterations: what is kept."""
    optimizer: torch.optim.Adam
    pool: Pool
    iteration: int = 0
    spent_s: float = 0.0
    n_checkpoints: int = 0
    best: Grown | None = None
    last: Metrics | None = None
    """Figures of the latest checkpoint, whether it became the best or not."""


def fingerprint(target: Tensor, recipe: dict[str, Any], seed: int, start: Rule) -> str:
    """Names a run: its target, recipe, seed and the rule it starts from."""
    digest = hashlib.sha256(target.cpu().numpy().tobytes())
    for weight in start.state_dict().values():
        digest.update(weight.cpu().numpy().tobytes())
    digest.update(repr((sorted(recipe.items()), seed)).encode())
    return digest.hexdigest()


def save_session(session: Session, name: str, path: Path) -> None:
    """Write the session called `name`, whole or not at all."""
    best = session.best
    state = {
        "rule": session.rule.state_dict(),
        "average": session.average.state_dict(),
        "optimizer": session.optimizer.state_dict(),
        "pool": session.pool.state_dict(),
        "iteration": session.iteration,
        "spent_s": session.spent_s,
        "n_checkpoints": session.n_checkpoints,
        "best": None if best is None else _plain(best),
    }
    write_state(name, state, path)


def load_session(session: Session, name: str, path: Path) -> None:
    """Take up the session called `name` where `save_session` left it."""
    state = read_state(name, path)
    session.rule.load_state_dict(state["rule"])
    session.average.load_state_dict(state["average"])
    session.optimizer.load_state_dict(state["optimizer"])
    session.pool.load_state_dict(state["pool"])
    session.iteration, session.spent_s = state["iteration"], state["spent_s"]
    session.n_checkpoints = state["n_checkpoints"]
    session.best = None if state["best"] is None else _grown(session.rule, state["best"])


def _plain(best: Grown) -> dict[str, Any]:
    return {
        "rule": best.rule.state_dict(),
        "state": best.state,
        "heard": best.heard,
        "metrics": best.metrics.as_dict(),
        "iteration": best.iteration,
    }


def _grown(like: LiveRule, best: dict[str, Any]) -> Grown:
    rule = frozen_copy(like)
    rule.load_state_dict(best["rule"])
    return Grown(rule, best["state"], best["heard"], Metrics(**best["metrics"]), best["iteration"])


def frozen_copy(rule: LiveRule) -> LiveRule:
    """The rule as it is played: on the CPU, never trained further."""
    copy = LiveRule(len(rule.position), rule.n_weather, rule.channels, rule.sense.out_channels, rule.dilations)
    copy.load_state_dict(rule.state_dict())
    return copy.eval().requires_grad_(False)
