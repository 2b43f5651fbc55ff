"""The library measured, and `presets/README.md` written from it: `python -m training.library_page --recordings FOLDER`.

Every preset of the manifest is evaluated as `petrichord evaluate` does; the figures are kept in `figures.json` beside
the presets, so that a page can be written again, and presets measured one by one.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synth.errors import PetrichordError, TrainingError
from synth.library import bundled_folder
from synth.preset import Preset
from synth.preset_file import SUFFIX, load_preset
from synth.tnca import LiveRule
from training.data import load_recording, prepare
from training.evaluation.figures import Figure
from training.library import MANIFEST, Entry, read_manifest, recording_of

FIGURES = "figures.json"
PAGE = "README.md"
Found = dict[str, dict[str, Any]]
"""Figures of one preset by key, each with value, floor and whether its bar is met."""

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("sound_ltas_db", "LTAS", "{:.2f}"),
    ("sound_row_w1_db", "W1", "{:.2f}"),
    ("sound_std_ratio", "spread", "{:.2f}"),
    ("sound_motion_ratio", "motion", "{:.2f}"),
    ("sound_loop", "loop", "{:.2f}"),
    ("sound_loop_still", "loop, evolution off", "{:.2f}"),
    ("sound_modulation_db", "modulation", "{:.2f}"),
    ("sound_loudness_lufs", "LUFS", "{:.1f}"),
    ("sound_silent_rows_db", "silent rows", "{:.1f}"),
    ("sound_partials_median_db", "partial rows", "{:.1f}"),
    ("sound_partials_excerpt_db", "worst second", "{:.1f}"),
    ("sound_partials_cents", "partials, cents", "{:.1f}"),
    ("sound_copying", "copying", "{:.2f}"),
    ("sound_copying_best", "copying, best", "{:.2f}"),
    ("sound_identity_rank", "rank", "{:.0f}"),
    ("grid_ltas_db", "LTAS, grid", "{:.2f}"),
    ("recovery_50_steps", "recovery", "{:.0f}"),
    ("drift_db_per_decade", "drift", "{:.2f}"),
    ("lost_cultures", "lost of 20", "{:.0f}"),
)
_IN_FLOORS = ("sound_row_w1_db", "sound_modulation_db", "sound_partials_excerpt_db")
_WITH_FLOOR = (*_IN_FLOORS, "sound_copying", "sound_copying_best", "drift_db_per_decade")
_LIFE = ("drift_db_per_decade", "lost_cultures")
METHOD = 2
"""Raised when figures can no longer be compared with those measured before.

2: without the mirrored ends and the offset of the region; copying by equal chances.
"""


def measure(entry: Entry, recording: Path, folder: Path, among: Path | None) -> Found:
    """Figures of one preset; takes minutes."""
    from training.evaluation.evaluate import Options, evaluate_preset

    path = folder / f"{entry.file}{SUFFIX}"
    options = Options(quick=True, among=among, render_s=66.0, still_s=12.0, wound_steps=400)
    figures = evaluate_preset(path, recording, options).figures
    return {"measured": {"method": METHOD, "rule": rule_name(load_preset(path))}, **_kept(figures)}


def endure(entry: Entry, recording: Path, folder: Path) -> Found:
    """Drift and losses of 20 cultures over 10 000 steps; takes minutes."""
    from training.evaluation.endurance import survival
    from training.evaluation.grid import drift_figure, survival_figure
    from training.metrics import levels_db

    preset = load_preset(folder / f"{entry.file}{SUFFIX}")
    assert isinstance(preset.rule, LiveRule)
    start_s, end_s = preset.region_s
    target = prepare(load_recording(recording, start_s, end_s - start_s), preset.mel, whole=True)
    lived = survival(preset.rule, preset.weather, target_db=levels_db(target.grid))
    return _kept((drift_figure(lived.drift), survival_figure(lived)))


def rule_name(preset: Preset) -> str:
    """Names a rule by its weights: what was measured of another is not this one's."""
    digest = hashlib.sha256()
    for weight in preset.rule.state_dict().values():
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:16]


def _kept(figures: Sequence[Figure]) -> Found:
    return {f.key: {k: f.as_dict()[k] for k in ("value", "floor", "ok", "note")} for f in figures}


