"""`petrichord train` on trainings of a few seconds."""

from pathlib import Path

from synth.commands.cli import main
from tests.training.tiny import QUICK, small_trainings
from training.learning.recipe import Recipe

FIELDS = ["event", "iteration", "eta_s", "loss", "ltas_db", "preset_path", "message"]
N = 36


def train(recording: Path, output: Path, *options: str, recipe: Recipe = QUICK) -> int:
    with small_trainings(recipe):
        return main(["train", str(recording), "-o", str(output), "--parent", "none", *options])
