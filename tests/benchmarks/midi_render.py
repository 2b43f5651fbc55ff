"""How fast a MIDI file of four voices is rendered, and whether an hour of it takes more memory than a minute.

`python -m tests.benchmarks.midi_render [PRESET] [--minutes 3] [--set ID=VALUE …]`

The file holds a chorale: four parts, a new chord every second, each note as long as the chord, the pedal down through
every fourth bar. `petrichord render PRESET --midi FILE` runs by itself on one core. Its speed is seconds of sound per
second of processor time, start and import included, so that what else the machine does weighs little; wall time is told
as well. A render of nothing would be quick: the level of every second is measured, and four parts must be louder than
one. A process that keeps all it made until the end would be flat until then: memory is the resident set, sampled twice
a second, as the largest from the third tenth of the time to the fourth against the largest of the last tenth and of the
whole; what stays on the disk is the file alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import mido
import numpy as np
import soundfile as sf

BAR_FACTOR = 3.0
_CHORDS = ((48, 60, 64, 67), (45, 57, 64, 72), (41, 60, 65, 69), (43, 59, 62, 67), (40, 59, 64, 67), (38, 57, 65, 74))
_TICKS = 480


def chorale(path: Path, seconds: int, parts: int = 4) -> None:
    """So many of the four parts, two chords to the second's two beats."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    for second in range(seconds):
        chord = _CHORDS[second % len(_CHORDS)][:parts]
        pedal = 127 if second // 4 % 4 == 3 else 0
        track.append(mido.Message("control_change", control=64, value=pedal))
        track += [mido.Message("note_on", note=key, velocity=60 + 10 * (second % 5)) for key in chord]
        for i, key in enumerate(chord):
            track.append(mido.Message("note_off", note=key, time=2 * _TICKS if i == 0 else 0))
    mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS).save(path)


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def rendered(preset: str, midi: Path, out: Path, more: list[str]) -> tuple[float, float, list[float]]:
    """Processor time and wall time in seconds, and the resident set in MB, twice a second."""
    command = [sys.executable, "-m", "synth.commands.cli", "render", preset, "--midi", str(midi), "-o", str(out)]
    core = min(os.sched_getaffinity(0))
    start = time.monotonic()
    process = subprocess.Popen(
        [*command, "--vocoder", "spectral", *more],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        stdout=subprocess.DEVNULL,
    )
    sizes: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            try:
                sizes.append(resident_mb(process.pid))
            except OSError:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"render ended with {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, [size for size in sizes if size]


def second_levels_db(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    with sf.SoundFile(path) as file:
        blocks = file.blocks(file.samplerate)
        return np.array([10 * np.log10(np.mean(np.square(block)) + 1e-12) for block in blocks])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--set", action="append", default=[], metavar="ID=VALUE")
    args = parser.parse_args()
    more = [part for each in args.set for part in ("--set", each)]
    seconds = round(60 * args.minutes)
    with tempfile.TemporaryDirectory() as folder:
        midi, out = Path(folder) / "chorale.mid", Path(folder) / "chorale.wav"
        chorale(midi, 20, parts=1)
        rendered(args.preset, midi, out, more)
        alone = np.median(second_levels_db(out)[:20])
        chorale(midi, seconds)
        cpu_s, wall_s, sizes = rendered(args.preset, midi, out, more)
        levels = second_levels_db(out)[:seconds]
    assert len(levels) == seconds and levels.min() > -50 and np.median(levels) > alone + 2, "not four parts were heard"
    n = len(sizes)
    early, late = max(sizes[n * 3 // 10 : n * 4 // 10 + 1]), max(sizes[n * 9 // 10 :])
    print(
        f"{args.preset}: {args.minutes:g} min of four voices in {cpu_s:.1f} s of processor time, "
        f"{seconds / cpu_s:.2f} × real time (bar {BAR_FACTOR}); wall {wall_s:.1f} s"
    )
    print(f"memory {early:.0f} MB after a third, {late:.0f} MB at the end, {max(sizes):.0f} MB at most")


if __name__ == "__main__":
    main()
