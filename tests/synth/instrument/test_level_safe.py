"""No grid makes the output unsafe: whatever a culture has come to, what is sent is finite and below the ceiling."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.engine.preset_cross_fade import PresetCrossFade
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loudness import true_peak_db
from synth.output.master import CEILING_DB, Master
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save

RATE = 44100
PRESET = live_preset()
GRIDS = {"all zero": 0.0, "saturated": 1e30, "far below": -1e30, "not a number": float("nan"), "infinite": float("inf")}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)
    return save(tmp_path_factory.mktemp("bigvgan") / "base", config, package_model(config))


def vocoder(name: str, small: Path) -> Vocoder:
    return SpectralVocoder(PRESET.mel) if name == "spectral" else LiveBigVGANVocoder.from_folder(small)


@torch.inference_mode()
@pytest.mark.parametrize("name", ["spectral", "bigvgan"])
@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_sent_is_finite_and_below_the_ceiling_whatever_the_grid(name: str, grid: str, small: Path) -> None:
    """Frozen, so that nothing heals; at full volume; the rescue, the vocoder's limit and the limiter stand between."""
    controls = ParameterValues(frozen=True, volume_db=12.0, width=1.0)
    instrument = Instrument(PRESET, vocoder(name, small), RATE, controls)
    cross_fade, master = PresetCrossFade(instrument), Master(RATE, controls)
    sent, rescued = [], []
    for block in range(90):
        if block == 30:
            saved = instrument.culture.save()
            state = saved.state.clone()
            state[:, 10:70] = GRIDS[grid]
            instrument.culture.restore(replace(saved, state=state))
        sound, ailment = cross_fade.process(2)
        rescued.append(ailment)
        sent.append(master.process(sound))
    audio = np.concatenate(sent, axis=1)
    assert np.isfinite(audio).all()
    assert true_peak_db(audio, RATE) <= CEILING_DB + 0.1
    # It was played at all, before; and what cannot heal is rescued within a block.
    assert np.abs(audio[:, : 20 * 1024]).max() > 0.01
    assert any(rescued) == (grid != "all zero")
    if any(rescued):
        assert rescued.index(next(filter(None, rescued))) == 30
