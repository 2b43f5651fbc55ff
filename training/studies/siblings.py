"""Presets of one parent, blended: two rules on one culture, each cell living by its own share of both.

`python -m training.studies.siblings` grows blends of random pairs and says whether they lived. What is healthy is
judged by what the two siblings do alone, in the same weather from the same seed cells, because it differs between
presets: the largest cell of one reaches 2.3, of another 3.2. A blend is healthy if it

* does not grow: the usual largest magnitude of its last third is that of its middle third, within 5 %. Usual is the
  median over steps: the very largest of a thousand steps differs by more than that in cultures that last for ever. Even
  the median wanders with the weather, so one that seems to grow is grown again for three times as long, which a culture
  that does grow cannot survive;
* never goes far beyond them: its largest cell is at most a quarter larger than the larger of theirs;
* can be read: fewer than one cell in a thousand under the playhead is louder than a grid can say, where all that is
  louder sounds the same;
* is not silent, and moves, at the same cells from one loop to the next, at least half as much as the stiller of the two
  (a frozen patchwork is no culture) and at most twice as much as the livelier: a rule that runs wild within its bounds
  is noise.

Hidden channels are not heard, so their size matters only as a sign that a culture may yet run away; what is heard is
held to the readout's own range.

Axes: `C` channels, `M` mel bands, `T` frames, `S` steps.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, seed_cells
from synth.automaton.stepper import Stepper
from synth.automaton.weather import Weather
from synth.errors import PetrichordError, TrainingError
from synth.instrument.parameters.typed_numbers import whole_number
from synth.mel import GRID_MAX
from synth.presets.file import SUFFIX, load_preset
from synth.presets.library import DEFAULT_PRESET, bundled_folder, load
from synth.presets.model import Preset
from synth.presets.variation import is_variation
from synth.random_streams import Stream, coin_flips, generator, normal, uniform
from training.analysis.metrics import levels_db, motion_db

MOST_GROWTH, MOST_BEYOND, MOST_CLIPPED = 1.05, 1.25, 1e-3
LEAST_MOTION, MOST_MOTION = 0.5, 2.0
DEAD = -0.9
STEPS = 3000
LONGER = 3
"""How many times as long a blend is watched that seems to grow."""
PAIRS = 12
_SETTLING_STEPS = 600
_PATCH = 9


@dataclass(frozen=True)
class Life:
    """What became of a culture, from when it had settled."""

    largest: float
    """Largest magnitude of any cell at any time."""
    growth: float
    """Usual largest magnitude in the last third, of that in the middle third."""
    clipped: float
    """Share of the cells under the playhead that are louder than a grid can say."""
    loudest: float
    """Loudest grid value under the playhead in the last loop."""
    motion_db: float
    """How far a cell has moved after one loop, mean over cells."""


def faults(blend: Life, a: Life, b: Life) -> list[str]:
    """What is wrong with a blend of siblings that lived alone as `a` and `b`; nothing if it is well. What is not a
    number is wrong."""
    most = MOST_BEYOND * max(a.largest, b.largest)
    least_db, most_db = LEAST_MOTION * min(a.motion_db, b.motion_db), MOST_MOTION * max(a.motion_db, b.motion_db)
    checks = {
        f"grows by {100 * (blend.growth - 1):.0f} %": blend.growth <= MOST_GROWTH,
        f"largest cell above {most:.2f}": blend.largest <= most,
        f"{100 * blend.clipped:.1f} % clipped": blend.clipped <= MOST_CLIPPED,
        "dead": blend.loudest > DEAD,
        f"moves less than {least_db:.1f} dB": blend.motion_db >= least_db,
        f"moves more than {most_db:.1f} dB": blend.motion_db <= most_db,
    }
    return [fault for fault, well in checks.items() if not well]


def shares(n_mels: int, n_frames: int, seed: int) -> Tensor:
    """A random smooth map of shares in 0 … 1, (M, T): patches of one sibling beside patches of the other."""
    noise = normal(seed, Stream.GESTURE, 0, (1, 1, n_mels, n_frames))
    wide = torch.nn.functional.pad(noise, (_PATCH, _PATCH, _PATCH, _PATCH), mode="circular")
    smooth = torch.nn.functional.avg_pool2d(wide, 2 * _PATCH + 1, stride=1)[0, 0]
    return torch.sigmoid(4 * smooth / smooth.std())


def grow_alone(preset: Preset, n_steps: int = STEPS, seed: int = 0) -> Life:
    """Grow from seed cells by the preset's own rule."""
    return _grow(preset, [(_rule(preset), None)], n_steps, seed)


def grow_blend(a: Preset, b: Preset, share: Tensor, n_steps: int = STEPS, seed: int = 0) -> Life:
    """Grow from seed cells by (1 − share)·A + share·B in every cell, `share` (M, T), in A's weather.

    `TrainingError` for presets that cannot share a grid.
    """
    if a.mel != b.mel:
        raise TrainingError(f"“{a.name}” and “{b.name}” cannot share a culture: their mel format differs.")
    return _grow(a, [(_rule(a), 1 - share), (_rule(b), share)], n_steps, seed)


