"""`petrichord measure`: what a preset can hold of its recording besides the rule, measured without training."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import UsageError

if TYPE_CHECKING:
    from synth.presets.model import Preset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="name of an installed preset, or a path")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="the recording it grew from")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="NEW.safetensors", help="where to write it")


def run(args: argparse.Namespace) -> int:
    from synth.presets.file import SUFFIX, load_preset, save_preset
    from synth.presets.library import find
    from training.learning.build import measured_again

    if args.output.suffix != SUFFIX or args.output.is_dir():
        raise UsageError(f"{args.output} is not the name of a preset's file; end it with {SUFFIX}.")
    if not args.output.parent.is_dir():
        raise UsageError(f"There is no folder {args.output.parent}; make it first.")
    preset = load_preset(find(args.preset))
    print("Listening to the recording and growing a culture; this takes half a minute.", file=sys.stderr)
    measured = measured_again(preset, args.recording)
    save_preset(measured, args.output)
    print(f"{args.output}: {_told(measured)}")
    return 0


def _told(preset: "Preset") -> str:
    """What was found, in a sentence."""
    share = preset.noise_share
    parts = [] if share is None else [f"noise {100 * float(share.median()):.0f} % of the median row"]
    if preset.attack is None:
        parts.append("no attack")
    else:
        parts.append(f"an attack of {len(preset.attack) / preset.mel.frames_per_second:.2f} s")
    parts.append("no release" if preset.release_db_per_s is None else "a release")
    return ", ".join(parts) + "."
