"""Presets of one parent, blended: two rules on one culture, each cell living by its own share of both.

`python -m training.siblings` grows blends of random pairs and says whether they lived. Axes: `C` channels, `M` mel
bands, `T` frames.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth.errors import PetrichordError, TrainingError
from synth.library import DEFAULT_PRESET, bundled_folder, load
from synth.noise import Stream, coin_flips, generator, normal, uniform
from synth.preset import Preset
from synth.preset_file import SUFFIX, load_preset
from synth.stepper import Stepper
from synth.tnca import CHANNELS, LiveRule, seed_cells
from synth.weather import Weather

BOUND = 3.0
"""Four bundled presets reach 2.3 to 2.7 alone. The lunar pad passes it alone, with 3.2, and so do its blends."""
DEAD = -0.9
STILL_DB = 0.5
"""Rows that stray less stand still; those of the stillest bundled preset, the clarinet, stray 1.2 dB."""
STEPS = 3000
PAIRS = 12
_SETTLING_STEPS = 600
_PATCH = 9


@dataclass(frozen=True)
class BlendedLife:
    """What became of a blend."""

    largest: float
    """Largest magnitude of any cell at any time after growing."""
    loudest: float
    """Loudest grid value under the playhead in the last loop."""
    spread_db: float
    """Temporal standard deviation under the playhead, mean over rows."""

    @property
    def alive(self) -> bool:
        return self.largest < BOUND and self.loudest > DEAD and self.spread_db > STILL_DB


def shares(n_mels: int, n_frames: int, seed: int) -> Tensor:
    """A random smooth map of shares in 0 … 1, (M, T): patches of one sibling beside patches of the other."""
    noise = normal(seed, Stream.GESTURE, 0, (1, 1, n_mels, n_frames))
    wide = torch.nn.functional.pad(noise, (_PATCH, _PATCH, _PATCH, _PATCH), mode="circular")
    smooth = torch.nn.functional.avg_pool2d(wide, 2 * _PATCH + 1, stride=1)[0, 0]
    return torch.sigmoid(4 * smooth / smooth.std())


def grow_blend(a: Preset, b: Preset, share: Tensor, n_steps: int = STEPS, seed: int = 0) -> BlendedLife:
    """Grow from seed cells by (1 − share)·A + share·B in every cell, in A's weather.

    `TrainingError` for presets that cannot share a grid.
    """
    if a.mel != b.mel or not isinstance(a.rule, LiveRule) or not isinstance(b.rule, LiveRule):
        raise TrainingError(f"“{a.name}” and “{b.name}” cannot share a culture: their mel format or rule differs.")
    M, T = a.mel.n_mels, a.n_frames
    steppers = [Stepper(rule, M, T) for rule in (a.rule, b.rule)]
    parts = [1 - share, share]
    sky = Weather(a.weather, M, T, seed)
    state = torch.empty(M, T, CHANNELS).permute(2, 0, 1)
    state.copy_(seed_cells(uniform(seed, Stream.SEED_CELLS, 0, (CHANNELS, M, T))))
    heard, largest = torch.empty(M, n_steps), 0.0
    with torch.inference_mode():
        for step in range(n_steps):
            mask = coin_flips(seed, Stream.UPDATE_MASK, step, M * T).view(M, T)
            weather, before = sky.at(step), state.clone()
            for stepper, part in zip(steppers, parts, strict=True):
                alone = before.clone()
                stepper.step(alone, weather, mask * part)
                state += alone - before
            heard[:, step] = state[0, :, step % T]
            if step >= min(_SETTLING_STEPS, n_steps // 2):
                largest = max(largest, float(state.abs().max()))
    last = heard[:, -T:]
    return BlendedLife(largest, float(last.max()), float(40 * heard[:, n_steps // 2 :].std(dim=1).mean()))


def bundled_siblings() -> list[Preset]:
    """The presets that come with the instrument, as far as they share the default one's format and descend from it."""
    presets = [load_preset(path) for path in sorted(bundled_folder().glob(f"*{SUFFIX}"))]
    parent = load_preset(bundled_folder() / f"{DEFAULT_PRESET}{SUFFIX}")
    return [p for p in presets if p.mel == parent.mel and parent.name in (p.name, p.parent)]


def random_pairs(presets: Sequence[Preset], n: int) -> list[tuple[Preset, Preset]]:
    """`n` different pairs, or all there are; always the same ones, in random order and sense."""
    pairs = list(itertools.combinations(presets, 2))
    rng = generator(0, Stream.TRAINING, 0)
    dealt = [pairs[i] for i in rng.permutation(len(pairs))[:n]]
    return [(b, a) if turned else (a, b) for (a, b), turned in zip(dealt, rng.random(len(dealt)) < 0.5, strict=True)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.siblings", description="Blend presets of one parent.")
    parser.add_argument(
        "presets",
        nargs="*",
        metavar="PRESET",
        help="two or more siblings, by name or path; the bundled ones by default",
    )
    parser.add_argument("--pairs", type=int, default=PAIRS, metavar="N", help="random pairs to grow")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N")
    args = parser.parse_args(argv)
    try:
        presets = [load(name) for name in args.presets] or bundled_siblings()
        pairs = random_pairs(presets, args.pairs)
        if not pairs:
            raise TrainingError("A blend takes two presets: name another.")
        lived = [_report(a, b, seed, args.steps) for seed, (a, b) in enumerate(pairs)]
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    print(
        f"{sum(life.alive for life in lived)} of {len(lived)} blends stayed alive and bounded for {args.steps} steps."
    )
    print(f"Largest cell {max(life.largest for life in lived):.2f}, bound {BOUND:.0f}.")
    return 0 if all(life.alive for life in lived) else 1


def _report(a: Preset, b: Preset, seed: int, steps: int) -> BlendedLife:
    life = grow_blend(a, b, shares(a.mel.n_mels, a.n_frames, seed), steps, seed=seed)
    verdict = "alive" if life.alive else "NOT ALIVE"
    print(
        f"{a.name} × {b.name}: {verdict}, largest cell {life.largest:.2f}, spread {life.spread_db:.2f} dB", flush=True
    )
    return life


if __name__ == "__main__":
    sys.exit(main())
