"""The bundled variations made from their manifest: `python -m training.studies.variations`.

A variation is a bundled preset with controls, effects and routes of its own (`synth/presets/variation.py`). Nothing is
trained: the command renders each, and stores the gain that makes it as loud as the other presets.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import PetrichordError, TrainingError
from synth.instrument.modulation.routes import N_PLACES, Routes, parse_route
from synth.instrument.modulation.sources import N_MACROS
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.values import from_settings, parameter
from synth.loudness import loudness_lufs
from synth.presets.about import MAX_COMMENT
from synth.presets.file import SUFFIX, load_preset
from synth.presets.library import bundled_folder
from synth.presets.model import SCHEMA_VERSION, Preset
from synth.presets.routes import told_of_routes
from synth.presets.variation import BASE, variation_bytes
from synth.storage import write_bytes_whole
from training.studies.library import MANIFEST

PLAYED_LUFS = -18.0
"""What a preset of −23 LUFS comes to at a volume of 0 dB."""
LEVELLED_S = 16.0
"""The longest cycle of an LFO there is, four bars at 120 bpm, is heard twice, and a room of 15 s fills."""
_CLOSE_LU = 0.2
"""The library's presets are within 0.4 LU."""
_MOST_ROUNDS = 5
_LEAST_SLOPE = 0.2
"""What saturates answers a change of gain by less than that change; it is asked again, and never thought to answer by
less than this share of it."""


@dataclass(frozen=True)
class Variation:
    """One variation, as the manifest describes it."""

    file: str
    name: str
    base: str
    """File of the preset it varies, without suffix."""
    tags: tuple[str, ...]
    comment: str
    """What it shows."""
    effects: tuple[str, ...] = ()
    """Those that are on, in the order in which the sound passes them."""
    settings: Mapping[str, float | str] = field(default_factory=dict)
    """Controls by id: numbers in the table's unit, words where it has words."""
    routes: tuple[str, ...] = ()
    """As `petrichord render --route` takes them."""
    macros: tuple[str, ...] = ()
    """Names of the macros, in their order."""


def read_variations(path: Path) -> list[Variation]:
    """The variations a manifest describes; `TrainingError` in one sentence names what is wrong with which."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("variation", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"The manifest {path} cannot be read: {error}.") from error
    labels = [table.get("file", f"variation {i}") for i, table in enumerate(tables, 1)]
    return [_variation(table, f"{path.name}: “{label}”") for table, label in zip(tables, labels, strict=True)]


def _variation(table: Mapping[str, Any], label: str) -> Variation:
    lists = {name: tuple(table[name]) for name in ("tags", "effects", "routes", "macros") if name in table}
    try:
        variation = Variation(**{**table, **lists})
    except TypeError as error:
        raise TrainingError(f"{label} lacks a field or has one nobody knows: {error}.") from error
    try:
        settings_of(variation)
        routes_of(variation)
    except PetrichordError as error:
        raise TrainingError(f"{label}: {error}") from error
    if len(variation.macros) > N_MACROS or len(variation.routes) > N_PLACES:
        raise TrainingError(f"{label} has more than {N_MACROS} macros or {N_PLACES} routes.")
    if len(variation.comment) > MAX_COMMENT:
        raise TrainingError(f"{label} has a comment of more than {MAX_COMMENT} characters.")
    return variation


def settings_of(variation: Variation) -> dict[str, float]:
    """The variation's own settings by id, effects among them; `TrainingError` or `UsageError` in one sentence."""
    if strange := set(variation.effects) - set(EFFECTS):
        raise TrainingError(f"There is no effect {', '.join(sorted(strange))}: choose {', '.join(EFFECTS)}.")
    # Those that are off keep their places behind the others, so that one that is switched on by hand comes last.
    order = (*variation.effects, *(effect for effect in EFFECTS if effect not in variation.effects))
    places = {f"{effect}_place": place for place, effect in enumerate(order, 1)} if variation.effects else {}
    given = {**dict.fromkeys((f"{effect}_on" for effect in variation.effects), True), **places, **variation.settings}
    settings = {}
    for id, value in given.items():
        row = parameter(id)
        if row.owner != "preset":
            raise TrainingError(f"{row.label} is the player's: a preset cannot suggest it.")
        settings[id] = float(row.parse(value) if isinstance(value, str) else row.check(value))
    return settings


