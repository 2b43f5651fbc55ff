"""A rendered piece begins and ends with the fades its controls ask for, on the sample."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.instrument.parameters.values import ParameterValues
from synth.output.render import Job, render
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset

RATE = 44100
PRESET = live_preset()


def piece(seconds: float, fade_in_s: float, fade_out_s: float) -> NDArray[np.float32]:
    controls = ParameterValues(volume_db=-12, fade_in_s=fade_in_s, fade_out_s=fade_out_s)
    return render(PRESET, SpectralVocoder(PRESET.mel), Job(seconds, RATE, controls))


@pytest.mark.parametrize(("fade_in_s", "fade_out_s"), [(0.4, 0.3), (0.04, 0.7)])
def test_the_envelope_is_the_fades_and_nothing_else(fade_in_s: float, fade_out_s: float) -> None:
    n, rise, fall = RATE, round(fade_in_s * RATE), round(fade_out_s * RATE)
    wanted = np.ones(n)
    wanted[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, rise + 1) / rise)
    wanted[n - fall :] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / fall)
    plain = piece(1.0, 0.005, 0.005)
    heard = slice(round(0.005 * RATE), n - round(0.005 * RATE))
    np.testing.assert_allclose(piece(1.0, fade_in_s, fade_out_s)[:, heard], (plain * wanted)[:, heard], atol=1e-6)


def test_it_ends_in_silence_even_when_it_is_shorter_than_its_fades() -> None:
    for sound in (piece(0.3, 0.005, 10.0), piece(0.5, 0.04, 0.12)):
        assert sound[:, -1] == pytest.approx(0, abs=1e-6)
        assert np.abs(sound).max() > 1e-3
