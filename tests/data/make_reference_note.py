"""Write `synth/vocoder/reference_note.npz` again: `python tests/data/make_reference_note.py`.

The log-mel of `violin.flac` in every published format, in steps of 1/16 neper (0.5 dB) from the floor, and its pitch.
"""

from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
import torch

from synth.measurement.reference import FLOOR, NOTE_PATH, STEPS_PER_NEPER, array_name
from synth.measurement.sound_measures import strongest_hz
from synth.mel import log_mel
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS

A4_HZ = 440.0


def main() -> None:
    wave, rate_hz = sf.read(Path(__file__).parent / "violin.flac")
    arrays = {"root_hz": np.array(strongest_hz(wave, rate_hz, A4_HZ))}
    for fmt in {known.format for known in CHECKPOINTS}:
        mel = log_mel(torch.from_numpy(soxr.resample(wave, rate_hz, fmt.rate_hz, "VHQ"))[None], fmt)[0].numpy()
        arrays[array_name(fmt)] = np.round((mel - FLOOR) * STEPS_PER_NEPER).clip(0, 255).astype(np.uint8)
    np.savez_compressed(NOTE_PATH, **dict(sorted(arrays.items())))


if __name__ == "__main__":
    main()
