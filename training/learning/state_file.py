"""An interrupted training on disk: tensors and plain values, read with `weights_only`, so it holds no code."""

import pickle
from pathlib import Path
from typing import Any

import torch

from synth.errors import TrainingError
from synth.whole_files import written_whole

SUFFIX = ".training"
_VERSION = 1


def write_state(name: str, state: dict[str, Any], path: Path) -> None:
    """Write the state of the run called `name`, whole or not at all."""
    try:
        with written_whole(path) as part:
            torch.save({**state, "version": _VERSION, "name": name}, part)
    except (OSError, RuntimeError) as error:
        raise TrainingError(f"The training state could not be written to {path}: {error}.") from error


def read_state(name: str, path: Path) -> dict[str, Any]:
    """The state of the run called `name` as `write_state` left it."""
    try:
        state = torch.load(path, weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"There is no interrupted training at {path}; start it without --resume.") from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise TrainingError(f"{path.name} is damaged; start again without --resume.") from error
    if state.get("version") != _VERSION or state.get("name") != name:
        raise TrainingError(
            f"{path.name} belongs to another recording, region, recipe or seed; give the same ones to resume it."
        )
    return dict(state)