def routes_of(variation: Variation) -> Routes:
    """The variation's routes at the first places; `UsageError` in one sentence for what is none."""
    return Routes(tuple((place, parse_route(text)) for place, text in enumerate(variation.routes, 1)))


def description(variation: Variation, base: Preset, gain_db: float) -> dict[str, Any]:
    """What the variation's file says: all that is not as in the base."""
    return {
        "schema_version": SCHEMA_VERSION,
        BASE: variation.base,
        "name": variation.name,
        "tags": list(variation.tags),
        "comment": variation.comment,
        "gain_db": gain_db,
        "settings": {**base.settings, **settings_of(variation)},
        "routes": told_of_routes(routes_of(variation)),
        **({"macro_names": list(variation.macros)} if variation.macros else {}),
    }


def varied(variation: Variation, base: Preset) -> Preset:
    """The base as the variation plays it, with the base's gain."""
    return replace(
        base,
        name=variation.name,
        settings={**base.settings, **settings_of(variation)},
        routes=routes_of(variation),
        macro_names=variation.macros,
    )


def played(preset: Preset, seconds: float = LEVELLED_S) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The drone, (2, N) at 44.1 kHz, from the stored culture with the preset's controls, routes and effects."""
    from synth.loading.choose_vocoder import choose_vocoder
    from synth.output.render import Job, render

    vocoder, _ = choose_vocoder("spectral", preset)
    return render(preset, vocoder, Job(seconds=seconds, controls=from_settings(preset.settings)))


def levelled_gain_db(preset: Preset, seconds: float = LEVELLED_S) -> float:
    """The gain, in hundredths of a dB, with which the preset plays at `PLAYED_LUFS`."""
    slope, before = 1.0, (0.0, 0.0)
    for i in range(_MOST_ROUNDS):
        gain_db, lufs = preset.gain_db, loudness_lufs(played(preset, seconds), 44100)
        if i and gain_db != before[0]:
            slope = float(np.clip((lufs - before[1]) / (gain_db - before[0]), _LEAST_SLOPE, 1.0))
        if abs(PLAYED_LUFS - lufs) < _CLOSE_LU:
            break
        before = gain_db, lufs
        better = gain_db + (PLAYED_LUFS - lufs) / slope
        preset = replace(preset, gain_db=round(float(np.clip(better, -80, 80)), 2))
    return preset.gain_db


def make(variation: Variation, folder: Path) -> Path:
    """Level a variation and write its file."""
    base = load_preset(bundled_folder() / f"{variation.base}{SUFFIX}")
    preset = varied(variation, base)
    path = folder / f"{variation.file}{SUFFIX}"
    gain_db = levelled_gain_db(preset)
    write_bytes_whole(path, variation_bytes(description(variation, base, gain_db)), shared=True)
    print(f"{path.name}: gain {gain_db:+.2f} dB, that of {variation.base} {base.gain_db:+.2f}", flush=True)
    return path


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.studies.variations", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="these variations only; all by default")
    parser.add_argument("--manifest", type=Path, default=bundled_folder() / MANIFEST)
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", default=bundled_folder())
    args = parser.parse_args(argv)
    from synth.commands.cli import prepare_environment

    prepare_environment()
    try:
        variations = read_variations(args.manifest)
        if unknown := set(args.only) - {variation.file for variation in variations}:
            raise TrainingError(f"The manifest has no variation {', '.join(sorted(unknown))}.")
        for variation in variations:
            if not args.only or variation.file in args.only:
                make(variation, args.output)
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
