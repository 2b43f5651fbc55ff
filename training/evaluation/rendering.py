"""A preset rendered as a user renders it: by the command, in a process of its own."""

import subprocess
import sys
from pathlib import Path

from synth.errors import PetrichordError

SETTLED_S = 1.0
"""Start of a rendered file that is not measured: fade-in and the vocoder's own settling."""
_TIMEOUT_S = 1800


def render(preset: str, out: Path, seconds: float, *options: str) -> Path:
    """Write `seconds` of the preset, without stereo width, to `out`; says what the command said if it fails."""
    command = [
        sys.executable,
        "-m",
        "synth.commands.cli",
        "render",
        preset,
        "-o",
        str(out),
        "--seconds",
        f"{seconds:g}",
    ]
    try:
        subprocess.run(
            [*command, "--width", "0", "--vocoder", "spectral", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_TIMEOUT_S,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()
        reason = said[-1].removeprefix("petrichord: ") if said else f"exit code {error.returncode}"
        raise PetrichordError(f"{preset} could not be rendered: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise PetrichordError(f"{preset} was not rendered within {_TIMEOUT_S // 60} minutes.") from error
    return out
