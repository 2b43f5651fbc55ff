"""Does anything that is played click? What an event adds to a preset's steady sound.

`python -m tests.benchmarks.clicks [PRESET …]`

Held notes sound while something happens a dozen times: voices are stolen, pitch glides and bends, a pedal is lifted,
one preset follows another, a note's own culture is taken. Around every event 30 ms are looked at, and as many pieces of
the steady sound between events. `jump`: the largest sample above 13 kHz, dBFS, where a step of height A leaves about
A / 4; no click is at most −60, or no more than 3 dB above what the steady sound has there by itself. A fade that is
smooth but leaves a hole, or a slow thump, would meet that: `dip` is the softest 10 ms around events, in dB against the
softest in steady pieces, for events through which the sound goes on, and `thump` the largest sample below 30 Hz, dBFS.
The last row is a cut made on purpose, at a sample: it must be found.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray

from synth.engine.preset_cross_fade import PresetCrossFade
from synth.instrument.events import Action, HoldDrone, at_sample
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import ChannelExpression, NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import load_preset
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

PRESETS = Path(__file__).parents[2] / "presets"
RATE_HZ, HOP = 44100, 512
GAP, FIRST, EVENTS = 15_000, 60_000, 12
"""Samples between events, and before the first one: attacks are over by then."""
WINDOW = 1323
BAR_DB, OWN_DB = -60.0, 3.0

Sound = NDArray[np.float64]
Timed = tuple[int, Action]


@dataclass(frozen=True)
class Scene:
    """What is played; `goes_on` where the sound should not become softer."""

    controls: dict[str, float]
    events: tuple[Timed, ...]
    goes_on: bool = True


def _at(i: int) -> int:
    return FIRST + GAP * i + 137 * i


TIMES = tuple(_at(i) for i in range(EVENTS))


def scenes(key: int) -> dict[str, Scene]:
    """Around this key; every event that counts is at one of `TIMES`."""
    held = tuple((700 * i, NoteOn(900 + i, key - 5 * i, 0.8)) for i in range(2))
    pedal = [(0, ChannelExpression(0, "sustain", 1.0))]
    grown = {"growth": 1.0, "growth_limit": 2.0}
    return {
        "steals": Scene({"voice_limit": 3}, (*held, *((t, NoteOn(i, key + i % 7, 0.8)) for i, t in enumerate(TIMES)))),
        "glides": Scene(
            {"voice_mode": 2, "glide_s": 0.05},
            ((0, NoteOn(900, key, 0.8)), *((t, NoteOn(i, key + 5 * (i % 2), 0.8)) for i, t in enumerate(TIMES))),
        ),
        "bends": Scene({}, (*held, *((t, ChannelExpression(0, "bend", (-1.0) ** i * 2)) for i, t in enumerate(TIMES)))),
        "restrikes under the pedal": Scene(
            {},
            (
                *pedal,
                (0, NoteOn(900, key, 0.8)),
                (30_000, NoteOff(900)),
                *((t, NoteOn(i, key, 0.8)) for i, t in enumerate(TIMES)),
                *((t + 5000, NoteOff(i)) for i, t in enumerate(TIMES)),
            ),
        ),
        "pedal lifted": Scene(
            {"release_s": 0.05},
            (
                *held,
                *((t - 9000, ChannelExpression(0, "sustain", 1.0)) for t in TIMES),
                *((t - 8000, NoteOn(i, key + 4, 0.8)) for i, t in enumerate(TIMES)),
                *((t - 6000, NoteOff(i)) for i, t in enumerate(TIMES)),
                *((t, ChannelExpression(0, "sustain", 0.0)) for t in TIMES),
            ),
            goes_on=False,
        ),
        "own cultures taken": Scene(
            {**grown, "release_s": 0.05},
            (*held, *((t, NoteOn(i, key + i % 7, 0.8)) for i, t in enumerate(TIMES))),
        ),
    }


def instrument(preset: Preset, controls: dict[str, float]) -> Instrument:
    values = ParameterValues({"attack_s": 0.01, **controls})
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, values)
    made.do(HoldDrone(False))
    made.process(1)
    return made


def played(preset: Preset, scene: Scene) -> Sound:
    """(2, N)."""
    made = instrument(preset, scene.controls)
    # A frame has passed already.
    made.schedule(at_sample(sample + HOP, event, preset.mel, RATE_HZ) for sample, event in scene.events)
    return blocks(lambda n: made.process(n))


def preset_changes(first: Preset, second: Preset, key: int) -> Sound:
    """Presets that take turns, with a held chord each."""
    made = [instrument(p, {}) for p in (first, second)]
    for each in made:
        for i in range(2):
            each.do(NoteOn(i, key - 5 * i, 0.8))
        each.process(100)
    cross_fade, parts, done, turn = PresetCrossFade(made[0]), [], 0, 1
    while done < TIMES[-1] + GAP:
        if turn <= EVENTS and done >= TIMES[turn - 1] - HOP:
            old = cross_fade.current
            for each in made:
                if each is not old:
                    each.evolution_limit = 1.0
            cross_fade.swap(made[turn % 2])
            turn += 1
        parts.append(cross_fade.process(1)[0])
        done += parts[-1].shape[1]
    return np.concatenate(parts, axis=1).astype(np.float64)


def blocks(process: Callable[[int], NDArray[np.float32]]) -> Sound:
    n = (TIMES[-1] + GAP) // HOP
    return np.concatenate([process(8) for _ in range(n // 8)], axis=1).astype(np.float64)


def pieces(sound: Sound, starts: NDArray[np.int64], length: int = WINDOW) -> list[Sound]:
    return [sound[:, s : s + length] for s in starts.tolist()]


def dbfs(value: float) -> float:
    return float(20 * np.log10(value + 1e-12))


@dataclass(frozen=True)
class Found:
    jump: float
    own: float
    dip: float
    thump: float

    @property
    def clicks(self) -> bool:
        return self.jump > BAR_DB and self.jump > self.own + OWN_DB


def measure(sound: Sound, span: int = WINDOW) -> Found:
    """`span` samples from each event on, beside as many pieces that end before the next one."""
    high = scipy.signal.fftconvolve(
        sound, scipy.signal.firwin(255, 13000, fs=RATE_HZ, pass_zero=False)[None], "same", 1
    )
    low = scipy.signal.sosfilt(scipy.signal.butter(4, 30, fs=RATE_HZ, output="sos"), sound)
    at = np.array(TIMES[:-1]) - 200
    between = at + GAP - 200 - span
    steps = [np.square(sound[:, : sound.shape[1] // 441 * 441]).mean(0).reshape(-1, 441).mean(1)]
    levels = 10 * np.log10(steps[0] + 1e-12)

    def softest(starts: NDArray[np.int64]) -> float:
        return float(min(levels[s // 441 : (s + span) // 441 + 1].min() for s in starts.tolist()))

    return Found(
        dbfs(max(np.abs(piece).max() for piece in pieces(high, at, span))),
        dbfs(max(np.abs(piece).max() for piece in pieces(high, between, span))),
        softest(at) - softest(between),
        dbfs(max(np.abs(piece).max() for piece in pieces(low, at, span))),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", default=["violin", "organ", "church_organ"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    for name in args.presets:
        preset = load_preset(PRESETS / f"{name}.safetensors")
        key = round(69 + 12 * np.log2((preset.root_hz or 440) / 440))
        print(f"{name}, around key {key}:  jump  steady's own | dip  thump")
        sounds = {what: played(preset, scene) for what, scene in scenes(key).items()}
        other = load_preset(PRESETS / ("organ.safetensors" if name != "organ" else "violin.safetensors"))
        sounds["preset changes"] = preset_changes(preset, other, key)
        cut = played(preset, Scene({}, ((0, NoteOn(900, key, 0.8)),)))
        for t in TIMES:
            cut[:, t : t + 30] = 0
        sounds["a cut of 0.7 ms, on purpose"] = cut
        for what, sound in sounds.items():
            f = measure(sound, round(0.3 * RATE_HZ) if what == "preset changes" else WINDOW)
            verdict = "CLICKS" if f.clicks else ""
            print(f"  {what:28}{f.jump:7.1f}{f.own:8.1f} | {f.dip:5.1f}{f.thump:7.1f}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
