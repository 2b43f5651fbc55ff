"""`petrichord [PRESET]`: the window; without a usable display, a rendered demo instead."""

import argparse
import gc
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from synth import __version__

    parser.add_argument("preset", nargs="?", metavar="PRESET", help="name of a preset, or a path")
    parser.add_argument("--device", metavar="D", help="audio output, by name or number (see `petrichord devices`)")
    parser.add_argument("--version", action="version", version=f"petrichord {__version__}")


def run(args: argparse.Namespace) -> int:
    # Importing torch and Qt makes a million objects that stay: collecting among them costs 0.4 s of the start. Once
    # all is loaded it is on again.
    gc.disable()
    from ui.shell.probe import look_at_display

    display = look_at_display()
    if not display.usable:
        gc.enable()
        return _demo(args.preset, display.why)
    from ui.shell.app import run as run_window

    return run_window(args.preset, args.device, display.screens)


def _demo(name: str | None, why: str) -> int:
    """Ten seconds to a new file in the current folder: what can be done without a screen."""
    from synth.loading.choose_vocoder import choose_vocoder
    from synth.output.render import Job, render_to_file
    from synth.presets.library import default_name, load

    print(f"No window: {why} Rendering ten seconds instead.")
    preset = load(name or default_name())
    vocoder, _ = choose_vocoder("auto", preset)
    report = render_to_file(preset, vocoder, Job(), _unused("petrichord-demo-{}.wav"))
    print(f"{report.path}: {report.seconds:.1f} s, {report.loudness_lufs:.1f} LUFS")
    return 0


def _unused(pattern: str) -> Path:
    """The first numbered file that does not exist yet; nothing is overwritten."""
    number = 1
    while Path(pattern.format(number)).exists():
        number += 1
    return Path(pattern.format(number))
