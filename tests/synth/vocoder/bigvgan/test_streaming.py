"""Streaming BigVGAN against NVIDIA's own module run on the whole mel at once; random weights."""

import json
import math
import os
import re
import subprocess
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from synth.commands.cli import main
from synth.mel import LOG_MEL_FLOOR
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.bigvgan.offline import BigVGANVocoder
from synth.vocoder.bigvgan.streaming.compiled import CompiledStream
from synth.vocoder.bigvgan.streaming.eager import EagerStream
from synth.vocoder.bigvgan.streaming.plan import plan_of
from synth.vocoder.bigvgan.streaming.stream import Stream, open_stream
from synth.vocoder.contract import samples_until
from tests.doubles.sounds import play, preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, mel, package_model, save

SMALL = "bigvgan_base_22khz_80band"
VARIANTS = {
    "published": {},
    "snake": {"activation": "snake", "snake_logscale": False},
    "single convolutions": {"resblock": "2", "resblock_dilation_sizes": [[1, 3]] * 3},
}


@lru_cache(maxsize=4)
def generator(name: str, variant: str = "published", channels: int | None = None, seed: int = 0) -> nn.Module:
    """NVIDIA's module with its weight norm folded; as few channels as its upsamplings allow, unless told."""
    facts = PUBLISHED[name]
    few = 2 ** len(facts.upsample_rates)
    model = package_model(config_of(facts, channels or few) | VARIANTS[variant], seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in model.modules():
            if hasattr(module, "weight_g"):
                nn.utils.remove_weight_norm(module)
    torch.manual_seed(seed)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith(("alpha", "beta")):
            parameter.data += 0.3 * torch.rand_like(parameter)
    return model.eval().requires_grad_(False)


def streamed(stream: Stream, frames: torch.Tensor, blocks: list[int]) -> torch.Tensor:
    """All samples, (B, N); the last block takes what is left."""
    parts, at = [], 0
    for n in [*blocks, frames.shape[2]]:
        if at < frames.shape[2]:
            parts.append(stream.process(frames[:, :, at : at + n]))
            at += n
    return torch.cat(parts, dim=1)


def largest_interior_error(stream: Stream, model: nn.Module, frames: torch.Tensor, blocks: list[int]) -> float:
    """Against the whole mel at once, where neither end can be heard."""
    delay, hop = stream.plan.delay_samples, stream.plan.hop
    edge = (math.ceil(delay / hop) + 2) * hop
    with torch.inference_mode():
        whole = model(frames)[:, 0]
        sound = streamed(stream, frames, blocks)
    assert whole.abs().max() > 0.05
    return float((sound[:, edge + delay :] - whole[:, edge : whole.shape[1] - delay]).abs().max())


@settings(max_examples=12, deadline=None)
@given(
    name=st.sampled_from(sorted(PUBLISHED)),
    variant=st.sampled_from(sorted(VARIANTS)),
    blocks=st.lists(st.integers(1, 40), max_size=12),
    dtype=st.sampled_from(["compiled float32", "float32", "float64"]),
)
def test_streaming_equals_offline_for_any_configuration_split_and_dtype(
    name: str, variant: str, blocks: list[int], dtype: str
) -> None:
    model = generator(name, variant)
    frames = mel(PUBLISHED[name].format, 90)
    if dtype == "float64":
        double = generator(name, variant).double()
        try:
            assert (
                largest_interior_error(EagerStream(plan_of(double, torch.float64)), double, frames.double(), blocks)
                < 1e-9
            )
        finally:
            model.float()
    else:
        stream = EagerStream(plan_of(model)) if dtype == "float32" else CompiledStream(plan_of(model))
        assert largest_interior_error(stream, model, frames, blocks) < 1e-4


def test_the_full_size_base_model_streams_exactly() -> None:
    model = generator(SMALL, channels=512)
    stream = CompiledStream(plan_of(model))
    assert stream.plan.delay_samples == 4433
    assert largest_interior_error(stream, model, mel(PUBLISHED[SMALL].format, 48), [8, 1, 4, 16]) < 2e-6


@pytest.mark.parametrize("n_frames", [1, 4, 32])
def test_work_per_frame_does_not_depend_on_the_block(n_frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted at torch's own convolution: each block does its frames' share of the offline model's, and no more."""
    plan = plan_of(generator(SMALL))
    macs, convolve = [], F.conv1d

    def counted(x: torch.Tensor, weight: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        y = convolve(x, weight, *args, **kwargs)
        if weight.shape[2] != 6:  # not the activations' filters, which are no part of the count
            macs.append(y.numel() * weight[0].numel())
        return y

    monkeypatch.setattr(F, "conv1d", counted)
    EagerStream(plan).process(mel(PUBLISHED[SMALL].format, n_frames))
    assert sum(macs) == n_frames * plan.macs_per_frame


def test_the_compiled_stream_saves_the_multiplications_it_says_it_does() -> None:
    """Per row, four of each branch's six convolutions take 7/4 for every four taps, from 128 channels down."""
    plan = plan_of(generator(SMALL, channels=512))
    assert plan.macs_per_frame * 22050 / 256 == pytest.approx(26.4e9, rel=0.005)
    saved = sum(
        4 * rate * channels**2 * (taps - 7 / 4 * math.ceil(taps / 4))
        for rate, channels in ((64, 128), (128, 64), (256, 32))
        for taps in (3, 7, 11)
    )
    stream = CompiledStream(plan)
    # Padding adds a little.
    assert stream.macs(1) == pytest.approx(plan.macs_per_frame - saved, rel=0.02)
    assert stream.macs(75) == 75 * stream.macs(1)


@settings(max_examples=12, deadline=None)
@given(
    blocks=st.lists(st.integers(1, 40), max_size=12),
    threads=st.integers(1, 4),
    name=st.sampled_from(sorted(PUBLISHED)),
)
def test_any_split_on_any_number_of_threads_is_equal_to_the_bit(blocks: list[int], threads: int, name: str) -> None:
    plan, frames = plan_of(generator(name)), mel(PUBLISHED[name].format, 70)
    whole = streamed(CompiledStream(plan, n_threads=1), frames, [70])
    split = streamed(CompiledStream(plan, n_threads=threads), frames, blocks)
    torch.testing.assert_close(split, whole, rtol=0, atol=0)


def test_two_threads_and_two_heads_give_what_one_gives() -> None:
    model = generator(SMALL)
    frames = torch.cat([mel(PUBLISHED[SMALL].format, 40, seed) for seed in (0, 1)])
    pair = streamed(CompiledStream(plan_of(model), 2, 4), frames, [3, 8])
    for head in (0, 1):
        alone = streamed(CompiledStream(plan_of(model), 1, 1), frames[head : head + 1], [40])
        torch.testing.assert_close(pair[head], alone[0], rtol=0, atol=0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED[SMALL], channels=32)
    return save(tmp_path_factory.mktemp("bigvgan"), config, package_model(config))


@pytest.fixture
def live(small: Path) -> LiveBigVGANVocoder:
    return LiveBigVGANVocoder.from_folder(small)


@pytest.mark.parametrize(("rate_hz", "ratio"), [(22050, 1.0), (44100, 2.0), (48000, 1.5)])
def test_the_live_vocoder_equals_the_offline_one(
    small: Path, live: LiveBigVGANVocoder, rate_hz: int, ratio: float
) -> None:
    offline = BigVGANVocoder(small)
    for vocoder in (offline, live):
        vocoder.prepare(preset_for(), rate_hz)
    frames = mel(live.format, 110)
    edge = 38 * 256 * rate_hz // 22050
    # Two different reading filters: 1e-5 of full scale apart where both pass the whole band.
    ours, theirs = play(live, frames, ratio)[0], play(offline, frames, ratio)[0]
    assert np.abs(ours - theirs)[edge:-edge].max() < 2e-5


@pytest.mark.parametrize("blocks", [(1, 1, 2, 5), (40, 3)])
@pytest.mark.parametrize(("rate_hz", "ratio"), [(22050, 1.0), (48000, 0.6), (44100, 1.7)])
def test_live_output_does_not_depend_on_blocks(
    live: LiveBigVGANVocoder, blocks: tuple[int, ...], rate_hz: int, ratio: float
) -> None:
    live.prepare(preset_for(), rate_hz)
    frames = mel(live.format, 60)
    whole = play(live, frames, ratio)
    live.reset()
    np.testing.assert_array_equal(play(live, frames, ratio, blocks=blocks), whole)
    assert whole.shape == (1, samples_until(60, live.format, rate_hz))


def test_the_delay_told_is_where_a_frame_sounds(live: LiveBigVGANVocoder) -> None:
    """A frame's change is heard symmetrically around its centre plus the delay: the generator looks both ways."""
    live.prepare(preset_for(), 22050)
    frames = mel(live.format, 1).expand(-1, -1, 120).contiguous()
    changed = frames.clone()
    changed[:, :, 50] += 1
    sounds = []
    for columns in (frames, changed):
        live.reset()
        sounds.append(live.process(columns, torch.ones(1, 120))[0].double().numpy())
    heard = (sounds[1] - sounds[0]) ** 2
    centre = float((heard * np.arange(len(heard))).sum() / heard.sum())
    assert abs(centre - (50.5 * 256 + live.delay_samples)) < 256


def test_a_warm_start_is_the_steady_sound_from_the_first_sample(live: LiveBigVGANVocoder) -> None:
    live.prepare(preset_for(), 22050, n_heads=2)
    frames = mel(live.format, 1).expand(2, -1, 100).contiguous()
    live.reset(warm=frames[:, :, :8])
    sound = live.process(frames, torch.ones(2, 100)).numpy()
    # A frozen mel gives sound that repeats with the hop: so must the first samples.
    np.testing.assert_allclose(sound[:, : 99 * 256], sound[:, 256 : 100 * 256], atol=1e-5)
    assert np.abs(sound[:, :256]).max() > 0.05


def test_equal_heads_are_exact_mono_and_parted_ones_are_their_own(live: LiveBigVGANVocoder) -> None:
    """Heads read together, apart, and together again; each equals a vocoder of its own."""
    live.prepare(preset_for(), 22050, n_heads=2)
    left, right = mel(live.format, 160, 0), mel(live.format, 160, 1)
    right[:, :, :20], right[:, :, 60:] = left[:, :, :20], left[:, :, 60:]
    pair = play(live, torch.cat([left, right]), blocks=(10, 15, 50, 60))
    live.prepare(preset_for(), 22050)
    for head, columns in enumerate((left, right)):
        live.reset()
        np.testing.assert_allclose(pair[head], play(live, columns)[0], atol=1e-6)
    np.testing.assert_array_equal(pair[0, -5120:], pair[1, -5120:])


@pytest.mark.parametrize("kind", ["silent", "saturated", "nan", "infinite"])
def test_no_frame_makes_more_than_full_scale(live: LiveBigVGANVocoder, kind: str) -> None:
    live.prepare(preset_for(), 44100)
    value = {"silent": LOG_MEL_FLOOR, "saturated": 50.0, "nan": math.nan, "infinite": math.inf}[kind]
    good = mel(live.format, 40)
    frames = torch.cat([good, torch.full((1, 80, 10), value), good], dim=2)
    sound = play(live, frames)[0]
    assert np.isfinite(sound).all()
    # The reading filter's overshoot on a signal within ±1.
    assert np.abs(sound).max() < 1.2
    tail = 38 * 512
    live.reset()
    after = play(live, good)[0]
    np.testing.assert_allclose(sound[-tail // 16 :], after[-tail // 16 :], atol=1e-5)


def test_without_numba_the_stream_is_plain_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "synth.vocoder.bigvgan.streaming.compiled", None)
    assert isinstance(open_stream(generator(SMALL)), EagerStream)


def test_the_compiled_stream_needs_no_compiler(tmp_path: Path) -> None:
    """No CC, nothing on PATH, an empty cache that is filled on the way."""
    program = (
        "import torch; from synth.vocoder.bigvgan.streaming.kernels import convolve; "
        "from synth.vocoder.bigvgan.streaming.machine import Crew, Kind, Operation, program_of; "
        "Crew(1).run([program_of([Operation(Kind.BARRIER)])], 1); print('ran')"
    )
    environment = os.environ | {"CC": "/bin/false", "CXX": "/bin/false", "PATH": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout == "ran\n", done.stderr
    assert list(tmp_path.rglob("*.nbc"))


def test_what_is_kept_compiled_goes_with_all_it_is_compiled_from() -> None:
    """numba looks at a function's own file and what it encloses: one that calls loops of another would be kept when
    they change."""
    from numba.core.caching import NullCache

    from synth.vocoder.bigvgan.streaming import kernels

    compiled = {name: value for name, value in vars(kernels).items() if hasattr(value, "py_func")}
    kept = [name for name, function in compiled.items() if not isinstance(function._cache, NullCache)]
    assert kept == ["run"]
    (enclosed,) = kernels.run.py_func.__closure__
    assert enclosed.cell_contents == kernels._stamp()
    sources = Path(kernels.__file__).parent.glob("*.py")
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sources}
    uses = {name for name, text in texts.items() if re.search(r"^(from|import) numba", text, re.MULTILINE)}
    assert set(kernels.COMPILED_FROM) == uses


def test_bench_measures_every_vocoder_at_every_block(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    threads = torch.get_num_threads()
    try:
        options = ["--seconds", "0.05", "--threads", "1", "--bfloat16", "--json"]
        assert main(["bench", "vocoder", "--weights", str(small), *options]) == 0
    finally:
        torch.set_num_threads(threads)
    result = json.loads(capsys.readouterr().out)
    assert result["weights"] == str(small)
    assert result["floor"] > 0
    names = ["spectral", *(f"bigvgan base 22 kHz, {how}" for how in ("streaming", "overlapping", "bfloat16"))]
    rows = [(r["vocoder"], r["block_frames"]) for r in result["rows"]]
    assert rows.pop(8) == ("bigvgan base 22 kHz, automaton beside", 8)
    assert rows == [(n, b) for n in names for b in (4, 8, 16, 32)]
    assert 0 < result["bfloat16_distance"]["log_mel_db"] < 3
    assert -70 < result["bfloat16_distance"]["waveform_db"] < -10
    for row in result["rows"]:
        assert 0 < row["median_ms"] <= row["p99_ms"]
        assert row["real_time_factor"] == pytest.approx(row["block_ms"] / row["median_ms"])
        assert row["latency_ms"] > row["block_ms"]
