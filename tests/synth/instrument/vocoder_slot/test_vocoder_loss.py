"""A graphics card that fails in the middle: another vocoder plays on, within the block.

As in `test_device_loss` there is no card here: what fails is real code on the processor that is told it is elsewhere.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from synth.accelerator import accelerator, idle_card, nvidia_card_present
from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loading.choose_vocoder import choose_vocoder
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.bigvgan.streaming.eager import EagerStream
from synth.vocoder.bigvgan.streaming.graphed import GraphedStream
from synth.vocoder.bigvgan.streaming.plan import plan_of
from synth.vocoder.bigvgan.weights import load_generator
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, wait_until
from tests.synth.culture.test_failover import LOST, OUT_OF_MEMORY, again, sheltered
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, mel, package_model, save


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)
    return save(tmp_path_factory.mktemp("bigvgan") / "base", config, package_model(config))


@pytest.mark.parametrize("blocks", [(1, 2, 3), (7, 33, 4)])
def test_captured_blocks_make_any_block(small: Path, blocks: tuple[int, ...]) -> None:
    plan = plan_of(load_generator(small)[0])
    frames = torch.cat([mel(PRESET.mel, 60, seed) for seed in (0, 1)])
    sounds = []
    with torch.inference_mode():
        for stream in (EagerStream(plan, 2), GraphedStream(plan, 2, "cpu", again)):
            at, parts = 0, []
            for n in blocks:
                parts.append(stream.process(frames[:, :, at : at + n]))
                at += n
            parts.append(stream.process(frames[:1, :, at : at + 5]).expand(2, -1))
            sounds.append(torch.cat(parts, dim=1))
    torch.testing.assert_close(sounds[0], sounds[1], atol=1e-6, rtol=0)


class FailingStream(EagerStream):
    """Says it is on a card, and fails after so many blocks."""

    def __init__(self, generator: nn.Module, n_heads: int, after: int, error: RuntimeError) -> None:
        super().__init__(plan_of(generator), n_heads)
        self.device = "cuda"
        self.left, self._error = after, error

    def process(self, log_mel: Tensor) -> Tensor:
        self.left -= 1
        if self.left < 0:
            raise self._error
        return super().process(log_mel)


class Opener:
    """Opens failing streams, or the processor's when that is asked for."""

    def __init__(self, after: int, error: RuntimeError) -> None:
        self._after, self._error = after, error
        self.streams: list[EagerStream] = []

    def __call__(self, generator: nn.Module, n_heads: int, n_threads: int | None, device: str) -> EagerStream:
        if device == "cpu":
            stream = EagerStream(plan_of(generator), n_heads)
        else:
            stream = FailingStream(generator, n_heads, self._after, self._error)
        self.streams.append(stream)
        return stream


def on_a_card(small: Path, after: int, error: RuntimeError) -> Instrument:
    vocoder = LiveBigVGANVocoder(*load_generator(small), open_stream=Opener(after, error))
    with torch.no_grad():
        instrument = Instrument(PRESET, vocoder, RATE, ParameterValues())
        instrument.vocoders.spare = spectral()
    return instrument


def spectral() -> SpectralVocoder:
    spare = SpectralVocoder(PRESET.mel)
    spare.prepare(PRESET, RATE, n_heads=2)
    return spare


@torch.inference_mode()
def test_a_vocoder_whose_card_is_lost_is_replaced_within_the_block(small: Path) -> None:
    instrument = on_a_card(small, 40, LOST)
    shown, blocks, trouble, lost = [], [], "", 0
    for i in range(80):
        shown.append(instrument.view().playhead)
        blocks.append(instrument.process(2))
        if not trouble and (trouble := instrument.read_trouble()):
            lost = i
    assert instrument.vocoder.name == "spectral"
    assert instrument.vocoders.spare is None
    assert "unspecified launch failure" in trouble
    assert "\n" not in trouble
    assert [b.shape for b in blocks] == [(2, 1024)] * 80
    sound = np.concatenate(blocks, axis=1)
    assert np.isfinite(sound).all()
    # The place that is heard goes on without a jump, though the playhead no longer runs ahead.
    steps = np.diff(np.array(shown[20:])) % PRESET.n_frames
    np.testing.assert_allclose(steps, 2.0)
    # No click where one breaks off: its last sample decays from where it was.
    assert np.abs(sound[:, 1024 * lost] - sound[:, 1024 * lost - 1]).max() < 1e-4
    assert np.abs(sound[:, 1024 * lost - 1]).max() > 1e-3
    # After 30 ms the spare is there.
    assert np.abs(sound[:, 1024 * (lost + 3) :]).max() > 0.01


