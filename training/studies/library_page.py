"""The library measured, and `presets/README.md` written from it.

`python -m training.studies.library_page --recordings FOLDER`

Every preset of the manifest is evaluated as `petrichord evaluate` does; the figures are kept in `figures.json` beside
the presets, so that a page can be written again, and presets measured one by one.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from synth.automaton.rules import LiveRule
from synth.errors import PetrichordError, TrainingError
from synth.instrument.modulation.sources import SOURCES
from synth.presets.file import SUFFIX, load_preset
from synth.presets.library import bundled_folder
from synth.presets.model import Preset
from training.analysis.data import load_recording, prepare
from training.studies.figure_tables import (
    LIFE,
    METHOD,
    OLDER,
    Found,
    figures_table,
    is_current,
    is_known,
    kept,
    read_figures,
    rule_name,
    summary,
    table,
    write_figures,
)
from training.studies.grain_summary import grain_summary
from training.studies.library import MANIFEST, Entry, read_manifest, recording_of
from training.studies.variations import Variation, read_variations, routes_of

FIGURES = "figures.json"
PAGE = "README.md"


def measure(entry: Entry, recording: Path, folder: Path, among: Path | None) -> Found:
    """Figures of one preset; takes minutes."""
    from training.evaluation.evaluate import Options, evaluate_preset

    path = folder / f"{entry.file}{SUFFIX}"
    options = Options(quick=True, among=among, render_s=66.0, still_s=12.0, wound_steps=400)
    figures = evaluate_preset(path, recording, options).figures
    return {"measured": {"method": METHOD, "rule": rule_name(load_preset(path))}, **kept(figures)}


def endure(entry: Entry, recording: Path, folder: Path) -> Found:
    """Drift and losses of 20 cultures over 10 000 steps; takes minutes."""
    from training.analysis.metrics import levels_db
    from training.evaluation.endurance import survival
    from training.evaluation.grid import drift_figure, survival_figure

    preset = load_preset(folder / f"{entry.file}{SUFFIX}")
    assert isinstance(preset.rule, LiveRule)
    start_s, end_s = preset.region_s
    part, fades = load_recording(recording, start_s, end_s - start_s), preset.decay_db_per_s is not None
    target = prepare(part, preset.mel, whole=True, fades=fades)
    lived = survival(preset.rule, preset.weather, target_db=levels_db(target.learned_by(preset.recipe)))
    return kept((drift_figure(lived.drift), survival_figure(lived)))


def side_by_side(entries: Sequence[Entry], recordings: Path | None, workplace: Path) -> dict[str, Path]:
    """The entries' recordings as files of one folder in `workplace`: each is to be told from the others."""
    notes, among = workplace / "notes", workplace / "among"
    notes.mkdir()
    among.mkdir()
    found = {}
    for entry in entries:
        path = recording_of(entry, recordings, notes)
        found[entry.file] = among / path.name
        if not found[entry.file].exists():
            found[entry.file].symlink_to(path.resolve())
    return found


def _joined(old: Found, new: Found) -> Found:
    """What was measured now, and of the same rule before."""
    same = old.get("measured", {}).get("rule") == new["measured"]["rule"]
    lasting = {key: old[key] for key in LIFE if same and is_known(old, key) and not is_known(new, key)}
    return {**new, **lasting}


def page(
    entries: Sequence[Entry],
    presets: dict[str, Preset],
    figures: dict[str, Found],
    variations: Sequence[Variation] = (),
) -> str:
    """The library's page in Markdown."""
    measured = [entry.file for entry in entries if entry.file in figures]
    return "\n".join(
        [
            *_HEAD,
            *_trained_before(entries, presets),
            *table(
                ("preset", "recording", "by", "licence", "seconds used", "format", "parent", "iterations"),
                [_origin(entry, presets[entry.file]) for entry in entries],
            ),
            *_of_variations(variations),
            *_METHOD,
            *figures_table({name: figures[name] for name in measured}),
            *(() if all(is_current(figures[name]) for name in measured) else OLDER),
            "",
            "Over the library:",
            "",
            *summary([figures[name] for name in measured]),
            *grain_summary({name: figures[name] for name in measured}),
            "",
        ]
    )


