"""Every control and up to 32 routes moved at random while 16 voices play: is the sound whole, is memory flat?

    python -m tests.benchmarks.fuzz [PRESET] [--seconds 600] [--seed 1]

Ten minutes of sound, computed by the engine's loop without a device, as fast as it can. Eight times a second something
random is done: a few controls of the table go anywhere in their ranges (half of what is at rest at its lowest value
goes there), a route is set, changed or deleted, a note begins in place of another, a bend or pedal moves, the culture
is touched. What silences everything, such as a level at its lowest or a route to one, is taken back within a second,
because most of the sound is to be heard. The voice limit stays at 16 and the evolution at at most 86 steps per second.
Prints one JSON object: samples that are no numbers, the largest sample and the true peak against the limiter's ceiling,
seconds of sound that were not silent, cultures rescued, memory in MB after a fifth and at the end. Exit code 1 when a
figure fails.
"""

import argparse
import json
import math
import sys
import time

import numpy as np
import psutil
import torch

from synth.automaton.gestures import Gesture
from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.engine.load import EngineLoad
from synth.instrument.events import Action, Rescue, SetParameter, SetRoute, ThawAll, Touch, Undo
from synth.instrument.modulation.routes import CURVES, N_PLACES, POLARITIES, Route
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.modulation.targets import modulatable
from synth.instrument.note_events import ChannelExpression, NoteExpression, NoteOff, NoteOn
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from synth.memory import keep_freed_memory
from synth.output.master import CEILING_DB
from synth.output.running_levels import RunningLevels
from synth.presets.library import load

RATE_HZ, VOICES = 44100, 16
DONE_PER_S = 8
GROWTH = 0.05
"""Of memory, once every effect, the undo and all notes' cultures have been in use."""
_KEPT = {"voice_limit": float(VOICES)}
_TRUE_PEAK_MARGIN_DB = 0.1
_HEARD = {
    "volume_db": (-18.0, 12.0),
    "voice_level_db": (-18.0, 12.0),
    "sustain": (0.3, 1.0),
    "delay_s": (0.001, 0.2),
    "attack_s": (0.001, 0.3),
    "drive_level_db": (-12.0, 12.0),
    "eq_low_cut_hz": (20.0, 300.0),
    "eq_high_cut_hz": (2000.0, 20000.0),
    "steps_per_frame": (0.5, 1.0),
    "frozen": (0.0, 0.0),
}
"""Where controls that can silence everything leave the sound audible, lowest and highest …"""
_QUIET_DRAWS = 4
"""… and how soon they come back there, in turns: half a second."""
_ROUTED_DRAWS = 8
"""How long a route may move such a control."""


