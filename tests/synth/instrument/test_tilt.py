"""Tilt: a straight line over octaves through 1 kHz, as loud as before, and nothing at all at 0."""

from functools import lru_cache

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import torch
from numpy.typing import NDArray

from synth.instrument.events import Event, HoldDrone, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.reading.tilt import Tilt, turned
from synth.mel import LOG_MEL_FLOOR, log_mel_from_grid
from synth.output.render import Job, render
from synth.presets.library import load
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import cropped, live_preset

RATE = 44100
PRESET = live_preset(activity=0.1)
COLUMNS = log_mel_from_grid(PRESET.state[0].T, PRESET.reference_db)


@lru_cache(maxsize=16)
def sound(name: str, tilt_db: float, seconds: float = 2.0) -> NDArray[np.float32]:
    preset = cropped(load(name))
    # Quiet, so that the limiter stays out of it.
    return render(
        preset, SpectralVocoder(preset.mel), Job(seconds, controls=ParameterValues(tilt_db=tilt_db, volume_db=-12))
    )


@pytest.mark.parametrize("tilt_db", [-6.0, 3.0])
def test_a_noise_is_turned_by_so_many_db_per_octave(tilt_db: float) -> None:
    hz, plain = scipy.signal.welch(sound("ocean", 0.0).mean(0), RATE, nperseg=8192)
    _, turned = scipy.signal.welch(sound("ocean", tilt_db).mean(0), RATE, nperseg=8192)
    line_db = tilt_db * np.log2(np.maximum(hz, 1) / 1000)

    def octaves_db(power: NDArray[np.float64]) -> NDArray[np.float64]:
        centres = [250, 500, 1000, 2000, 4000]
        return np.array([10 * np.log10(power[(hz >= c / 2**0.5) & (hz < c * 2**0.5)].sum()) for c in centres])

    gains = octaves_db(turned) - octaves_db(plain * 10 ** (line_db / 10))
    # One gain for all, which keeps the loudness; rows 37 Hz wide and more make stairs of the line.
    assert gains == pytest.approx(gains.mean(), abs=0.4)


@pytest.mark.parametrize("tilt_db", [-6.0, 6.0])
def test_the_line_goes_on_above_what_the_mel_tells(tilt_db: float) -> None:
    hz, plain = scipy.signal.welch(sound("ocean", 0.0).mean(0), RATE, nperseg=8192)
    _, turned = scipy.signal.welch(sound("ocean", tilt_db).mean(0), RATE, nperseg=8192)
    moved_db = 10 * np.log10(turned / plain) - tilt_db * np.log2(np.maximum(hz, 1) / 1000)
    below, *above = (
        np.median(moved_db[(hz >= low) & (hz < low * 2 ** (1 / 3))]) for low in (5040, 8000, 10_080, 12_700)
    )
    # Half of a third of an octave is a dB; what the preset makes of a tilted column was 6 to 19 dB off.
    assert above == pytest.approx([below] * 3, abs=1.0)


def test_notes_have_the_air_of_the_drone() -> None:
    preset = cropped(load("violin"))

    def top_db(tilt_db: float, drone: bool) -> float:
        controls = ParameterValues(tilt_db=tilt_db, velocity_tilt_db=0)
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls)
        instrument.do(HoldDrone(drone))
        instrument.schedule(() if drone else (Event(0, NoteOn(1, 69, 1.0)),))
        with torch.inference_mode():
            made = instrument.process(60)[0, RATE // 4 :]
        hz, power = scipy.signal.welch(made, RATE, nperseg=4096)
        return float(10 * np.log10(power[(hz > 8500) & (hz < 10_000)].sum() / power[(hz > 6000) & (hz < 7500)].sum()))

    drone, note = (top_db(6.0, of) - top_db(0.0, of) for of in (True, False))
    # Half an octave higher: 2.9 dB. It was 8 dB less.
    assert drone == pytest.approx(6 * np.log2(9200 / 6700), abs=1.0)
    assert note == pytest.approx(drone, abs=1.0)


@pytest.mark.parametrize("name", ["ocean", "violin", "temple_bell"])
def test_tilting_all_the_way_leaves_the_loudness_within_two_lu(name: str) -> None:
    meter = pyloudnorm.Meter(RATE)
    plain, dark, bright = (meter.integrated_loudness(sound(name, tilt).T) for tilt in (0.0, -6.0, 6.0))
    assert dark == pytest.approx(plain, abs=2.0)
    assert bright == pytest.approx(plain, abs=2.0)


def test_at_zero_columns_are_the_very_same_and_tilted_ones_are_not() -> None:
    assert turned(COLUMNS, Tilt(PRESET, COLUMNS, 0.0).offsets) is COLUMNS
    assert (turned(COLUMNS, Tilt(PRESET, COLUMNS, 3.0).offsets) - COLUMNS).abs().max() > 0.5


def test_back_at_zero_the_sound_is_what_it_would_have_been() -> None:
    def ending(events: tuple[Event, ...]) -> NDArray[np.float32]:
        instrument = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, setup=Setup(seed=1))
        instrument.schedule(events)
        with torch.inference_mode():
            instrument.process(70)
            return instrument.process(20)

    turned = Event(4, SetParameter("tilt_db", 5.0)), Event(12, SetParameter("tilt_db", 0.0))
    # The oscillators' phases are sums in another order: the last bit of float32.
    np.testing.assert_allclose(ending(turned), ending(()), atol=1e-6)


def test_a_change_glides_and_arrives() -> None:
    tilt = Tilt(PRESET, COLUMNS, 0.0)
    path = [0.0]
    while tilt.advance(6.0):
        path.append(tilt.now)
    assert tilt.now == 6.0
    # A third of the way per frame: 35 ms.
    assert np.diff(path).max() == pytest.approx(2.0)
    assert len(path) < 30


def test_silence_stays_silent() -> None:
    silent = torch.full((2, PRESET.mel.n_mels), LOG_MEL_FLOOR)
    assert torch.equal(turned(silent, Tilt(PRESET, COLUMNS, 6.0).offsets), silent)
    nothing = torch.full_like(COLUMNS, LOG_MEL_FLOOR)
    assert turned(COLUMNS, Tilt(PRESET, nothing, -6.0).offsets).isfinite().all()