def _joined(old: Found, new: Found) -> Found:
    """What was measured now, and of the same rule before."""
    same = old.get("measured", {}).get("rule") == new["measured"]["rule"]
    lasting = {key: old[key] for key in _LIFE if same and _is_known(old, key) and not _is_known(new, key)}
    return {**new, **lasting}


def _is_known(found: Found, key: str) -> bool:
    return found.get(key, {}).get("value") is not None


def _is_current(found: Found) -> bool:
    return found.get("measured", {}).get("method") == METHOD


def page(entries: Sequence[Entry], presets: dict[str, Preset], figures: dict[str, Found]) -> str:
    """The library's page in Markdown."""
    measured = [entry.file for entry in entries if entry.file in figures]
    return "\n".join(
        [
            *_HEAD,
            *_table(
                ("preset", "recording", "by", "licence", "seconds used", "format", "parent", "iterations"),
                [_origin(entry, presets[entry.file]) for entry in entries],
            ),
            *_METHOD,
            *_table(
                ("preset", *(title for _, title, _ in COLUMNS)),
                [
                    (
                        f"`{name}`" + ("" if _is_current(figures[name]) else " †"),
                        *(_cell(figures[name], key, form) for key, _, form in COLUMNS),
                    )
                    for name in measured
                ],
            ),
            *(() if all(_is_current(figures[name]) for name in measured) else _OLDER),
            "",
            *_summary([figures[name] for name in measured]),
            "",
        ]
    )


def _origin(entry: Entry, preset: Preset) -> tuple[str, ...]:
    start, end = preset.region_s
    used = f"{start:.2f} to {end:.2f}" + (", decay removed" if preset.decay_db_per_s is not None else "")
    credit = preset.credit
    parent = preset.parent.lower() or "none"
    iterations = str(preset.recipe.get("iterations", ""))
    return f"`{entry.file}`", credit.recording, credit.author, credit.licence, used, entry.format, parent, iterations


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [" | ".join(["", *cells, ""]).strip() for cells in (head, ["---"] * len(head), *rows)]


def _cell(found: Found, key: str, form: str) -> str:
    figure = found.get(key, {})
    if figure.get("value") is None:
        return "–"
    text = form.format(figure["value"])
    text += f" ({form.format(figure['floor'])})" if key in _WITH_FLOOR and figure.get("floor") is not None else ""
    return f"**{text}**" if figure.get("ok") is False else text


def _summary(figures: Sequence[Found]) -> list[str]:
    """Medians over the library, and how many presets meet each bar."""
    lines = ["Over the library:", ""]
    for key, title, form in COLUMNS:
        found = [f[key] for f in figures if f.get(key, {}).get("value") is not None]
        if not found:
            continue
        line = f"* {title}: median {form.format(statistics.median(f['value'] for f in found))}"
        if key in _IN_FLOORS:
            line += f", {statistics.median(f['value'] / f['floor'] for f in found):.2f} of the noise floor"
        judged = [f["ok"] for f in found if f["ok"] is not None]
        line += f"; {sum(judged)} of {len(judged)} meet the bar" if judged else ""
        missing = sum(not _is_known(f, key) for f in figures) if key in _LIFE else 0
        line += f"; {missing} of {len(figures)} not measured" if missing else ""
        lines.append(line)
    return lines