def _rule(preset: Preset) -> LiveRule:
    if not isinstance(preset.rule, LiveRule):
        raise TrainingError(f"“{preset.name}” cannot share a culture: it lives by the notebook's rule.")
    return preset.rule


def _grow(home: Preset, rules: Sequence[tuple[LiveRule, Tensor | None]], n_steps: int, seed: int) -> Life:
    """Grow in the weather of `home` by rules, each for its part of every cell (M, T), or for all of it."""
    M, T = home.mel.n_mels, home.n_frames
    steppers = [(Stepper(rule, M, T), part) for rule, part in rules]
    sky = Weather(home.weather, M, T, seed)
    state = torch.empty(M, T, CHANNELS).permute(2, 0, 1)
    state.copy_(seed_cells(uniform(seed, Stream.SEED_CELLS, 0, (CHANNELS, M, T))))
    heard, peaks = torch.empty(M, n_steps), torch.empty(n_steps)
    with torch.inference_mode():
        for step in range(n_steps):
            mask = coin_flips(seed, Stream.UPDATE_MASK, step, M * T).view(M, T)
            weather, before = sky.at(step), state.clone()
            for stepper, part in steppers:
                alone = before.clone()
                stepper.step(alone, weather, mask if part is None else mask * part)
                state += alone - before
            heard[:, step] = state[0, :, step % T]
            peaks[step] = state.abs().max()
    settled = min(_SETTLING_STEPS, n_steps // 2)
    return _life(heard[:, settled:], peaks[settled:], T)


def _life(heard: Tensor, peaks: Tensor, n_frames: int) -> Life:
    """From grid values under the playhead (M, S) and each step's largest magnitude (S,)."""
    _, middle, last = torch.tensor_split(peaks, 3)
    lag = min(n_frames, heard.shape[1] // 2)
    return Life(
        largest=float(peaks.max()),
        growth=float(last.median() / middle.median()),
        clipped=float((heard > GRID_MAX).float().mean()),
        loudest=float(heard[:, -n_frames:].max()),
        motion_db=motion_db(levels_db(heard), lag),
    )


def bundled_siblings() -> list[Preset]:
    """The presets that come with the instrument, as far as they share the default one's format and descend from it.

    Variations are left out: their cultures are those of their bases.
    """
    paths = sorted(bundled_folder().glob(f"*{SUFFIX}"))
    presets = [load_preset(path) for path in paths if not is_variation(path)]
    parent = load_preset(bundled_folder() / f"{DEFAULT_PRESET}{SUFFIX}")
    return [p for p in presets if p.mel == parent.mel and parent.name in (p.name, p.parent)]


def random_pairs(presets: Sequence[Preset], n: int) -> list[tuple[Preset, Preset]]:
    """`n` different pairs, or all there are; always the same ones, in random order and sense."""
    pairs = list(itertools.combinations(presets, 2))
    rng = generator(0, Stream.TRAINING, 0)
    dealt = [pairs[i] for i in rng.permutation(len(pairs))[:n]]
    return [(b, a) if turned else (a, b) for (a, b), turned in zip(dealt, rng.random(len(dealt)) < 0.5, strict=True)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.studies.siblings", description="Blend presets of one parent."
    )
    parser.add_argument(
        "presets",
        nargs="*",
        metavar="PRESET",
        help="two or more siblings, by name or path; the bundled ones by default",
    )
    parser.add_argument("--pairs", type=whole_number, default=PAIRS, metavar="N", help="random pairs to grow")
    parser.add_argument("--steps", type=whole_number, default=STEPS, metavar="N")
    args = parser.parse_args(argv)
    try:
        presets = [load(name) for name in args.presets] or bundled_siblings()
        pairs = random_pairs(presets, args.pairs)
        if not pairs:
            raise TrainingError("A blend takes two presets: name another.")
        well = [_report(a, b, seed, args.steps) for seed, (a, b) in enumerate(pairs)]
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    print(f"{sum(well)} of {len(well)} blends stayed alive and bounded for {args.steps} steps.")
    return 0 if all(well) else 1


def _report(a: Preset, b: Preset, seed: int, steps: int) -> bool:
    """Grow a pair, say what became of it, and whether it is well."""
    share = shares(a.mel.n_mels, a.n_frames, seed)
    blend, again = grow_blend(a, b, share, steps, seed), ""
    if blend.growth > MOST_GROWTH:
        again = f" (grew by {100 * (blend.growth - 1):.0f} % in {steps} steps; of {LONGER * steps})"
        blend = grow_blend(a, b, share, LONGER * steps, seed)
    alone = grow_alone(a, steps, seed), grow_alone(b, steps, seed)
    wrong = faults(blend, *alone)
    print(
        f"{a.name} × {b.name}{again}: {', '.join(wrong) or 'well'}; largest cell {blend.largest:.2f} "
        f"(alone {alone[0].largest:.2f}, {alone[1].largest:.2f}), growth {blend.growth:.2f}, "
        f"clipped {1000 * blend.clipped:.2f} ‰, moves {blend.motion_db:.1f} dB "
        f"({alone[0].motion_db:.1f}, {alone[1].motion_db:.1f})",
        flush=True,
    )
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