@torch.inference_mode()
@pytest.mark.parametrize("old_is_lost", [True, False])
def test_a_card_lost_in_the_middle_of_a_change_leaves_the_other_vocoder(small: Path, old_is_lost: bool) -> None:
    if old_is_lost:
        instrument = on_a_card(small, 40, OUT_OF_MEMORY)
        other: Any = spectral()
    else:
        instrument = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, ParameterValues())
        other = LiveBigVGANVocoder(*load_generator(small), open_stream=Opener(10, OUT_OF_MEMORY))
        other.prepare(PRESET, RATE, n_heads=2)
    shown, blocks = [], []
    for i in range(70):
        if i == 30:
            instrument.change_vocoder(other)
        shown.append(instrument.view().playhead)
        blocks.append(instrument.process(2))
    assert instrument.vocoder.name == "spectral"
    assert not instrument.changing
    assert "memory is full" in instrument.read_trouble()
    assert instrument.read_trouble() == ""
    np.testing.assert_allclose(np.diff(np.array(shown[20:])) % PRESET.n_frames, 2.0)
    assert all(np.isfinite(b).all() and b.shape == (2, 1024) for b in blocks)
    assert np.abs(blocks[-1]).max() > 1e-3


def test_a_card_without_room_for_the_first_block_leaves_the_vocoder_on_the_processor(small: Path) -> None:
    opener = Opener(0, OUT_OF_MEMORY)
    vocoder = LiveBigVGANVocoder(*load_generator(small), open_stream=opener)
    vocoder.prepare(PRESET, RATE, n_heads=2)
    assert [stream.device for stream in opener.streams] == ["cuda", "cpu"]
    assert vocoder.process(mel(PRESET.mel, 4).expand(2, -1, -1), torch.ones(2, 4)).shape == (2, 2048)


def test_a_fault_of_ours_is_not_taken_for_a_lost_card(small: Path) -> None:
    """On the processor a RuntimeError is a bug, and must not be hidden by another vocoder."""
    vocoder = LiveBigVGANVocoder(*load_generator(small))
    vocoder.prepare(PRESET, RATE, n_heads=2)

    def broken(log_mel: Tensor) -> Tensor:
        raise RuntimeError("shapes do not match")

    vocoder._opened.process = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="shapes do not match"):
        vocoder.process(mel(PRESET.mel, 4).expand(2, -1, -1), torch.ones(2, 4))


def test_a_shape_error_on_a_card_is_not_taken_for_a_lost_card(small: Path) -> None:
    vocoder = LiveBigVGANVocoder(*load_generator(small), open_stream=Opener(1, RuntimeError("shapes do not match")))
    # The first block is the silence it is prepared with.
    vocoder.prepare(PRESET, RATE, n_heads=2)
    assert vocoder._opened.device == "cuda"
    with pytest.raises(RuntimeError, match="shapes do not match"):
        vocoder.process(mel(PRESET.mel, 4).expand(2, -1, -1), torch.ones(2, 4))


def test_in_the_engine_a_lost_card_is_one_sentence_and_the_sound_goes_on(small: Path) -> None:
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    instrument = on_a_card(small, 60, LOST)
    away = sheltered(60, LOST)
    instrument.played.culture = away
    engine = Engine(instrument, playing=True, open_device=open_device, reason="as asked")
    engine.start()
    try:
        wait_until(lambda: instrument.vocoder.name == "spectral" and away.is_home)
        at, steps = engine.frames, away.steps
        wait_until(lambda: engine.frames > at + 40)
        status = engine.status()
    finally:
        engine.close()
    assert away.steps > steps
    texts = [notice.text for notice in status.notices if "graphics card" in notice.text]
    assert sum("the culture now lives on the processor" in text for text in texts) == 1
    assert sum("another vocoder plays on" in text for text in texts) == 1
    assert "graphics card was lost" in status.vocoder
    assert np.abs(sink.audio[-20000:-8000]).max() > 1e-3
    assert np.isfinite(sink.audio).all()


def test_an_nvidia_card_that_torch_cannot_use_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Path
) -> None:
    from synth import accelerator as module
    from synth.loading import calibration

    assert not nvidia_card_present(tmp_path / "none", tmp_path / "none")
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    assert nvidia_card_present(tmp_path / "none", tmp_path / "gpus")
    present: Callable[[], bool] = lambda: True  # noqa: E731
    monkeypatch.setattr(module, "nvidia_card_present", present)
    monkeypatch.setattr(calibration, "measured_speed", lambda *_: 1.0)
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if not accelerator():
        assert "petrichord doctor" in idle_card()
        assert "NVIDIA card that this torch cannot use" in choose_vocoder("auto", PRESET, live=True)[1]
