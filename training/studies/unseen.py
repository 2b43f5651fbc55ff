"""The training command on recordings nobody tuned on.

`python -m training.studies.unseen --recordings FOLDER -o PRESETS`

Every recording of `presets/unseen.toml` is trained as `petrichord train` does by its defaults, measured as the library
is, and told from the library's recordings as well. What is known is kept: the presets in PRESETS, their figures in
`unseen.json` beside the manifest, and from those the page `unseen.md` is written; an interrupted run goes on where it
was.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from synth.errors import PetrichordError, TrainingError
from synth.instrument.parameters.typed_numbers import whole_number
from synth.presets.file import SUFFIX, load_preset
from synth.presets.library import bundled_folder
from training.studies.figure_tables import (
    OLDER,
    Found,
    figures_table,
    is_current,
    read_figures,
    rule_name,
    summary,
    table,
    write_figures,
)
from training.studies.library import MANIFEST, Entry, read_manifest, train
from training.studies.library_page import measure, side_by_side

UNSEEN = "unseen.toml"
_TRAINING = "training"
"""Key of what is known of the training itself, beside the figures."""


def learn(entry: Entry, recording: Path, folder: Path, iterations: int) -> Found:
    """Train one preset on one core; says what it took, under the key of its training."""
    before = os.times()
    preset = load_preset(train(entry, recording, folder, iterations))
    after = os.times()
    # Nothing is known of ended children on Windows: there it stays 0.
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    start_s, end_s = preset.region_s
    took = {
        "cpu_s": round(spent_s, 1),
        "iterations": preset.recipe.get("iterations") or None,
        "kept_iteration": preset.recipe.get("kept_iteration"),
        "region_s": [round(start_s, 2), round(end_s, 2)],
        "decay_removed": preset.decay_db_per_s is not None,
        "rule": rule_name(preset),
    }
    return {_TRAINING: took}


def page(entries: Sequence[Entry], figures: dict[str, Found]) -> str:
    """What came of all that were measured, in Markdown; what was measured by an older method is marked."""
    measured = {entry.file: figures[entry.file] for entry in entries if "measured" in figures.get(entry.file, {})}
    missing = ", ".join(f"`{entry.file}`" for entry in entries if entry.file not in measured)
    return "\n".join(
        [
            *_HEAD,
            *table(
                ("preset", "recording", "by", "licence", "seconds used", "iterations", "kept", "seconds of a core"),
                [_origin(entry, measured[entry.file]) for entry in entries if entry.file in measured],
            ),
            "",
            *figures_table(measured),
            *(() if all(map(is_current, measured.values())) else OLDER),
            "",
            f"Over these {len(measured)}:",
            "",
            *summary(list(measured.values())),
            *(["", f"Not measured yet: {missing}."] if missing else []),
            "",
        ]
    )


def _origin(entry: Entry, found: Found) -> tuple[str, ...]:
    took = found[_TRAINING]
    start_s, end_s = took["region_s"]
    used = f"{start_s:.2f} to {end_s:.2f}" + (", decay removed" if took["decay_removed"] else "")
    counts = (str(took[key]) if took[key] is not None else "–" for key in ("iterations", "kept_iteration"))
    return f"`{entry.file}`", entry.credit, entry.author, entry.licence, used, *counts, f"{took['cpu_s']:.0f}"


_HEAD = (
    "# Recordings nobody tuned on",
    "",
    "`python -m training.studies.unseen --recordings FOLDER -o PRESETS` trains on each recording of `unseen.toml`,",
    "from the bundled parent and by the command's defaults, and measures the preset as the library's are:",
    "`README.md` says what the figures are. The list was made before any of them was trained on, by the rule",
    "at its head. Seconds are of one core's time, for everything from reading the file to the finished preset.",
    "",
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.studies.unseen", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="these only; those not measured yet by default")
    parser.add_argument("--manifest", type=Path, default=bundled_folder() / UNSEEN)
    parser.add_argument("--library", type=Path, default=bundled_folder() / MANIFEST, help="its recordings are others")
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="where the recordings are")
    parser.add_argument("-o", "--output", type=Path, metavar="PRESETS", help="folder for the presets that are trained")
    parser.add_argument(
        "--iterations",
        type=whole_number,
        default=0,
        metavar="N",
        help="instead of the command's own minutes: on a busy machine",
    )
    parser.add_argument("--write-only", action="store_true", help="write the page from the figures there are")
    args = parser.parse_args(argv)
    from synth.commands.cli import prepare_environment

    prepare_environment()
    try:
        _run(args, lambda text: print(text, file=sys.stderr, flush=True))
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    return 0


def _run(args: argparse.Namespace, say: Callable[[str], None]) -> None:
    entries, kept = read_manifest(args.manifest), args.manifest.with_suffix(".json")
    unknown = set(args.only) - {entry.file for entry in entries}
    if unknown:
        raise TrainingError(f"The manifest has no {', '.join(sorted(unknown))}.")
    figures = read_figures(kept)
    wanted = [e for e in entries if (e.file in args.only if args.only else not is_current(figures.get(e.file, {})))]
    wanted = [] if args.write_only else wanted
    if wanted and args.output is None:
        raise TrainingError("Presets must be trained before they are measured: name a folder for them with -o.")
    others = [entry for entry in read_manifest(args.library) if entry.file not in {e.file for e in entries}]
    if wanted:
        args.output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            recordings = side_by_side([*entries, *others], args.recordings, Path(temporary))
            for entry in wanted:
                recording, known = recordings[entry.file], figures.get(entry.file, {})
                if not _is_trained(known, args.output / f"{entry.file}{SUFFIX}"):
                    known = learn(entry, recording, args.output, args.iterations)
                    figures[entry.file] = known
                    write_figures(figures, kept)
                figures[entry.file] = {**known, **measure(entry, recording, args.output, recording.parent)}
                write_figures(figures, kept)
                say(f"{entry.file}: measured")
    pages = args.manifest.with_suffix(".md")
    pages.write_text(page(entries, figures), encoding="utf-8")
    say(f"{pages} written")


def _is_trained(known: Found, path: Path) -> bool:
    """Whether the preset there is the one whose training is known."""
    return _TRAINING in known and path.is_file() and known[_TRAINING]["rule"] == rule_name(load_preset(path))


if __name__ == "__main__":
    sys.exit(main())
