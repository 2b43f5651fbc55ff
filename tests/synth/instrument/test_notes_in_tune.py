"""Notes at the pitch that their key, tuning and bends say, begun at their very sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.instrument.events import Tune, at_sample
from synth.instrument.note_events import (
    ChannelExpression,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.instrument.tuning import Tuning
from synth.mel import FORMATS
from synth.presets.library import load
from synth.presets.model import Vibrato
from synth.vocoder.contract import samples_until
from tests.synth.instrument.played_notes import PRESET, RATE, SPF, Audio, Timed, instrument, sound


def strongest_hz(x: Audio, near_hz: float) -> float:
    """Frequency of the peak next to `near_hz`, by a parabola through a Blackman window's logarithm: to 0.01 bins."""
    n = len(x)
    spectrum = np.log(np.abs(np.fft.rfft(x * np.blackman(n), 4 * n)) + 1e-12)
    near = round(near_hz * 4 * n / RATE)
    width = max(4, round(near * 0.02))
    k = near - width + int(spectrum[near - width : near + width].argmax())
    a, b, c = spectrum[k - 1 : k + 2]
    return float((k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / (4 * n))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        *((key, "") for key in range(36, 97, 6)),
        (36, "violin"),
        (96, "violin"),
        (60, "organ"),
        (50, "flute"),
    ],
)
def test_every_key_is_within_two_cents_of_its_tuning(key: int, name: str) -> None:
    preset = replace(load(name), vibrato=Vibrato()) if name else PRESET
    played = sound(instrument(preset, velocity_tilt_db=0), [(0, NoteOn(1, key, 0.8))], 140)
    expected = 440 * 2 ** ((key - 69) / 12)
    assert preset.partials is not None
    # The strongest stored partial; its place is a fact of the preset.
    partial_hz = float(preset.partials.hz[preset.partials.amplitude.argmax()])
    hz = partial_hz * expected / preset.root_hz
    cents = 1200 * np.log2(strongest_hz(played[0, SPF * 20 :], hz) / hz)
    assert abs(cents) < 2


def test_a_key_more_than_four_octaves_below_the_root_is_in_tune() -> None:
    glass = load("glass_harmonica")
    assert glass.partials is not None and glass.root_hz > 16 * 440 * 2 ** ((36 - 69) / 12)
    # Held still: a line that comes and goes has its strongest moment beside its pitch.
    narrow = replace(glass.partials, linewidth_hz=None, bandwidth_hz=torch.zeros_like(glass.partials.hz))
    still = replace(glass, vibrato=Vibrato(), partials=narrow)
    played = sound(instrument(still, frozen=True, playhead_speed=0.0, width=0.0), [(0, NoteOn(1, 36, 0.8))], 200)
    hz = float(glass.partials.hz[glass.partials.amplitude.argmax()]) * 440 * 2 ** ((36 - 69) / 12) / glass.root_hz
    assert abs(1200 * np.log2(strongest_hz(played[0, SPF * 80 :], hz) / hz)) < 2


def test_bends_of_note_and_channel_fine_tuning_and_another_tuning_add_up() -> None:
    stretched = Tuning("stretched", tuple(440 * 2 ** ((k - 69) * 1.01 / 12) for k in range(128)))
    events: list[Timed] = [
        (0, Tune(stretched)),
        (0, NoteOn(1, 81, 0.8, 2)),
        (0, NoteExpression(1, "bend", -3.0)),
        (0, ChannelExpression(2, "bend", 0.5)),
    ]
    played = sound(instrument(fine_cents=20.0, reference_hz=442.0), events, 140)
    hz = 442 * 2 ** ((12 * 1.01 - 3 + 0.5 + 0.2) / 12)
    assert abs(1200 * np.log2(strongest_hz(played[0, SPF * 20 :], hz) / hz)) < 2


@pytest.mark.parametrize("rate", [44100, 48000, 22050])
def test_an_event_at_a_sample_is_at_that_sample_of_its_frame(rate: int) -> None:
    fmt = FORMATS["22k80"]
    shortest = fmt.hop * rate // fmt.rate_hz
    for sample in range(0, 5000, 7):
        event = at_sample(sample, NoteOff(1), fmt, rate)
        begin = samples_until(event.frame, fmt, rate)
        assert begin <= sample < samples_until(event.frame + 1, fmt, rate)
        # Frames differ by a sample where a hop is no whole number of them.
        assert abs(begin + int(event.share * shortest) - sample) <= (0 if rate != 48000 else 1)


@pytest.mark.parametrize("onset", [0, 1, 300, 511, 512, 1700])
def test_partials_begin_at_the_very_sample(onset: int) -> None:
    # A culture of tones alone: the noise between them is 60 dB below.
    played = sound(instrument(attack_s=0.001), [(4096 + onset, NoteOn(1, 60, 1.0))], 24)
    loud = np.abs(played).max()
    first = int(np.flatnonzero(np.abs(played[0]) > 0.004 * loud)[0])
    # A ramp of 2 ms is at 0.4 % of its height after a few samples.
    assert 4096 + onset <= first <= 4096 + onset + 25


def test_an_instrument_begins_with_the_tuning_that_its_preset_suggests() -> None:
    """Key 69 at 450 Hz, heard within a tenth of a cent of it."""
    hz = tuple(450.0 if key == 69 else 100.0 for key in range(128))
    played = instrument(replace(PRESET, tuning=Tuning("odd", hz)))
    x = sound(played, [(0, NoteOn(1, 69, 0.8))], 200)[0, 20000:]
    n = 1 << 21
    spectrum = np.abs(np.fft.rfft(x * np.blackman(len(x)), n))
    near = np.arange(n // 2 + 1) * RATE / n
    band = (near > 430) & (near < 470)
    peak_hz = near[band][np.argmax(spectrum[band])]
    assert abs(1200 * np.log2(peak_hz / 450.0)) < 0.1
