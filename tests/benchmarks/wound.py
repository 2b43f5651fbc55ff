"""Is a wound heard wherever it is made? Renders with and without one default wound at random columns.

    python -m tests.benchmarks.wound PRESET [--columns 20] [--row ROW]

For each column: for how long the log-mel of the rendered sound, mean over the touched rows, differs by at least 6 dB
from the same render without the wound, and the difference in the middle of it. Both channels are measured and the
weaker one counts. The sound is re-analysed with the `bigvgan` package's mel, not with ours.
"""

import argparse
import json

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture, footprint
from synth.instrument.events import Event, Touch
from synth.output.render import Job, render
from synth.presets.library import load
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

DB = 20 / np.log(10)
RATE_HZ = 44100
AUDIBLE_DB = 6.0


def mel_db(sound: NDArray[np.float32], preset: Preset) -> NDArray[np.float64]:
    """Log-mel of one channel in dB, (M, T), floored 80 dB below the preset's loudest cell."""
    from bigvgan.meldataset import mel_spectrogram

    f = preset.mel
    wave = torch.from_numpy(soxr.resample(sound, RATE_HZ, f.rate_hz).astype(np.float32))[None]
    mel = mel_spectrogram(wave, f.n_fft, f.n_mels, f.rate_hz, f.hop, f.win, f.fmin_hz, f.fmax_hz)[0]
    return np.maximum(DB * mel.numpy().astype(np.float64), DB * float(mel.max()) - 80)


def audible(preset: Preset, gesture: Gesture, at_frame: int, plain: NDArray[np.float32]) -> tuple[float, float]:
    """Longest run in ms of at least 6 dB in the touched rows, and the largest difference in dB; the weaker channel."""
    seconds = plain.shape[1] / RATE_HZ
    job = Job(seconds=seconds, rate_hz=RATE_HZ, events=(Event(at_frame, Touch(gesture)),))
    wounded = render(preset, SpectralVocoder(preset.mel), job)
    rows = footprint(gesture, preset.mel.n_mels, preset.n_frames).amax(dim=1).numpy() > 0.5
    worst = (float("inf"), float("inf"))
    for side in (0, 1):
        difference = np.abs(mel_db(wounded[side], preset) - mel_db(plain[side], preset))[rows].mean(axis=0)
        longest = run = 0
        for loud in difference >= AUDIBLE_DB:
            run = run + 1 if loud else 0
            longest = max(longest, run)
        worst = min(worst, (1000 * longest / preset.mel.frames_per_second, float(difference.max())))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a default wound is heard at random columns.")
    parser.add_argument("preset")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--row", type=float, help="middle of the wound; the preset's loudest 24 rows by default")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    preset = load(args.preset)
    loudness = torch.nn.functional.avg_pool1d(preset.quantiles.mean(1)[None], 25, 1)[0]
    row = args.row if args.row is not None else float(loudness.argmax()) + 12
    plain = render(preset, SpectralVocoder(preset.mel), Job(seconds=4.5, rate_hz=RATE_HZ))
    columns = np.random.default_rng(0).uniform(0, preset.n_frames, args.columns)
    results = [audible(preset, Gesture("erase", float(c), row), 20, plain) for c in columns]
    lengths = [r[0] for r in results]
    if args.json:
        print(json.dumps({"preset": args.preset, "row": row, "ms": lengths, "db": [r[1] for r in results]}))
        return
    for column, (length, peak) in zip(columns, results, strict=True):
        print(f"column {column:6.1f}: {length:5.0f} ms at 6 dB or more, at most {peak:4.1f} dB")
    heard = sum(length >= 300 for length in lengths)
    print(
        f"{args.preset}: heard for 300 ms or more at {heard} of {len(lengths)} columns; shortest {min(lengths):.0f} ms"
    )


if __name__ == "__main__":
    main()
