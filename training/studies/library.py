"""The bundled presets made again from their manifest: `python -m training.studies.library --recordings FOLDER`.

Every preset is trained by `petrichord train` in a process of its own, several side by side with one core each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from synth.errors import PetrichordError, TrainingError
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.typed_numbers import whole_number
from synth.presets.file import SUFFIX, load_preset, save_preset
from synth.presets.library import bundled_folder
from synth.presets.model import Credit

MANIFEST = "manifest.toml"
_REQUIRED = ("file", "name", "tags", "credit", "author", "licence")


@dataclass(frozen=True)
class Entry:
    """One preset of the manifest."""

    file: str
    name: str
    tags: tuple[str, ...]
    credit: str
    author: str
    licence: str
    recording: str = ""
    """File in the folder of recordings, or "" if `note` says what to render."""
    note: dict[str, Any] | None = None
    format: str = "22k80"
    parent: str = ""
    """"none" for one that is trained from scratch; "" for the command's own default."""
    origin: str = ""
    seed: int = 0
    iterations: int = 0
    audio_loss: bool = False
    """Whether the second half of its training judges the vocoded sound as well."""
    fills_rows: bool = True
    """Whether rows beside partials are filled with noise; not where the recording's own noise comes in patches, for
    filled evenly the valleys between its partials would be too full."""
    settings: dict[str, float] = field(default_factory=dict)
    """Values of controls that the preset suggests: a bell rings on when its key is up."""


def read_manifest(path: Path) -> list[Entry]:
    """The presets a manifest describes; `TrainingError` names what is wrong with which."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("preset", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"The manifest {path} cannot be read: {error}.") from error
    entries: list[Entry] = []
    for table in tables:
        label = table.get("file", f"preset {len(entries) + 1}")
        missing = [field for field in _REQUIRED if field not in table]
        if missing or ("recording" in table) == ("note" in table):
            raise TrainingError(f"{path.name}: “{label}” lacks {', '.join(missing) or 'one of recording and note'}.")
        try:
            entries.append(Entry(**{**table, "tags": tuple(table["tags"])}))
        except TypeError as error:
            raise TrainingError(f"{path.name}: “{label}” has a field nobody knows: {error}.") from error
        if strange := set(entries[-1].settings) - set(PARAMETERS):
            raise TrainingError(f"{path.name}: “{label}” sets {', '.join(sorted(strange))}, which no control is.")
    return entries


def recording_of(entry: Entry, recordings: Path | None, workplace: Path) -> Path:
    """Where the entry's recording is, after rendering it if it is a note."""
    from training.studies.soundfont import Note, render_note

    if entry.note is not None:
        path = workplace / f"{entry.file}.flac"
        return path if path.exists() else render_note(Note(**entry.note), path)
    if recordings is None or not (recordings / entry.recording).is_file():
        raise TrainingError(
            f"“{entry.file}” grows from {entry.recording} ({entry.origin}): its folder is said with --recordings."
        )
    return recordings / entry.recording


def train(entry: Entry, recording: Path, folder: Path, iterations: int) -> Path:
    """Train one preset as its user would, on one core."""
    out = folder / f"{entry.file}{SUFFIX}"
    options = {
        "--name": entry.name,
        "--tags": ",".join(entry.tags),
        "--credit": entry.credit,
        "--author": entry.author,
        "--licence": entry.licence,
        "--format": entry.format,
        "--seed": str(entry.seed),
    }
    if entry.parent:
        options["--parent"] = entry.parent
    if entry.iterations or iterations:
        options["--iterations"] = str(entry.iterations or iterations)
    command = [sys.executable, "-m", "training", str(recording), "-o", str(out)]
    command += [part for option in options.items() for part in option]
    command += ["--audio-loss"] if entry.audio_loss else []
    child = run_child(command)
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        raise TrainingError(f"“{entry.file}” was not trained: {last}")
    if entry.settings:
        save_preset(replace(load_preset(out), settings=entry.settings), out)
    print(child.stdout.strip(), flush=True)
    if not entry.fills_rows:
        remeasure(entry, recording, folder)
    return out


def remeasure(entry: Entry, recording: Path, folder: Path) -> Path:
    """Take from the recording again what is not trained, and level the preset again; its rule and culture stay."""
    from training.learning.build import measured_again

    path = folder / f"{entry.file}{SUFFIX}"
    preset = measured_again(load_preset(path), recording, fills_rows=entry.fills_rows)
    credit = Credit(entry.credit, entry.author, entry.licence)
    save_preset(replace(preset, name=entry.name, tags=entry.tags, credit=credit, settings=entry.settings), path)
    print(f"{path}: measured again", flush=True)
    return path


def run_child(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command on one core."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.studies.library", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="these presets only; all by default")
    parser.add_argument("--manifest", type=Path, default=bundled_folder() / MANIFEST)
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="where the manifest's recordings are")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", default=bundled_folder())
    parser.add_argument("--iterations", type=whole_number, default=0, metavar="N", help="where the manifest names none")
    parser.add_argument(
        "--remeasure", action="store_true", help="measure pitch, air, trim and gain of presets there are; no training"
    )
    parser.add_argument(
        "--jobs", type=whole_number, default=max(1, (os.cpu_count() or 1)), metavar="N", help="side by side"
    )
    args = parser.parse_args(argv)
    try:
        return _make(args)
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2


def _make(args: argparse.Namespace) -> int:
    entries = read_manifest(args.manifest)
    unknown = set(args.only) - {entry.file for entry in entries}
    if unknown:
        raise TrainingError(f"The manifest has no {', '.join(sorted(unknown))}.")
    chosen = [entry for entry in entries if not args.only or entry.file in args.only]
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        # All recordings first: nothing is worse than a night of training that ends at a missing file.
        recordings = [recording_of(entry, args.recordings, Path(temporary)) for entry in chosen]
        with ThreadPoolExecutor(max(1, args.jobs)) as pool:
            work = remeasure if args.remeasure else partial(train, iterations=args.iterations)
            runs = [
                pool.submit(work, entry, recording, args.output)
                for entry, recording in zip(chosen, recordings, strict=True)
            ]
            for run in runs:
                error = run.exception()
                if isinstance(error, PetrichordError):
                    print(f"petrichord: {error}", file=sys.stderr)
                    failed += 1
                elif error is not None:
                    raise error
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
