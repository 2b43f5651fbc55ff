"""Single notes from soundfonts, rendered by fluidsynth: recordings that anyone can make again."""

import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

from synth.errors import TrainingError

RATE_HZ = 44100
PEAK_DB = -3.0
_FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/sounds/sf3"))


@dataclass(frozen=True)
class Note:
    """A General MIDI program, key and velocity of one soundfont, held for three seconds."""

    soundfont: str
    program: int
    key: int
    velocity: int


def render_note(note: Note, path: Path) -> Path:
    """Write the note as a mono 24-bit FLAC at 44.1 kHz, without reverb and chorus, its silent end cut off.

    In 16 bits a harp's rows above 3 kHz are the dither of the file, and a culture learns that.
    """
    with tempfile.TemporaryDirectory() as temporary:
        midi, wave = Path(temporary, "note.mid"), Path(temporary, "note.wav")
        midi.write_bytes(midi_file(note.program, note.key, note.velocity))
        plain = ["-ni", "-R", "0", "-C", "0", "-r", str(RATE_HZ), "-g", "0.8", "-O", "float"]
        try:
            command = ["fluidsynth", *plain, "-F", str(wave), str(_find(note.soundfont)), str(midi)]
            subprocess.run(command, check=True, capture_output=True)
        except FileNotFoundError as error:
            raise TrainingError("Notes are rendered by fluidsynth, which is not installed here.") from error
        except subprocess.CalledProcessError as error:
            raise TrainingError(
                f"fluidsynth could not play {note.soundfont}: {error.stderr.decode()[-200:]}"
            ) from error
        samples, _ = sf.read(wave)
    mono = samples.mean(axis=1)
    peak = np.abs(mono).max()
    if not peak > 0:
        raise TrainingError(f"Program {note.program} of {note.soundfont} is silent at key {note.key}.")
    sounding = np.flatnonzero(np.abs(mono) > peak * 1e-3)
    sf.write(path, mono[: sounding[-1] + 1] * 10 ** (PEAK_DB / 20) / peak, RATE_HZ, subtype="PCM_24")
    return path


def midi_file(program: int, key: int, velocity: int) -> bytes:
    """One note held for three seconds: 480 ticks per quarter, 120 quarters per minute."""
    track = bytes([0, 0xC0, program, 0, 0x90, key, velocity, 0x96, 0x40, 0x80, key, 0, 0, 0xFF, 0x2F, 0])
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def _find(soundfont: str) -> Path:
    for path in (Path(soundfont), *(folder / soundfont for folder in _FOLDERS)):
        if path.is_file() and shutil.which("fluidsynth"):
            return path
    raise TrainingError(
        f"{soundfont} or fluidsynth is not installed; on Debian: apt install fluidsynth fluid-soundfont-gm "
        "musescore-general-soundfont."
    )
