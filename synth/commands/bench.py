"""`petrichord bench vocoder`: how fast each vocoder is on this machine, measured side by side in one run."""

import argparse
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth.instrument.parameters.typed_numbers import number, whole_number

if TYPE_CHECKING:
    from torch import Tensor, nn

    from synth.vocoder.bigvgan.weights import Config
    from synth.vocoder.contract import Vocoder

BLOCKS = (4, 8, 16, 32)
_BESIDE = "automaton beside"
_BASE, _LARGE = ((8, 8, 2, 2), 512), ((4, 4, 2, 2, 2, 2), 1536)
MODELS = {"base": _BASE, "v2-fmax8k": _LARGE}
"""Random models of 22 kHz and 80 bands: upsampling and channels; speed does not depend on the weights."""


@dataclass(frozen=True)
class Row:
    """One way of making sound at one block length, one head."""

    vocoder: str
    block_frames: int
    real_time_factor: float
    """Seconds of sound per second, from the median block."""
    median_ms: float
    p99_ms: float
    block_ms: float
    """What a block lasts: p99 must stay below."""
    latency_ms: float
    """From a frame being read to its sound: the block, the time to make it, and the lookahead."""
    memory_mb: float
    """Of the process after preparing it, less before."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("vocoder",), help="what to measure")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder with an NVIDIA BigVGAN checkpoint")
    parser.add_argument(
        "--model", choices=tuple(MODELS), default="base", help="random weights of this size without one"
    )
    parser.add_argument("--seconds", type=number, default=2.0, metavar="S", help="computing time per row (default 2)")
    parser.add_argument("--threads", type=whole_number, metavar="N", help="default: what the vocoder chooses")
    parser.add_argument(
        "--bfloat16", action="store_true", help="also with bfloat16 products, and how far their sound is from float32's"
    )
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(args: argparse.Namespace) -> int:
    import torch

    from synth.errors import UsageError
    from synth.measurement.bench_extras import bfloat16_distance
    from synth.vocoder.bigvgan.streaming.stream import n_processors
    from synth.vocoder.bigvgan.weights import load_generator

    if not 0.05 <= args.seconds <= 600 or (args.threads is not None and not 1 <= args.threads <= 256):
        raise UsageError("Choose 0.05 to 600 --seconds per row and 1 to 256 --threads.")
    generator, config = load_generator(args.weights) if args.weights else random_generator(args.model)
    weights = str(args.weights) if args.weights else f"random ({args.model}: for speed only, its sound is noise)"
    torch.set_num_threads(args.threads or min(2, n_processors()))
    floor = arithmetic_floor(generator, config)
    rows = _measure(generator, config, args.seconds, args.threads)
    distance = None
    if args.bfloat16:
        rows += _rows(lambda: _with_bfloat16(generator, config, args.threads), args.seconds, "bfloat16")
        distance = bfloat16_distance(generator, config.format)
    if args.json:
        extra = {"bfloat16_distance": asdict(distance)} if distance is not None else {}
        print(json.dumps({"weights": weights, "floor": floor, "rows": [asdict(row) for row in rows]} | extra))
        return 0
    print(
        f"BigVGAN weights: {weights}\nArithmetic floor: {floor:.1f}x real time, all convolutions at this machine's best"
    )
    heads = "".join(f"{text:>9}" for text in ("frames", "speed", "median", "p99", "lasts", "latency", "memory"))
    print(f"{'vocoder':<38}{heads}")
    for r in rows:
        print(
            f"{r.vocoder:<38}{r.block_frames:>9}{r.real_time_factor:>8.2f}x{r.median_ms:>6.1f} ms{r.p99_ms:>6.1f} ms"
            f"{r.block_ms:>6.1f} ms{r.latency_ms:>6.0f} ms{r.memory_mb:>6.0f} MB"
        )
    if distance is not None:
        print(
            f"bfloat16 products: {distance.log_mel_db:.2f} dB from float32 in log-mel, {distance.waveform_db:.0f} dB "
            "in waveform, on a violin's frames"
        )
    return 0


def random_generator(model: str) -> "tuple[nn.Module, Config]":
    """A generator with torch's initial weights."""
    import torch

    from synth.mel import FORMATS
    from synth.vocoder.bigvgan.weights import Config, build_generator

    rates, channels = MODELS[model]
    hyperparameters = {
        "resblock": "1",
        "upsample_rates": list(rates),
        "upsample_kernel_sizes": [2 * rate for rate in rates],
        "upsample_initial_channel": channels,
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "activation": "snakebeta",
        "snake_logscale": True,
        "num_mels": 80,
    }
    if model != "base":
        hyperparameters |= {"use_tanh_at_final": False, "use_bias_at_final": False}
    torch.manual_seed(0)
    config = Config(FORMATS["22k80"], hyperparameters)
    return build_generator(config).eval().requires_grad_(False), config


