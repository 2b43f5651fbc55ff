"""What voices cost: milliseconds of one core per frame of 11.6 ms, spectral vocoder, two heads at 44.1 kHz.

`python -m tests.benchmarks.voice_cost [PRESET …] [--voices 1 16 64] [--before FOLDER]`: every voice plays a note of its
own, from columns of its own, of the preset's culture. Heads read different columns (the dearest case); `--mono` lets
them read the same. `--before FOLDER` measures the one voice of an earlier checkout in a process of its own, in turns
with this one, so that what else the machine does weighs on both.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from synth.mel import log_mel_from_grid
from synth.presets.file import load_preset
from synth.vocoder.contract import VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder

RATE_HZ, FRAMES, ROUNDS = 44100, 120, 3
PRESETS = Path(__file__).parents[2] / "presets"

# Runs in the earlier checkout, whose modules may lie elsewhere.
_BEFORE = """
import json, sys, time, torch
from pathlib import Path
try:
    from synth.presets.file import load_preset
    from synth.vocoder.spectral.vocoder import SpectralVocoder
except ImportError:
    from synth.preset_file import load_preset
    from synth.vocoder.spectral import SpectralVocoder
from synth.mel import log_mel_from_grid
torch.set_num_threads(1)
preset = load_preset(Path(sys.argv[1]))
columns = log_mel_from_grid(preset.state[0], preset.reference_db)
vocoder = SpectralVocoder(preset.mel)
vocoder.prepare(preset, int(sys.argv[2]), 2, 0)
ratio = torch.full((2, 1), 2 ** (-5 / 12))
took = []
for i in range(int(sys.argv[3])):
    T = columns.shape[1]
    frame = torch.stack([columns[:, i % T], columns[:, (i + 3) % T]])[:, :, None].contiguous()
    start = time.thread_time()
    vocoder.process(frame, ratio, 0.5)
    took.append(time.thread_time() - start)
print(json.dumps(took))
"""


def frame_times(path: Path, n_voices: int, mono: bool) -> list[float]:
    """Seconds of this thread for each frame, (FRAMES,)."""
    preset = load_preset(path)
    columns = log_mel_from_grid(preset.state[0], preset.reference_db)
    vocoder = SpectralVocoder(preset.mel)
    vocoder.prepare(preset, RATE_HZ, 2, 0)
    slots, T = tuple(range(n_voices)), columns.shape[1]
    keys = np.linspace(-12, 7, n_voices).round() if n_voices > 1 else np.array([-5.0])
    ratios = torch.from_numpy(2 ** (keys / 12)).float()[:, None]
    gains = torch.full((n_voices, 2, 1), n_voices**-0.5)
    for slot in slots:
        vocoder.start(slot, slot)
    took = []
    for i in range(FRAMES):
        read = torch.tensor([[(i + 11 * slot) % T, (i + 11 * slot + (0 if mono else 3)) % T] for slot in slots])
        block = VoiceFrames(slots, columns[:, read].permute(1, 2, 0)[..., None].contiguous(), ratios, gains)
        start = time.thread_time()
        vocoder.process_voices(block, 0.5)
        took.append(time.thread_time() - start)
    return took


def times_before(folder: Path, path: Path) -> list[float]:
    """The same for the one voice of an earlier checkout."""
    command = [sys.executable, "-c", _BEFORE, str(path.resolve()), str(RATE_HZ), str(FRAMES)]
    environment = os.environ | {"PYTHONPATH": str(folder.resolve())}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [float(took) for took in json.loads(done.stdout)]


def row(name: str, took: list[float]) -> str:
    ms = np.array(took) * 1e3
    return f"{name:24s} {np.median(ms):7.2f} {np.percentile(ms, 10):7.2f} {np.percentile(ms, 95):7.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what voices cost.")
    parser.add_argument("presets", nargs="*", type=Path, default=[PRESETS / "cello.safetensors"])
    parser.add_argument("--voices", nargs="+", type=int, default=[1, 16, 64])
    parser.add_argument("--before", type=Path, metavar="FOLDER")
    parser.add_argument("--mono", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for path in args.presets:
        print(f"{path.stem}: ms per frame    median     10 %     95 %")
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            if args.before is not None:
                times.setdefault("1 voice, before", []).extend(times_before(args.before, path))
            for n in args.voices:
                times.setdefault(f"{n} voice{'s' * (n > 1)}", []).extend(frame_times(path, n, args.mono))
        for name, took in times.items():
            print(row(name, took), flush=True)


if __name__ == "__main__":
    main()
