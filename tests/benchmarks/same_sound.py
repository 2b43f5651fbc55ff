"""Do two checkouts of Petrichord sound the same, to the bit?

    python -m tests.benchmarks.same_sound OLD NEW [--seconds 4]

OLD and NEW are folders of source trees. Each renders six presets with gestures, tilt, weather, reseed and undo at two
rates, through its own command line, so that what is inside may differ; the WAV files must be equal byte by byte.
Exit code 1 names every render that differs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PRESETS = ("violin", "temple_bell", "organ", "choir_aahs", "ocean_44k", "cello_44k")
"""Pitched, struck, sustained, voices, noise, and both mel formats."""
RATES = (44100, 48000)
_GESTURES = (
    "0.3:erase:column=40,row=30",
    "0.5:paint:hz=880,radius_frames=10,radius_rows=2",
    "0.9:noise:shape=stripe,radius_frames=6",
    "1.2:freeze:column=90,row=20,strength=0.8",
    "1.5:undo",
    "1.6:redo",
    "1.9:undo",
    "2.1:reseed:column=120,row=40",
    "2.4:reseed-all",
    "2.9:undo",
    "3.1:erase:shape=line,row=12,radius_rows=4",
    "3.3:thaw-all",
)
_CONTROLS = (
    "--tilt=-2.5", "--weather-depth=1.4", "--weather-speed=2.3", "--playhead-speed=-0.7", "--width=0.85", "--fine=13",
    "--volume=-3", "--steps-per-second=140", "--note=C4", "--fade-in=0.2", "--fade-out=0.3", "--vocoder=spectral",
)  # fmt: skip


@dataclass(frozen=True)
class Render:
    """One render of a preset; `plain` with nothing but the preset's own settings."""

    preset: str
    rate_hz: int
    plain: bool

    @property
    def name(self) -> str:
        return f"{self.preset} at {self.rate_hz} Hz, {'as it is' if self.plain else 'with gestures and controls'}"

    def arguments(self, seconds: float) -> list[str]:
        given = [f"--seconds={seconds:g}", f"--rate={self.rate_hz}", "--vocoder=spectral"]
        if self.plain:
            return given
        return [*given, *_CONTROLS, *(part for gesture in _GESTURES for part in ("--gesture", gesture)), "--seed=5"]


def render(checkout: Path, what: Render, seconds: float, out: Path) -> bytes:
    """The WAV file as the command line of `checkout` writes it."""
    module = "synth.commands.cli" if (checkout / "synth/commands/cli.py").is_file() else "synth.cli"
    preset = checkout / "presets" / f"{what.preset}.safetensors"
    subprocess.run(
        [sys.executable, "-m", module, "render", str(preset), "-o", str(out), *what.arguments(seconds)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return out.read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each render")
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    args = parser.parse_args()
    different = []
    with tempfile.TemporaryDirectory() as folder:
        for preset in args.presets:
            for rate_hz, plain in ((RATES[0], False), (RATES[1], False), (RATES[0], True)):
                what = Render(preset, rate_hz, plain)
                old, new = (
                    render(checkout.resolve(), what, args.seconds, Path(folder) / f"{i}.wav")
                    for i, checkout in enumerate((args.old, args.new))
                )
                print(f"{what.name}: {'the same' if old == new else 'DIFFERENT'}, {len(old)} bytes", flush=True)
                if old != new:
                    different.append(what.name)
    print(f"{len(different)} renders differ" if different else "every render is the same to the bit")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