_HEAD = (
    "# The bundled presets",
    "",
    "Each grew from one recording, whose licence it carries, by the recipe it carries. `python -m training.library",
    "--recordings FOLDER` makes them all again from `manifest.toml`, on any machine in less than two hours; the notes",
    "of soundfonts it renders itself. Made again they will differ a little: all but the warm pad learned from regions",
    "whose mirrored ends were still in them.",
    "",
)
_METHOD = (
    """
## How alike, how alive

Measured on 66 s rendered by the command, by code that shares nothing with the instrument
(`training/evaluation/sound_metrics.py`). All of it again, and this page: `python -m training.library_page --recordings
FOLDER`; one preset in full, with its picture: `petrichord evaluate violin RECORDING --report .`. Bold misses its bar;
in brackets the noise floor.

* **LTAS**: difference of the long-time average spectra in dB, mean over mel rows; bar 0.7. **W1**: distance of each
  row's levels, bar 1.2 × floor. **Spread**: temporal standard deviation as a ratio to the recording's, bar 0.8 to
  1.25. **Motion**: how far a cell has moved after a minute, against random frames of the recording, bar ≥ 0.5.
* **Loop**: correlation at the loop's two seconds above its surroundings, bar ≤ 0.3; with evolution off it must be
  heard. **Modulation**: difference of the spectra of row trajectories, 0.7 to 40 Hz, in dB, bar 1.5 × floor.
* **LUFS**: programme loudness, bar −18 ± 1.5. **Silent rows**: how far above the recording, bar 3 dB.
  **Partial rows**: level in every second against the recording's, median in dB; **worst second** of an excerpt as long
  as the recording, in brackets what the recording does itself: 2 dB in every second it does not keep either.
  **Partials, cents**: the strongest, median.
* **Copying**: best correlation of a second of the recording with an excerpt as long as half of it, median over
  excerpts, in brackets that between its own halves, bar that + 0.1: as many chances on both sides. **Copying, best** of
  all 66 s, in brackets and as a bar what so many chances give 99 times in 100, going by how the excerpts differ; a copy
  is 1. **Rank** of its own recording among the library's, by features no loss uses, bar 1.
* **LTAS, grid**: after 3000 steps, before any vocoder. **Recovery**: steps until the average spectrum is back
  within 0.5 dB after half the grid was lost, bar 150. **Drift** of the grid's LTAS error from step 300 to 10 000, in dB
  per decade, bar 0.2, in brackets the least that could be told from none, and how many of those 20 cultures of 64
  frames were **lost** (dead, not finite or saturated), bar 0: `python -m training.library_page --survival`, three and a
  half minutes of a core each; a dash was not measured.
""",
)
_OLDER = (
    "",
    "† measured by an older method, and not again since: with the region's mirrored ends in the recording, which made",
    "still recordings look livelier than they are, and with another measure of copying.",
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.library_page", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="measure these only; those not measured yet by default")
    parser.add_argument("--manifest", type=Path, default=bundled_folder() / MANIFEST)
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="where the manifest's recordings are")
    parser.add_argument("--survival", action="store_true", help="grow 20 cultures for 10 000 steps, and nothing else")
    parser.add_argument("--write-only", action="store_true", help="write the page from the figures there are")
    args = parser.parse_args(argv)
    from synth.cli import prepare_environment

    prepare_environment()
    try:
        _run(args, _note)
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    return 0


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(args: argparse.Namespace, say: Callable[[str], None]) -> None:
    entries, folder = read_manifest(args.manifest), args.manifest.parent
    figures = _read(folder / FIGURES)
    known = {entry.file: figures.get(entry.file, {}) for entry in entries}
    wanted = args.only or [
        name
        for name, found in known.items()
        if not (_is_known(found, _LIFE[1]) if args.survival else _is_current(found))
    ]
    unknown = set(wanted) - {entry.file for entry in entries}
    if unknown:
        raise TrainingError(f"The manifest has no {', '.join(sorted(unknown))}.")
    if wanted and not args.write_only:
        with tempfile.TemporaryDirectory() as temporary:
            notes, among = Path(temporary, "notes"), Path(temporary, "among")
            notes.mkdir()
            among.mkdir()
            recordings = {entry.file: recording_of(entry, args.recordings, notes) for entry in entries}
            for path in recordings.values():
                link = among / path.name
                if not link.exists():
                    link.symlink_to(path.resolve())
            for entry in (entry for entry in entries if entry.file in wanted):
                recording, old = among / recordings[entry.file].name, known[entry.file]
                if args.survival:
                    figures[entry.file] = {**old, **endure(entry, recording, folder)}
                else:
                    figures[entry.file] = _joined(old, measure(entry, recording, folder, among))
                (folder / FIGURES).write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
                say(f"{entry.file}: measured")
    presets = {entry.file: load_preset(folder / f"{entry.file}{SUFFIX}") for entry in entries}
    (folder / PAGE).write_text(page(entries, presets, figures), encoding="utf-8")
    say(f"{folder / PAGE} written")


def _read(path: Path) -> dict[str, Found]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}; delete it to measure again.") from error


if __name__ == "__main__":
    sys.exit(main())