def arithmetic_floor(generator: "nn.Module", config: "Config") -> float:
    """Real-time factor if every multiplication ran as fast as the fastest large convolution or product does here."""
    import torch
    import torch.nn.functional as F

    from synth.vocoder.bigvgan.streaming.plan import plan_of

    square, signal, weight = torch.randn(1024, 1024), torch.randn(1, 256, 2048), torch.randn(256, 256, 7)
    with torch.inference_mode():
        product = 1024**3 / min(_times(lambda: square @ square, 0.3))
        convolution = 256 * 256 * 7 * 2042 / min(_times(lambda: F.conv1d(signal, weight), 0.3))
    return max(product, convolution) / (plan_of(generator).macs_per_frame * config.format.frames_per_second)


def _measure(generator: "nn.Module", config: "Config", seconds: float, threads: int | None) -> list[Row]:
    from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
    from synth.vocoder.spectral.vocoder import SpectralVocoder

    return [
        *_rows(lambda: SpectralVocoder(config.format), seconds),
        *_rows(lambda: LiveBigVGANVocoder(generator, config, threads), seconds),
        *_rows(lambda: LiveBigVGANVocoder(generator, config, threads), seconds, _BESIDE, (8,)),
        *_overlap_and_discard(generator, config, seconds),
    ]


def _with_bfloat16(generator: "nn.Module", config: "Config", threads: int | None) -> "Vocoder":
    import torch

    from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
    from synth.vocoder.bigvgan.streaming.eager import EagerStream
    from synth.vocoder.bigvgan.streaming.plan import plan_of

    def stream(generator: "nn.Module", n_heads: int, n_threads: int | None, device: str) -> EagerStream:
        return EagerStream(plan_of(generator), n_heads, products=torch.bfloat16)

    return LiveBigVGANVocoder(generator, config, threads, stream)


def _rows(
    make: "Callable[[], Vocoder]", seconds: float, how: str = "streaming", blocks: tuple[int, ...] = BLOCKS
) -> list[Row]:
    import torch

    from synth.measurement.bench_extras import automaton_beside
    from synth.presets.file import load_preset
    from synth.presets.library import entries

    before = _memory_mb()
    vocoder = make()
    fmt = vocoder.format
    preset = next(p for p in (load_preset(entry.path) for entry in entries()) if p.mel == fmt)
    with torch.inference_mode():
        vocoder.prepare(preset, fmt.rate_hz)
        rows = []
        for n in blocks:
            frames, ratio = _frames(fmt.n_mels, n), torch.ones(1, n)
            with automaton_beside(preset) if how == _BESIDE else nullcontext():
                times = _times(lambda frames=frames, ratio=ratio: vocoder.process(frames, ratio), seconds)  # type: ignore[misc]
            ahead = 1000 * vocoder.delay_samples / fmt.rate_hz
            name = vocoder.name if vocoder.name == "spectral" else f"{vocoder.name}, {how}"
            rows.append(_row(name, n, times, fmt.frames_per_second, ahead, _memory_mb() - before))
    return rows


def _overlap_and_discard(generator: "nn.Module", config: "Config", seconds: float) -> list[Row]:
    """NVIDIA's module on every block with the frames on either side that can be heard in it."""
    import torch

    before, context, rows = _memory_mb(), config.context_frames, []
    for n in BLOCKS:
        frames = _frames(config.format.n_mels, n + 2 * context)
        with torch.inference_mode():
            times = _times(lambda frames=frames: generator(frames), seconds)  # type: ignore[misc]
        ahead = 1000 * context / config.format.frames_per_second
        name = f"{config.name}, overlapping"
        rows.append(_row(name, n, times, config.format.frames_per_second, ahead, _memory_mb() - before))
    return rows


def _row(name: str, n: int, times: list[float], frames_per_second: float, ahead_ms: float, memory_mb: float) -> Row:
    import numpy as np

    median, p99 = (1000 * float(np.quantile(times, q)) for q in (0.5, 0.99))
    lasts = 1000 * n / frames_per_second
    return Row(name, n, lasts / median, median, p99, lasts, lasts + median + ahead_ms, memory_mb)


def _times(work: Callable[[], object], seconds: float) -> list[float]:
    """Of calls for so long, at least five, after two that do not count."""
    work(), work()
    times: list[float] = []
    while len(times) < 5 or sum(times) < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def _frames(n_mels: int, n: int) -> "Tensor":
    import torch

    return torch.randn(1, n_mels, n, generator=torch.Generator().manual_seed(0)) - 4


def _memory_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)
