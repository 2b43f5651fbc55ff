"""What is asked of `petrichord train`, refused where it cannot be done: `UsageError` with what to do instead."""

import argparse
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import TrainingError, UsageError
from synth.file_lock import Claim, claimed_by
from synth.file_names import shown_name

_MAX_MINUTES = 24 * 60.0
_MOST_PATIENCE = 100.0
LOCK_SUFFIX = ".lock"


def check(args: argparse.Namespace) -> None:
    """All that can be known before the recording is read."""
    if args.report is not None and args.recipe == "notebook":
        raise UsageError("The notebook's rule is not made for the long runs of a --report; leave it out.")
    if args.minutes is not None and not 0 < args.minutes <= _MAX_MINUTES:
        raise UsageError(f"{args.minutes:g} minutes of training cannot be done: choose up to {_MAX_MINUTES:g}.")
    if args.iterations is not None and args.iterations <= 0:
        raise UsageError(f"{args.iterations} iterations cannot be done: choose a positive number.")
    if args.patience is not None and not 1 <= args.patience <= _MOST_PATIENCE:
        raise UsageError(f"A --patience of {args.patience:g} makes no sense: choose 1 to {_MOST_PATIENCE:g}.")
    if args.patience is not None and (args.minutes, args.iterations) != (None, None):
        raise UsageError("--patience stretches the default minutes; leave it out beside --minutes or --iterations.")
    check_region(args)
    if args.fixed and args.recipe != "notebook":
        raise UsageError("--fixed mends the notebook's recipe; give --recipe notebook with it.")
    if args.output is None:
        raise UsageError("Name the preset to write with -o PRESET.safetensors.")
    if args.output.suffix != ".safetensors":
        raise UsageError(f"{args.output.name} must end in .safetensors: that is what a preset is.")
    if args.output.is_dir():
        raise UsageError(f"{args.output} is a folder; name the preset file to write.")
    _try_to_write(args.output)
    if args.progress_images is not None:
        _try_to_write(args.progress_images / "000000.png")


def check_region(args: argparse.Namespace) -> None:
    """The part of the recording that was asked for, if any was."""
    from training.analysis.recording import MAX_LOAD_SECONDS

    if args.start is not None and not 0 <= args.start < math.inf:
        raise UsageError(f"There is no second {args.start:g} to --start a region at; choose 0 or more.")
    if args.seconds is not None and not 0 < args.seconds <= MAX_LOAD_SECONDS:
        raise UsageError(f"A region of {args.seconds:g} s cannot be learned: choose up to {MAX_LOAD_SECONDS:g} s.")


def _try_to_write(path: Path) -> None:
    """Before minutes of training, find out whether `path` can be written; its folder is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(path.name + ".part")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; choose another folder.") from error


@contextmanager
def training_alone(output: Path) -> Iterator[None]:
    """Keep others from training the same preset meanwhile; `TrainingError` while one does."""
    lock = output.with_name(output.name + LOCK_SUFFIX)
    claim = Claim.of(lock)
    if claim is None:
        raise TrainingError(
            f"{shown_name(output.name)} is being trained by process {claimed_by(lock) or '?'} already: wait for it, or "
            "name another preset with -o."
        )
    try:
        yield
    finally:
        claim.release()


def chosen_device(name: str) -> str:
    """The device to train on, by the name torch gives it."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("This PyTorch cannot use a CUDA device; train with --device cpu.")
    if name not in ("cpu", "cuda"):
        raise UsageError(f"There is no training on “{name}”: choose auto, cpu or cuda.")
    return name
