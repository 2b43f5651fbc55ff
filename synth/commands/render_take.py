"""`petrichord render TAKE.petrichord.safetensors`: a take again, as it was played."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.engine.takes.replay import Replay
    from synth.presets.model import Preset
    from synth.takes.performance import Performance
    from synth.takes.wav import SampleFormat
    from synth.vocoder.contract import Vocoder

Progress = Callable[[float], object]
_OF_PRESETS = (
    "seconds",
    "midi",
    "tail",
    "channel",
    "tuning",
    "keyboard_map",
    "seed",
    "precision",
    "gesture",
    "morph",
    "note",
    "vocoder",
    "steps_per_second",
    "set",
    "route",
)
"""Options that say how a preset is to be played: of a take that is known already."""
_USUAL = {"precision": "float32", "vocoder": "auto", "gesture": [], "set": [], "route": []}


def is_take(name: str) -> bool:
    """True for the name of a take's companion, and not for a preset's."""
    return name.endswith(".petrichord.safetensors")


def render_take(
    args: argparse.Namespace,
    control_options: Mapping[str, str],
    progress_bar: Callable[[str, bool], AbstractContextManager[Progress]],
) -> int:
    """Render to a WAV in the take's own sample format; at the take's rate the file is the take's, byte for byte.

    `control_options` are options by parameter, none of which a take takes.
    """
    import torch

    from synth.engine.takes.replay import Replay
    from synth.errors import RecordingError
    from synth.sound_files.formats import check_is_wav
    from synth.takes.performance import load_performance

    _refuse_options(args, control_options)
    check_is_wav(args.output)
    performance = load_performance(Path(args.preset))
    if not performance.samples:
        raise RecordingError(f"{args.preset} ends before its first sample was recorded: there is nothing to render.")
    torch.set_num_threads(1)
    chosen = _Vocoders(args.weights)
    replay = Replay(performance, chosen.choose, args.rate)
    start = time.perf_counter()
    with progress_bar("Rendering", sys.stderr.isatty() and not args.json) as progress:
        peak = _write(replay, args.output, performance.sample_format, progress)
    seconds = replay.n_samples / replay.rate_hz
    speed = seconds / (time.perf_counter() - start)
    exact = performance.exact and replay.rate_hz == performance.rate_hz and not chosen.missing
    told = _remarks(performance, replay, chosen)
    if args.json:
        numbers = {"path": str(args.output), "seconds": seconds, "rate_hz": replay.rate_hz, "peak": peak}
        print(json.dumps({**numbers, "exact": exact, "whole": performance.whole, "real_time_factor": speed}))
    else:
        print(f"{args.output}: {seconds:.2f} s at {replay.rate_hz} Hz, {speed:.1f}× real time. {told}")
    return 0


def _refuse_options(args: argparse.Namespace, control_options: Mapping[str, str]) -> None:
    from synth.errors import UsageError

    for name in (*_OF_PRESETS, *control_options):
        if getattr(args, name, None) != _USUAL.get(name):
            option = control_options.get(name, "--" + name.replace("_", "-"))
            raise UsageError(f"A take is rendered as it was played: leave {option} out, or render a preset with it.")
    if args.rate is not None and not 8000 <= args.rate <= 192_000:
        raise UsageError(f"A rate of {args.rate} Hz cannot be rendered: choose 8000 to 192000.")


def _remarks(performance: "Performance", replay: "Replay", chosen: "_Vocoders") -> str:
    """In what the file differs from the take, in sentences."""
    told = []
    if not performance.whole:
        told.append("The take was cut short: this is what is known of it.")
    if chosen.missing:
        told.append(f"The take's vocoder “{chosen.missing}” is not installed here: the spectral vocoder plays instead.")
    elif not performance.exact:
        told.append("The state of its vocoder was not kept: the first moments differ from the take's.")
    if replay.rate_hz != performance.rate_hz:
        told.append(f"The take was recorded at {performance.rate_hz} Hz.")
    return " ".join(told) or "Sample for sample the take."


class _Vocoders:
    """Finds the vocoders that a take was played with; the spectral one stands in for those that are gone."""

    def __init__(self, weights: Path | None) -> None:
        self._weights = weights
        self.missing = ""
        """The name of one that is gone."""

    def choose(self, name: str, preset: "Preset") -> "Vocoder":
        from synth.errors import VocoderUnavailable
        from synth.loading.choose_vocoder import choose_vocoder

        if name != "spectral":
            with contextlib.suppress(VocoderUnavailable):
                found = choose_vocoder("bigvgan", preset, self._weights, live=True)[0]
                if found.name == name:
                    return found
            self.missing = name
        return choose_vocoder("spectral", preset)[0]


def _write(replay: "Replay", path: Path, sample_format: "SampleFormat", progress: Progress) -> float:
    """Write piece by piece, whole or not at all; the largest sample."""
    import numpy as np

    from synth.errors import RecordingError
    from synth.takes.wav import MAX_WAV_BYTES, WavWriter
    from synth.whole_files import written_whole

    peak, done = 0.0, 0
    try:
        with written_whole(path) as part:
            # A writer makes its file itself.
            part.unlink()
            writer = WavWriter(part, replay.rate_hz, sample_format)
            try:
                if replay.n_samples > writer.room(MAX_WAV_BYTES):
                    raise RecordingError(f"{path} would be larger than a WAV file can be: record shorter takes.")
                for piece in replay.filed():
                    writer.write(piece)
                    done += len(piece)
                    peak = max(peak, float(np.abs(piece).max(initial=0.0)))
                    progress(done / replay.n_samples)
                writer.close()
            finally:
                writer.abandon()
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror}; choose another place.") from error
    return peak
