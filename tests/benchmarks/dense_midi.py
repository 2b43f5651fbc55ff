"""Dense MIDI through a real device: what was heard is what was made, and can be made again.

    python -m tests.benchmarks.dense_midi [PRESET] [--minutes 10] [--busy 1]

A MIDI file of 20 notes a second with pedals and bends is played through a private sound server while other processes
keep so many cores busy. The engine's take is compared with what the sink's monitor heard, after one alignment, and with
what its performance renders to, sample by sample. Prints one JSON object; exit code 1 when a figure fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import mido
import numpy as np
import soundfile

from synth.takes.companion import companion_of
from tests.benchmarks.soak import LIMIT_DB, soak

_NOTES_PER_S = 20
_TICKS_PER_BEAT, _BEATS_PER_S = 480, 2.0
_TAIL_S = 4.0
"""The command plays on for so long after the file's end."""


def write_dense(path: Path, seconds: float, seed: int = 0) -> int:
    """A file of so many seconds: notes from all over the keyboard that last 0.05 to 0.8 s, the sustain pedal down for
    half of each four seconds, a bend thirty times a second. How many notes there are."""
    rng = np.random.default_rng(seed)
    events: list[tuple[float, mido.Message]] = []
    n_notes = int(seconds * _NOTES_PER_S)
    for i in range(n_notes):
        at, key = i / _NOTES_PER_S + rng.uniform(0, 0.04), int(rng.integers(36, 97))
        events.append((at, mido.Message("note_on", note=key, velocity=int(rng.integers(20, 128)))))
        events.append((at + rng.uniform(0.05, 0.8), mido.Message("note_off", note=key)))
    pedal = (mido.Message("control_change", control=64, value=127 * (i % 2)) for i in range(int(seconds / 2)))
    events += [(2.0 * i, message) for i, message in enumerate(pedal)]
    bends = (int(4000 * np.sin(2 * np.pi * i / 47)) for i in range(int(30 * seconds)))
    events += [(i / 30, mido.Message("pitchwheel", pitch=bend)) for i, bend in enumerate(bends)]
    track, done = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda event: event[0]):
        tick = round(at * _BEATS_PER_S * _TICKS_PER_BEAT)
        track.append(message.copy(time=tick - done))
        done = tick
    file = mido.MidiFile(ticks_per_beat=_TICKS_PER_BEAT)
    file.tracks.append(track)
    file.save(path)
    return n_notes


def rendered_alike(take: Path, again: Path) -> bool:
    """True when the take's performance gives its samples."""
    command = [sys.executable, "-m", "synth.commands.cli", "render", str(companion_of(take)), "-o", str(again)]
    subprocess.run(command, check=True, capture_output=True)
    return bool(np.array_equal(*(soundfile.read(path, dtype="float32")[0] for path in (take, again))))


def main() -> int:
    """Play, compare and print."""
    parser = argparse.ArgumentParser(description="Dense MIDI through a real device.")
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--busy", type=int, default=1, help="processes that never rest")
    args, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notes = write_dense(folder / "dense.mid", 60 * args.minutes)
        midi = ["--midi", str(folder / "dense.mid"), "--precision", "float32"]
        # A little longer than the file and its tail, which end the command.
        minutes = args.minutes + _TAIL_S / 60
        result = soak(args.preset, minutes, False, folder, *midi, *options, busy=args.busy, gestures=False)
        alike = rendered_alike(folder / "take.wav", folder / "again.wav")
    found = []
    if float(str(result["difference_db"])) > LIMIT_DB:
        found.append(f"capture and take differ by {result['difference_db']} dBFS")
    if result["underruns"]:
        found.append(f"{result['underruns']} underruns")
    if not alike:
        found.append("the performance renders to other samples than the take's")
    print(json.dumps(result | {"notes": notes, "rendered_alike": alike, "failures": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
