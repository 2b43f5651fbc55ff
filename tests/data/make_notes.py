"""Render the notes of this folder again: `python tests/data/make_notes.py [SOUNDFONT]`. Needs fluidsynth."""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf

SOUNDFONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
NOTES = {"clarinet": (71, 60, 100), "violin": (40, 69, 115)}
"""File stem → General MIDI program, key, velocity."""
SECONDS = 2.0


def midi_file(program: int, key: int, velocity: int) -> bytes:
    """One note held for three seconds: 480 ticks per quarter, 120 quarters per minute."""
    track = bytes([0, 0xC0, program, 0, 0x90, key, velocity, 0x96, 0x40, 0x80, key, 0, 0, 0xFF, 0x2F, 0])
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def main() -> None:
    soundfont = sys.argv[1] if len(sys.argv) > 1 else SOUNDFONT
    folder = Path(__file__).parent
    for name, note in NOTES.items():
        with tempfile.TemporaryDirectory() as temporary:
            midi, wave = Path(temporary) / "note.mid", Path(temporary) / "note.wav"
            midi.write_bytes(midi_file(*note))
            plain = ["-ni", "-R", "0", "-C", "0", "-r", "44100", "-g", "0.8"]
            subprocess.run(["fluidsynth", *plain, "-F", str(wave), soundfont, str(midi)], check=True)
            samples, rate_hz = sf.read(wave)
        mono = samples.mean(axis=1)[: round(SECONDS * rate_hz)]
        mono *= 10 ** (-3 / 20) / np.abs(mono).max()
        sf.write(folder / f"{name}.flac", mono, rate_hz, subtype="PCM_16")


if __name__ == "__main__":
    main()
