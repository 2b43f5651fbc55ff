"""Everything measured about one preset beside its recording, in both domains, with noise floors and bars.

Grid figures come from long runs of the automaton here; sound figures from files that the command renders meanwhile, in
processes of its own.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.automaton.rules import LiveRule
from synth.errors import PresetError
from synth.presets.file import load_preset
from synth.presets.library import find
from synth.presets.model import Preset
from training.analysis.data import Target, load_recording, prepare, region_of
from training.analysis.metrics import levels_db
from training.evaluation.figures import Figure, table
from training.evaluation.grid import SHORT_STEPS, GridRun, grid_figures, life_figures, run_grid
from training.evaluation.rendering import render
from training.evaluation.sound import SoundRun, Subject, analyse, recordings_in, sound_figures
from training.evaluation.sound_metrics import ANALYSES, Analysis

_SILENT_PITCH_HZ = 30.0


@dataclass(frozen=True)
class Options:
    """What to measure, and how thoroughly."""

    start_s: float | None = None
    """Region of the recording; the preset's own by default."""
    seconds: float | None = None
    quick: bool = False
    """3000 steps instead of 10 000."""
    survival: bool = False
    """Also grow 20 seeds for 10 000 steps."""
    among: Path | None = None
    """Folder of recordings to be told apart from."""
    render_s: float = 75.0
    still_s: float = 25.0
    long_steps: int = 10_000
    wound_steps: int = 600
    survivors: tuple[int, int] = (20, 10_000)
    """Cultures and steps of the survival run."""


@dataclass(frozen=True)
class Evaluation:
    """All figures of a preset, and what they were drawn from."""

    name: str
    preset: Path
    recording: Path
    region_s: tuple[float, float]
    mel: str
    figures: tuple[Figure, ...]
    seconds: float
    """Wall time it took."""
    grid: GridRun = field(repr=False)
    sound: SoundRun = field(repr=False)

    @property
    def missed(self) -> tuple[Figure, ...]:
        return tuple(f for f in self.figures if f.ok is False)

    @property
    def analysis(self) -> Analysis:
        return ANALYSES[self.mel]

    def figure(self, key: str) -> Figure:
        """The figure called `key`."""
        return next(f for f in self.figures if f.key == key)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "preset": str(self.preset),
            "recording": self.recording.name,
            "region_s": [round(s, 4) for s in self.region_s],
            "mel": self.mel,
            "wall_s": round(self.seconds, 1),
            "bars_met": sum(f.ok is True for f in self.figures),
            "bars_missed": [f.key for f in self.missed],
            "figures": {f.key: f.as_dict() for f in self.figures},
        }

    def as_text(self) -> str:
        """The table, and one line that sums it up."""
        met = sum(f.ok is True for f in self.figures)
        judged = met + len(self.missed)
        start, end = self.region_s
        head = f"{self.name} beside {self.recording.name}, {start:.2f} to {end:.2f} s, {self.mel}"
        return f"{head}\n\n{table(self.figures)}\n\n{met} of {judged} bars met, in {self.seconds:.0f} s."


def evaluate_preset(preset: Path | str, recording: Path, options: Options | None = None) -> Evaluation:
    """Measure a preset (name or path) beside the recording it grew from; takes minutes.

    Raises `PresetError` or `TrainingError` for what cannot be measured.
    """
    options, began = options or Options(), time.monotonic()
    path = find(str(preset))
    loaded = load_preset(path)
    _check(loaded, path)
    target = _target(loaded, recording, options)
    if options.among is not None:
        recordings_in(options.among, recording)
    subject = _subject(loaded, recording, target)
    n_steps = SHORT_STEPS if options.quick else options.long_steps
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as helpers:
        living = helpers.submit(render, str(path), Path(folder, "living.wav"), options.render_s)
        still = helpers.submit(render, str(path), Path(folder, "still.wav"), options.still_s, "--steps-per-second", "0")
        survivors = options.survivors if options.survival else None
        learned_db = levels_db(target.learned_by(loaded.recipe))
        grid = run_grid(loaded, learned_db, n_steps, options.wound_steps, survivors)
        sound = analyse(subject, living.result(), still.result(), options.among)
    in_grid = grid_figures(grid, loaded.mel.frames_per_second)
    floor_db = in_grid[0].floor or 0.0
    return Evaluation(
        name=loaded.name,
        preset=path,
        recording=recording,
        region_s=target.region_s,
        mel=loaded.mel.name,
        figures=(*in_grid, *sound_figures(sound), *life_figures(grid, floor_db)),
        seconds=time.monotonic() - began,
        grid=grid,
        sound=sound,
    )


def _check(preset: Preset, path: Path) -> None:
    if preset.mel.name not in ANALYSES:
        known = " and ".join(ANALYSES)
        raise PresetError(f"{path.name} is in the format {preset.mel.name}; only {known} can be evaluated.")
    if not isinstance(preset.rule, LiveRule):
        raise PresetError(
            f"{path.name} lives by the notebook's rule, which is not made for the long runs measured here."
        )


def _target(preset: Preset, recording: Path, options: Options) -> Target:
    """The region asked for, else the one the preset was trained on, else the steadiest."""
    if options.start_s is not None or options.seconds is not None:
        return prepare(load_recording(recording, options.start_s or 0.0, options.seconds), preset.mel, whole=True)
    return region_of(preset, recording, ", or --start and --seconds")


def _subject(preset: Preset, recording: Path, target: Target) -> Subject:
    start, end = target.region_s
    pitched = not preset.inharmonic and preset.root_hz > _SILENT_PITCH_HZ
    decay = target.decay
    return Subject(
        recording,
        start,
        end - start,
        ANALYSES[preset.mel.name],
        preset.root_hz if pitched else 0.0,
        None
        if decay is None
        else (decay.trend_db.double().numpy(), decay.heard.numpy(), decay.least_db.double().numpy()),
    )
