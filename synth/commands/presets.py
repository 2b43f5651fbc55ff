"""`petrichord presets`: what is installed."""

import argparse
import json
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
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
    if args.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(f"{row['name']:<18} {row['format']:<7} {row['tags']:<32} {row['licence']}, {row['recording']}")
        print(f"Your own presets belong in {user_folder()}")
    for sentence in damaged:
        print(f"petrichord: {sentence}", file=sys.stderr)
    return 0
