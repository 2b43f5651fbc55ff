"""`petrichord evaluate`: how like its recording a preset sounds, how alive it is, and how it lasts."""

import argparse
import json
import math
import sys
from pathlib import Path

from synth.errors import UsageError
from synth.instrument.parameters.typed_numbers import number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="name of a bundled preset, or a path")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="the recording it grew from")
    parser.add_argument(
        "--start", type=number, metavar="S", help="second the region starts at; the preset's by default"
    )
    parser.add_argument("--seconds", type=number, metavar="D", help="how much to take from there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--report", type=Path, metavar="DIR", help="draw the one-page report (PNG) into this folder")
    parser.add_argument("--quick", action="store_true", help="leave out what needs 10 000 steps")
    parser.add_argument("--survival", action="store_true", help="also grow 20 seeds for 10 000 steps: minutes more")
    parser.add_argument("--among", type=Path, metavar="FOLDER", help="recordings it must not be taken for")


def run(args: argparse.Namespace) -> int:
    _check(args)
    from training.evaluation.evaluate import Options, evaluate_preset

    options = Options(args.start, args.seconds, args.quick, args.survival, args.among)
    print("Rendering 75 s and growing cultures; this takes minutes.", file=sys.stderr)
    evaluation = evaluate_preset(args.preset, args.recording, options)
    print(evaluation.as_text())
    if args.json is not None:
        args.json.write_text(json.dumps(evaluation.as_dict(), indent=1) + "\n", encoding="utf-8")
    if args.report is not None:
        from training.evaluation.report import draw

        print(f"Report: {draw(evaluation, args.report)}")
    return 0


def _check(args: argparse.Namespace) -> None:
    if (args.start or 0.0) < 0 or (args.seconds is not None and not 0 < args.seconds < math.inf):
        raise UsageError("A region needs a --start of 0 or more and --seconds above 0.")
    for path, folder in ((args.json, args.json and args.json.parent), (args.report, args.report)):
        if path is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".petrichord-probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}; choose another place.") from error
    if args.json is not None and args.json.is_dir():
        raise UsageError(f"{args.json} is a folder; name a file for the figures.")