class Fuzzer:
    """What is done next, at random."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._notes = [self._note(i) for i in range(VOICES)]
        self._next = VOICES
        self._targets = [row.id for row in modulatable()]
        self._turn = 0
        self._due: list[tuple[int, Action]] = []
        """What is taken back, and in which turn."""

    def begin(self) -> list[Action]:
        """As many notes as there are voices, and all that takes memory once it is used: a culture for each, every
        effect."""
        switched = [SetParameter(id, 1.0) for id in PARAMETERS if id.endswith("_on") and id != "arp_on"]
        return [SetParameter("growth", 1.0), SetParameter("growth_limit", 16.0), *switched, *self._notes]

    def something(self) -> list[Action]:
        """One turn."""
        self._turn += 1
        back = [action for turn, action in self._due if turn <= self._turn]
        self._due = [(turn, action) for turn, action in self._due if turn > self._turn]
        return [*back, *self._drawn()]

    def _drawn(self) -> list[Action]:
        random = self._random
        kind = int(random.integers(8))
        if kind < 3:
            return [self._parameter() for _ in range(int(random.integers(1, 6)))]
        if kind < 5:
            place = int(random.integers(1, N_PLACES + 1))
            route = self._route() if random.random() < 0.8 else None
            if route is not None and route.parameter in _HEARD:
                self._due.append((self._turn + _ROUTED_DRAWS, SetRoute(place, None)))
            return [SetRoute(place, route)]
        if kind == 5:
            gone = self._notes.pop(int(random.integers(VOICES)))
            self._notes.append(self._note(self._next))
            self._next += 1
            return [NoteOff(gone.note_id), self._notes[-1]]
        if kind == 6:
            note = self._notes[int(random.integers(VOICES))]
            moved = ("pressure", "timbre", "bend")[int(random.integers(3))]
            pedal = ("wheel", "sustain", "volume", "pan")[int(random.integers(4))]
            value = float(random.random())
            return [NoteExpression(note.note_id, moved, value), ChannelExpression(0, pedal, value)]
        if random.random() < 0.3:
            return [Undo() if random.random() < 0.5 else ThawAll()]
        shape = ("erase", "paint", "noise", "freeze", "reseed")[int(random.integers(5))]
        return [Touch(Gesture(shape, float(random.integers(172)), float(random.integers(80))))]

    def _parameter(self) -> SetParameter:
        row = list(PARAMETERS.values())[int(self._random.integers(len(PARAMETERS)))]
        if row.id in _KEPT:
            return SetParameter(row.id, _KEPT[row.id])
        share = float(self._random.choice([0.0, 1.0, self._random.random(), self._random.random()]))
        if row.default == row.minimum and self._random.random() < 0.5:
            share = 0.0
        value = row.from_normalised(share)
        value = min(value, 1.0) if row.id == "steps_per_frame" else value
        low, high = _HEARD.get(row.id, (-math.inf, math.inf))
        if not low <= value <= high:
            back = SetParameter(row.id, float(self._random.uniform(low, high)))
            self._due.append((self._turn + _QUIET_DRAWS, back))
        return SetParameter(row.id, value)

    def _route(self) -> Route:
        random = self._random
        source, target = (str(random.choice(list(names))) for names in (SOURCES, self._targets))
        depth = float(random.uniform(-1, 1))
        return Route(source, target, depth, str(random.choice(POLARITIES)), str(random.choice(CURVES)))

    def _note(self, number: int) -> NoteOn:
        return NoteOn(number, int(self._random.integers(24, 97)), float(self._random.uniform(0.05, 1)))


def fuzz(preset: str, seconds: float, seed: int) -> dict[str, float]:
    """The figures of so many seconds of sound."""
    # However long a frame takes here, the culture lives at its pace.
    EngineLoad.evolution_limit = 1.0  # type: ignore[assignment, method-assign]
    controls = ParameterValues(voice_limit=float(VOICES), steps_per_frame=1.0)
    instrument = ready_instrument(load(preset), RATE_HZ, controls, "spectral", seed, torch.float32)[0]
    engine = Engine(instrument, playing=False, open_device=lambda *_: SilentSink(RATE_HZ))
    fuzzer, levels, memory = Fuzzer(seed), RunningLevels(RATE_HZ), psutil.Process()
    for action in fuzzer.begin():
        engine.send(action)
    done, wrong, peak, audible, rescued = 0, 0, 0.0, 0, 0
    settled_mb, due, started = 0.0, 0.0, time.perf_counter()
    with torch.inference_mode():
        while done < seconds * RATE_HZ:
            if done >= due * RATE_HZ:
                due += 1 / DONE_PER_S
                for action in fuzzer.something():
                    engine.send(action)
            engine._loop.compute()
            ailment = instrument.culture.ailment() if engine._loop.frames % 8 == 0 else ""
            if ailment:
                engine.send(Rescue(ailment))
                rescued += 1
            sound = engine._ring.take(engine._ring.ready).T
            wrong += int((~np.isfinite(sound)).sum())
            peak = max(peak, float(np.abs(sound).max(initial=0.0)))
            audible += sound.shape[1] if np.abs(sound).max(initial=0.0) > 1e-4 else 0
            levels.add(sound)
            done += sound.shape[1]
            if not settled_mb and done >= seconds * RATE_HZ / 5:
                settled_mb = memory.memory_info().rss / 2**20
    return {
        "seconds": done / RATE_HZ,
        "times_real_time": done / RATE_HZ / (time.perf_counter() - started),
        "not_numbers": wrong,
        "largest_db": 20 * math.log10(max(peak, 1e-9)),
        "true_peak_db": levels.true_peak_db(),
        "audible_s": audible / RATE_HZ,
        "rescued": rescued,
        "memory_settled_mb": settled_mb,
        "memory_end_mb": memory.memory_info().rss / 2**20,
    }


def failures(figures: dict[str, float]) -> list[str]:
    """What is not reached, in words."""
    found = []
    if figures["not_numbers"]:
        found.append(f"{figures['not_numbers']:.0f} samples are no numbers")
    if not figures["largest_db"] <= CEILING_DB or not figures["true_peak_db"] <= CEILING_DB + _TRUE_PEAK_MARGIN_DB:
        found.append("the sound is above the limiter's ceiling")
    if figures["audible_s"] < figures["seconds"] / 2:
        found.append("most of it is silence: nothing was tried")
    growth = figures["memory_end_mb"] / figures["memory_settled_mb"] - 1
    if growth > GROWTH:
        found.append(f"memory grew by {100 * growth:.1f} %")
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    figures = fuzz(args.preset, args.seconds, args.seed)
    found = failures(figures)
    print(json.dumps({name: round(value, 2) for name, value in figures.items()} | {"failures": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
