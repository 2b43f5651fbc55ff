"""`petrichord parameters`: every control of the instrument and of the brush."""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from synth.instrument.modulation.targets import how_it_is_moved
from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS

_MANUAL = """# Every control

This page is written by `petrichord parameters --markdown > docs/controls.md` from the one table that the window, the
command line, presets, sessions and takes read (`synth/instrument/parameters/table.py`).

In the window: drag a knob up or down, hold Shift for fine steps, double-click it for its default, or click its number
and type a value. On the command line: `--set ID=VALUE` in `petrichord render` and `petrichord play`, with a unit or
without.

*Follows in* is the time constant with which the sound follows a change. A control *of the preset* is set when a preset
is loaded; a control *of the player* stays as it is. *Routes move* tells whether modulation (`--route`) can move it, and
whether each voice is moved for itself.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON array with every field of the table")
    form.add_argument("--markdown", action="store_true", help="print the manual's page of controls")


def run(args: argparse.Namespace) -> int:
    rows = [*PARAMETERS.values(), *BRUSH_PARAMETERS.values()]
    if args.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    elif args.markdown:
        print("\n".join(_page(rows)))
    else:
        for row in rows:
            moved = how_it_is_moved(row)
            print(f"{row.id:<20} {_range(row):<32} {row.scope:<8} {row.help}{moved and f' [routes move {moved}]'}")
    return 0


def _page(rows: Iterable[Parameter]) -> Iterator[str]:
    """The manual in Markdown: one table for each group of the window, line by line."""
    yield _MANUAL
    groups: dict[str, list[Parameter]] = {}
    for row in rows:
        groups.setdefault(row.display.group or row.scope, []).append(row)
    for group, members in groups.items():
        yield f"## {group.capitalize().replace('Lfo', 'LFO')}\n"
        yield "| control | what it does | range | default | follows in | of the | routes move | `--set` |"
        yield "|---|---|---|---|---|---|---|---|"
        for row in members:
            low, high, usual = (row.text(value) for value in (row.minimum, row.maximum, row.default))
            follows = f"{1000 * row.smoothing_s:.0f} ms" if row.smoothing_s else "at once"
            moved = how_it_is_moved(row)
            settable = f"`{row.id}`" if row.scope != "brush" else ""
            span = "off, on" if row.is_switch else ", ".join(row.choices) or f"{low} … {high}"
            yield f"| {row.label} | {row.help} | {span} | {usual} | {follows} | {row.owner} | {moved} | {settable} |"
        yield ""


def _range(row: Parameter) -> str:
    low, high = row.text(row.minimum), row.text(row.maximum)
    if row.choices:
        return " or ".join(row.choices)
    if row.id == "note":
        return f"{low}, notes up to {high}"
    return f"{low} … {high}, {row.text(row.default)}"