def _trained_before(entries: Sequence[Entry], presets: dict[str, Preset]) -> list[str]:
    """Which presets were not made by the present recipe, in a paragraph."""
    older = [f"`{e.file}`" for e in entries if e.file in presets and "elders" not in presets[e.file].recipe]
    if not older:
        return []
    return [
        f"Made again these will differ a little: {', '.join(older)}",
        "were trained before there were elders in the pool and recordings lost their sway, most of them from regions",
        "whose mirrored ends were still in them.",
        "",
    ]


def _origin(entry: Entry, preset: Preset) -> tuple[str, ...]:
    start, end = preset.region_s
    used = f"{start:.2f} to {end:.2f}" + (", decay removed" if preset.decay_db_per_s is not None else "")
    credit = preset.credit
    parent = preset.parent.lower() or "none"
    # Of a training that ended by the clock, those of the checkpoint that was kept.
    iterations = str(preset.recipe.get("iterations") or preset.recipe.get("kept_iteration", ""))
    return f"`{entry.file}`", credit.recording, credit.author, credit.licence, used, entry.format, parent, iterations


def _of_variations(variations: Sequence[Variation]) -> list[str]:
    """A chapter about the presets that have controls, effects and routes of their own, where there are any."""
    if not variations:
        return []
    rows = [(f"`{v.file}`", f"`{v.base}`", ", ".join(v.effects), _moved_by(v), v.comment) for v in variations]
    return [*_VARIED, *table(("preset", "of", "effects, in their order", "moved by", "what it shows"), rows)]


def _moved_by(variation: Variation) -> str:
    """The sources of a variation's routes, each once; macros by their names."""
    named = {f"macro{n}": f"“{name}”" for n, name in enumerate(variation.macros, 1)}
    sources = dict.fromkeys(route.source for _, route in routes_of(variation))
    return ", ".join(named.get(id, SOURCES[id].label) for id in sources)


