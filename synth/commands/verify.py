"""`petrichord vocoder verify`: what a checkpoint does with a recorded note and with every preset it can play."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.measurement.reference import Frames
    from synth.measurement.verify import Row
    from synth.mel import MelFormat

_SHORTEST_S, _LONGEST_S = 2.0, 600.0
_EXPLAINED = """\
Each sound is vocoded by the checkpoint and, on the same frames, by the spectral vocoder.
* log-mel L1: the sound's own mel against the one it was made from, over 80 dB; less is better.
* pitch: the strongest tone against the preset's; – where there is none to be heard.
* at multiples of the frame rate: near 0 dB it repeats itself every frame and buzzes; noise has about −13.
* loudness: against the spectral vocoder; within ±1 they can be exchanged.
* × real time: of the exact stream, as `petrichord render` plays it, on this machine and now.

This measures and does not judge, so please listen too.
Nobody who made Petrichord has heard NVIDIA's weights through it yet."""


def verify(name: str | None, out: Path | None, seconds: float, as_json: bool = False) -> int:
    """Measure, print, and write to `out`; errors are `PetrichordError`."""
    from synth.errors import UsageError
    from synth.measurement.verify import compare, table
    from synth.vocoder.bigvgan.offline import BigVGANVocoder

    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise UsageError(f"{seconds:g} s cannot be measured: choose {_SHORTEST_S:g} to {_LONGEST_S:g}.")
    if out is not None:
        _try(out)
    folder = _folder(name)
    vocoder = BigVGANVocoder(folder)
    rows: list[Row] = []
    for frames in _sounds(vocoder.format, seconds):
        print(f"measuring {frames.name} …", file=sys.stderr, flush=True)
        measured = compare(frames, vocoder)
        rows += measured
        if as_json:
            for row in measured:
                print(json.dumps(asdict(row)), flush=True)
    text = f"{_heading(folder, vocoder.name, vocoder.format)}\n\n{table(rows)}\n\n{_EXPLAINED}\n"
    if not as_json:
        print(text, end="")
    if out is not None:
        out.write_text(text, encoding="utf-8")
    return 0


def _folder(name: str | None) -> Path:
    """The checkpoint asked for, else the one chosen, else the first there is."""
    from synth.errors import VocoderUnavailable
    from synth.vocoder.bigvgan.folders import candidates, named
    from synth.vocoder.choice import read_choice

    if name is not None:
        found = named(name)
        if found is None:
            raise VocoderUnavailable(
                f"{name} is neither an installed checkpoint nor a folder that holds one: petrichord vocoder list shows "
                "the names."
            )
        return found
    choice = read_choice()[0].checkpoint
    first = named(choice) if choice else None
    first = first or next(candidates(None), None)
    if first is None:
        raise VocoderUnavailable("No BigVGAN checkpoint is here to be measured: petrichord vocoder get fetches one.")
    return first


def _sounds(fmt: "MelFormat", seconds: float) -> "Iterator[Frames]":
    from synth.errors import PresetError
    from synth.measurement.reference import culture_frames, has_note, reference_note
    from synth.presets.file import load_preset
    from synth.presets.library import entries

    if has_note(fmt):
        yield reference_note(fmt)
    for entry in entries():
        try:
            preset = load_preset(entry.path)
        except PresetError as error:
            print(f"petrichord: {error}", file=sys.stderr)
            continue
        if preset.mel == fmt:
            yield culture_frames(preset, seconds)


def _heading(folder: Path, name: str, fmt: "MelFormat") -> str:
    import datetime
    import platform

    import torch

    from synth import __version__
    from synth.vocoder.bigvgan.fetch import checksum_of
    from synth.vocoder.bigvgan.folders import WEIGHTS_NAME

    checksum = checksum_of(folder / WEIGHTS_NAME, "0" * 64)
    today = datetime.datetime.now().date().isoformat()
    return (
        f"# {name} through Petrichord\n\n* {folder}, format {fmt.name}, {fmt.frames_per_second:.2f} frames per second\n"
        f"* {WEIGHTS_NAME}: SHA-256 {checksum}\n"
        f"* {today}, Petrichord {__version__}, torch {torch.__version__}, {torch.get_num_threads()} threads, "
        f"{platform.machine()}"
    )


def _try(out: Path) -> None:
    """`UsageError` now rather than after minutes of measuring."""
    from synth.errors import UsageError

    try:
        out.open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}; choose another place.") from error
