"""`petrichord parameters`: every control of the instrument and of the brush."""

import argparse
import json
from dataclasses import asdict

from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON array with every field of the table")


def run(args: argparse.Namespace) -> int:
    rows = [*PARAMETERS.values(), *BRUSH_PARAMETERS.values()]
    if args.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row.id:<16} {_range(row):<32} {row.scope:<8} {row.help}")
    return 0


def _range(row: Parameter) -> str:
    low, high = row.text(row.minimum), row.text(row.maximum)
    if row.id == "note":
        return f"{low}, notes up to {high}"
    return f"{low} … {high}, {row.text(row.default)}"