_HEAD = (
    "# The bundled presets",
    "",
    "Each grew from one recording, whose licence it carries, by the recipe it carries; variations of them are below.",
    "`python -m training.studies.library --recordings FOLDER` makes them all again from `manifest.toml`,",
    "each in three and a half minutes of a core and more; the notes of soundfonts it renders itself.",
    "",
)
_VARIED = (
    """
## Variations

These have controls, effects and routes of their own; rule, culture, recording, credit and licence are those of the
preset they are *of*, from which their small files are read. `python -m training.studies.variations` makes them again
from `manifest.toml`, each as loud as the others: −18 LUFS at a Volume of 0 dB, with all of it playing. How each differs
from the preset it is of, with pictures: `python -m tests.benchmarks.variations FOLDER`.
""",
)
_METHOD = (
    """
## How alike, how alive

Measured on 66 s rendered by the command, by code that shares nothing with the instrument
(`training/evaluation/sound_metrics.py`). All of it again, and this page:
`python -m training.studies.library_page --recordings FOLDER`; one preset in full, with its picture:
`petrichord evaluate violin RECORDING --report .`. Bold misses its bar; in brackets the noise floor.

* **LTAS**: difference of the long-time average spectra in dB, mean over mel rows; bar 0.7. **W1**: distance of each
  row's levels, bar 1.2 × floor. **Spread**: temporal standard deviation as a ratio to the recording's, bar 0.8 to
  1.25. **Motion**: how far a cell has moved after a minute, against random frames of the recording, bar ≥ 0.5.
* **Loop**: correlation at the loop's two seconds above its surroundings, bar ≤ 0.3; with evolution off it must be
  heard. **Modulation**: difference of the spectra of row trajectories, 0.7 to 40 Hz, in dB, bar 1.5 × floor.
* **LUFS**: programme loudness, bar −18 ± 1.5. **Silent rows**: how far above the recording, bar 3 dB. **Flicker**: how
  much more than the recording's the tenth of rows that do it most change level within 50 to 190 ms, to 90 dB below the
  loudest, bar 1 dB above the same between the recording's halves.
  **Partial rows**: level in every second against the recording's, median in dB; **worst second** of an excerpt as long
  as the recording, in brackets what the recording does itself: 2 dB in every second, the bar **of a minute**, it does
  not keep either. A minute has more chances than a few seconds: **beyond chance** is the worst second of the row that
  strays furthest beyond what a minute of the recording's own would do 99 times in 100, which is in brackets, by how far
  the row's seconds differ in the recording; bar that, and 2 dB. **Beside partials**: how far rows up to two beside them
  are above the recording's, median, and in the **worst second of a minute there**, bar 3 dB, in brackets the
  recording's own worst of its few seconds; **beyond chance there** likewise, bar that, and 3 dB.
  **Partials, cents**: the strongest, median.
* **Fine spectrum**: long-time spectra at 8192 points of 44.1 kHz, mean difference in dB from 100 Hz to 11 kHz, bar
  1.5 × floor: what lies between the partials, which no mel row tells. **Valleys**: its lower quarter in six bands, the
  band furthest off, bar 6 dB. **Tonality**: how far peaks stand above valleys, by thirds of octaves, bar 1.5 × floor.
  **8–16 kHz**: level of that octave above the recording's, bar ± 3 dB.
* **Texture**: statistics of 30 bands' envelopes (McDermott and Simoncelli 2011), without 80 ms at the ends of excerpts:
  level in dB, variation, skew, correlation of bands and modulation to 180 Hz in dB, each bar 1.15 × floor. **Partials'
  width**: of strong ones, in octaves; **their movement** in amplitude below 43 Hz and above, in dB, bars 1.5 × floor.
  Floors are between the recording's halves.
* **Copying**: best correlation of a second of the recording with an excerpt as long as half of it, median over
  excerpts, in brackets that between its own halves, bar that + 0.1: as many chances on both sides. **Copying, best** of
  all 66 s, in brackets and as a bar what so many chances give 99 times in 100, going by how the excerpts differ; a copy
  is 1. **Rank** of its own recording among the library's, by features no loss uses, bar 1.
* **LTAS, grid**: after 3000 steps, before any vocoder, beside what was to be learned. **Recovery**: steps until the
  average spectrum is back within 0.5 dB after half the grid was lost, bar 150. **Drift** of the grid's LTAS error from
  step 300 to 10 000, in dB per decade, bar 0.2, in brackets the least that could be told from none, and how many of
  those 20 cultures of 64 frames were **lost** (dead, not finite or saturated), bar 0:
  `python -m training.studies.library_page --survival`, three and a half minutes of a core each; a dash was
  not measured.
""",
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.studies.library_page", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="measure these only; those not measured yet by default")
    parser.add_argument("--manifest", type=Path, default=bundled_folder() / MANIFEST)
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="where the manifest's recordings are")
    parser.add_argument("--survival", action="store_true", help="grow 20 cultures for 10 000 steps, and nothing else")
    parser.add_argument("--write-only", action="store_true", help="write the page from the figures there are")
    args = parser.parse_args(argv)
    from synth.commands.cli import prepare_environment

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
    figures = read_figures(folder / FIGURES)
    known = {entry.file: figures.get(entry.file, {}) for entry in entries}
    wanted = args.only or [
        name for name, found in known.items() if not (is_known(found, LIFE[1]) if args.survival else is_current(found))
    ]
    unknown = set(wanted) - {entry.file for entry in entries}
    if unknown:
        raise TrainingError(f"The manifest has no {', '.join(sorted(unknown))}.")
    if wanted and not args.write_only:
        with tempfile.TemporaryDirectory() as temporary:
            recordings = side_by_side(entries, args.recordings, Path(temporary))
            for entry in (entry for entry in entries if entry.file in wanted):
                recording, old = recordings[entry.file], known[entry.file]
                if args.survival:
                    figures[entry.file] = {**old, **endure(entry, recording, folder)}
                else:
                    figures[entry.file] = _joined(old, measure(entry, recording, folder, recording.parent))
                write_figures(figures, folder / FIGURES)
                say(f"{entry.file}: measured")
    presets = {entry.file: load_preset(folder / f"{entry.file}{SUFFIX}") for entry in entries}
    text = page(entries, presets, figures, read_variations(args.manifest))
    (folder / PAGE).write_text(text, encoding="utf-8")
    say(f"{folder / PAGE} written")


if __name__ == "__main__":
    sys.exit(main())
