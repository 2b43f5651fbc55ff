"""Render the notes of this folder again: `python -m tests.data.make_notes`. Needs fluidsynth."""

from pathlib import Path

import soundfile as sf

from training.studies.soundfont import Note, render_note

NOTES = {
    "clarinet": Note("FluidR3_GM.sf2", 71, 60, 100),
    "violin": Note("FluidR3_GM.sf2", 40, 69, 115),
}
SECONDS = 2.0


def main() -> None:
    folder = Path(__file__).parent
    for name, note in NOTES.items():
        path = render_note(note, folder / f"{name}.flac")
        samples, rate_hz = sf.read(path)
        sf.write(path, samples[: round(SECONDS * rate_hz)], rate_hz, subtype="PCM_16")


if __name__ == "__main__":
    main()
