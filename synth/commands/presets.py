"""`petrichord presets`: what is installed; many of them as one file, and from one."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print as JSON")
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", title="export presets as a bank, which is one file, or import a bank"
    )
    export = actions.add_parser(
        "export", help="put presets into one file", description="Put presets into one file, a bank."
    )
    export.add_argument("file", type=Path, metavar="FILE.zip", help="the bank to write")
    export.add_argument("names", nargs="*", metavar="NAME", help="presets by name or file; all of your own if none")
    take = actions.add_parser(
        "import",
        help="add the presets of a bank to your own",
        description="Add the presets of a bank to your own. A preset whose name you have already gets a number.",
    )
    take.add_argument("file", type=Path, metavar="FILE.zip", help="the bank to read")


def run(args: argparse.Namespace) -> int:
    if args.action == "export":
        return _export(args.file, args.names)
    if args.action == "import":
        return _import(args.file)
    return _list(as_json=args.json)


def _export(file: Path, names: list[str]) -> int:
    from synth.errors import PresetError
    from synth.presets.bank import export_bank
    from synth.presets.library import entries, find

    paths = [find(name) for name in names] or [entry.path for entry in entries() if not entry.bundled]
    if not paths:
        raise PresetError(f"There are no presets of your own: name those to put into {file}, such as violin.")
    done = export_bank(paths, file)
    print(f"{_counted(len(done.written))} in {file}: {', '.join(done.written)}")
    return _complain(done.left)


def _import(file: Path) -> int:
    from synth.presets.bank import import_bank
    from synth.presets.card import preset_name
    from synth.presets.library import bundled_folder, user_folder

    done = import_bank(file, user_folder(), bundled_folder())
    added = ", ".join(preset_name(path) for path in done.added)
    print(f"{_counted(len(done.added))} added to {user_folder()}{f': {added}' if added else ''}")
    if done.there:
        print(f"{_counted(len(done.there))} there already: {', '.join(done.there)}")
    return _complain(done.left)


def _counted(n: int) -> str:
    return "1 preset" if n == 1 else f"{n} presets"


def _complain(sentences: "Iterable[str]") -> int:
    """Each on a line of its own; the exit code."""
    code = 0
    for sentence in sentences:
        print(f"petrichord: {sentence}", file=sys.stderr)
        code = 2
    return code


def _list(*, as_json: bool) -> int:
    from synth.errors import PresetError
    from synth.presets.file import load_preset
    from synth.presets.library import entries, user_folder

    rows, damaged = [], []
    for entry in entries():
        try:
            preset = load_preset(entry.path)
        except PresetError as error:
            damaged.append(str(error))
            continue
        rows.append(
            {
                "name": entry.name,
                "title": preset.name,
                "tags": ", ".join(preset.tags),
                "format": preset.mel.name,
                "root_hz": round(preset.root_hz, 2),
                "licence": preset.credit.licence,
                "recording": preset.credit.recording,
                "path": str(entry.path),
            }
        )
    if as_json:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(f"{row['name']:<18} {row['format']:<7} {row['tags']:<32} {row['licence']}, {row['recording']}")
        print(f"Your own presets belong in {user_folder()}")
    _complain(damaged)
    return 0
