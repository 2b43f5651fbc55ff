"""`--tuning` and `--keyboard-map`: the pitches that notes are played at."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.instrument.events import Tune


def add_tuning_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tuning", type=Path, metavar="FILE.scl", help="tune notes to this Scala scale")
    parser.add_argument(
        "--keyboard-map",
        type=Path,
        metavar="FILE.kbm",
        help="which key plays which note of the scale, and at which pitch; without a scale, of twelve equal steps",
    )


def tuning_from(args: argparse.Namespace, *, notes: bool, source: str) -> "tuple[Tune, ...]":
    """What tunes an instrument as asked, nothing when nothing was; `UsageError` or `TuningError` when that is no use.

    `notes` is false when no notes will be played; `source` names the options that play some.
    """
    from synth.errors import UsageError
    from synth.instrument.events import Tune
    from synth.instrument.tuning import read_tuning

    if args.tuning is None and args.keyboard_map is None:
        return ()
    if not notes:
        raise UsageError(f"--tuning and --keyboard-map tune notes, and there are none: name {source}.")
    return (Tune(read_tuning(args.tuning, args.keyboard_map)),)
