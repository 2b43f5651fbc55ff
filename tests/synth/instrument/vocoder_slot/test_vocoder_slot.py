"""Changing the vocoder while it plays: the culture goes on, the sound never breaks, and what is too slow is left."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import live_setup, ready_instrument, ready_vocoder
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.contract import VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.end_fades import between_fades, fade_length
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, wait_until
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save


class Slow(SpectralVocoder):
    """Takes half as long again as the frames last."""

    name = "slow double"

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        time.sleep(1.5 * voices.columns.shape[3] / self.format.frames_per_second)
        return super().process_voices(voices, spread)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)
    return save(tmp_path_factory.mktemp("bigvgan") / "base", config, package_model(config))


def instrument(rate_hz: int = RATE) -> Instrument:
    return Instrument(PRESET, SpectralVocoder(PRESET.mel), rate_hz, setup=live_setup(PRESET, dtype=torch.float32))


def largest_jump(audio: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.abs(np.diff(audio, axis=-1)).max())


@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_a_change_jumps_no_further_than_playing_on_and_leaves_no_gap(rate_hz: int) -> None:
    """Other phases of the same sound, mixed at equal power; the culture and the playhead are those of the other run."""
    alone, changed = instrument(rate_hz), instrument(rate_hz)
    twin = SpectralVocoder(PRESET.mel)
    twin.prepare(PRESET, rate_hz, n_heads=2, seed=1)
    with torch.inference_mode():
        for each in (alone, changed):
            each.warm_up()
            each.process(40)
        changed.change_vocoder(twin)
        plain = np.concatenate([alone.process(2) for _ in range(40)], axis=1)
        faded = np.concatenate([changed.process(2) for _ in range(40)], axis=1)
    assert not changed.changing
    assert changed.vocoder is twin
    assert torch.equal(alone.culture.grid(), changed.culture.grid())
    assert alone.playhead.place == changed.playhead.place
    assert abs(plain.shape[1] - faded.shape[1]) <= 2
    assert largest_jump(faded) < 1.5 * largest_jump(plain)
    # The culture has quiet places of its own: 50 ms of it against the same 50 ms.
    levels = [np.square(x[:, : 18 * 2205]).reshape(2, 18, 2205).mean(2) for x in (plain, faded)]
    assert (levels[1] > 0.3 * levels[0]).all()


def test_a_change_and_back_during_play_leaves_no_gap_and_the_take_is_what_was_sent(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    first = ready_instrument(PRESET, RATE, ParameterValues(), "spectral")[0]
    bigvgan, reason, spare = ready_vocoder(PRESET, RATE, "bigvgan")
    assert isinstance(bigvgan, LiveBigVGANVocoder)
    spectral, _, none = ready_vocoder(PRESET, RATE, "spectral")
    assert spare is not None
    assert none is None
    engine = Engine(first, playing=True, open_device=open_device, sample_format="float32")
    engine.start()
    try:
        wait_until(lambda: np.abs(sink.audio).max(initial=0) > 0.02)
        engine.record(tmp_path / "take.wav")
        culture, steps = first.culture, first.culture.steps
        engine.change_vocoder(bigvgan, reason, None, PRESET.name)
        wait_until(lambda: first.vocoder is bigvgan and not first.changing)
        assert str(small) in engine.status().vocoder
        engine.change_vocoder(spectral, "as asked", None, "another preset")
        engine.change_vocoder(spectral, "back", None, PRESET.name)
        wait_until(lambda: first.vocoder is spectral and not first.changing)
        assert "back" in engine.status().vocoder
        engine.stop_recording()
        wait_until(lambda: engine.status().last_take is not None)
    finally:
        engine.close()
    assert first.culture is culture
    assert culture.steps > steps
    take = soundfile.read(tmp_path / "take.wav", dtype="float32")[0]
    sent = sink.audio
    fade = fade_length(RATE)
    start = next(i for i in range(len(sent)) if np.array_equal(sent[i : i + 64], take[fade : fade + 64])) - fade
    np.testing.assert_array_equal(between_fades(sent[start : start + len(take)], RATE), between_fades(take, RATE))
    if engine.status().underruns == 0:
        take = between_fades(take, RATE)
        assert np.abs(take).max(axis=1).reshape(-1)[: len(take) // 441 * 441].reshape(-1, 441).max(1).min() > 1e-4


def test_a_vocoder_that_cannot_keep_up_is_left_for_its_spare_in_words() -> None:
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    slow = Instrument(PRESET, Slow(PRESET.mel), RATE)
    slow.vocoders.spare = SpectralVocoder(PRESET.mel)
    slow.vocoders.spare.prepare(PRESET, RATE, n_heads=2)
    engine = Engine(slow, playing=True, open_device=open_device)
    engine.start()
    try:
        wait_until(lambda: slow.vocoder.name == "spectral" and not slow.changing)
        # On a busy machine other sentences may have come since.
        assert any("slow double could not keep up" in notice.text for notice in engine.status().notices)
        assert "did not keep up" in engine.status().vocoder
        assert slow.vocoders.spare is None
    finally:
        engine.close()
