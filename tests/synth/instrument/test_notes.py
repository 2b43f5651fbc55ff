"""Notes on an instrument: in tune, at their sample, without a click, the same for any block size, silent after."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.instrument.events import Action, Event, HoldDrone, LoggedEvent, SetParameter, Tune, at_sample
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.tuning import Tuning
from synth.mel import FORMATS
from synth.presets.library import load
from synth.presets.model import Preset, Vibrato
from synth.vocoder.contract import samples_until
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.synth.instrument.test_events import NOTE_EVENTS

RATE, SPF = 44100, 512
PRESET = steady_preset(n_frames=43)
Audio = NDArray[np.float32]
Timed = tuple[int, Action]


def instrument(preset: Preset = PRESET, *, drone: bool = False, **controls: float) -> Instrument:
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE, ParameterValues(controls), Setup(seed=3))
    made.do(HoldDrone(drone))
    return made


def sound(played: Instrument, events: Sequence[Timed], n_frames: int, blocks: Sequence[int] = (4,)) -> Audio:
    """(2, N): events by their samples, in blocks of these sizes again and again."""
    fmt = played.preset.mel
    played.schedule(at_sample(sample, action, fmt, played.out_rate_hz) for sample, action in events)
    parts, done, i = [], 0, 0
    with torch.inference_mode():
        while done < n_frames:
            n = min(blocks[i % len(blocks)], n_frames - done)
            parts.append(played.process(n))
            done, i = done + n, i + 1
    return np.concatenate(parts, axis=1)


def level_db(x: Audio) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(x))) + 1e-12))


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


BLOCKS = st.lists(st.integers(1, 9), min_size=1, max_size=4)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40 * SPF), NOTE_EVENTS), max_size=14), BLOCKS)
def test_any_notes_at_any_sample_are_the_same_samples_for_any_block_size(
    events: list[Timed], blocks: list[int]
) -> None:
    one, other = (
        sound(instrument(drone=True, unison=2, glide_s=0.05, attack_s=0.02, release_s=0.1), events, 48, b)
        for b in ((48,), blocks)
    )
    assert np.isfinite(one).all()
    # Sums of oscillators in another order: the last bits of float32.
    np.testing.assert_allclose(one, other, atol=3e-6)


@pytest.mark.parametrize("how", ["off", "all notes", "all sound", "pedal"])
def test_a_note_ends_in_true_silence(how: str) -> None:
    pedal, lifted = (ChannelExpression(0, "sustain", down) for down in (1.0, 0.0))
    ends: dict[str, list[Timed]] = {
        "off": [(9000, NoteOff(1))],
        "all notes": [(9000, AllNotesOff())],
        "all sound": [(100, pedal), (9000, AllSoundOff())],
        "pedal": [(100, pedal), (4000, NoteOff(1)), (9000, lifted)],
    }
    played = sound(instrument(release_s=0.1), [(500, NoteOn(1, 60, 0.8)), *ends[how]], 60)
    assert level_db(played[:, 6000:9000]) > -60
    silent_from = 9000 + round((0.1 if how != "all sound" else 0.0) * RATE) + 6 * SPF
    assert not played[:, silent_from:].any()


def test_notes_come_and_go_and_leave_the_drone_as_it_was() -> None:
    alone = sound(instrument(drone=True), [], 80)
    notes: list[Timed] = [
        (5000, NoteOn(1, 67, 0.9)),
        (9000, NoteOn(2, 71, 0.9)),
        (14000, NoteOff(1)),
        (15000, NoteOff(2)),
    ]
    played = sound(instrument(drone=True, release_s=0.05), notes, 80)
    np.testing.assert_array_equal(played[:, : 5000 - 2 * SPF], alone[:, : 5000 - 2 * SPF])
    assert np.abs(played - alone)[:, 6000:14000].max() > 0.01
    after = 15000 + round(0.05 * RATE) + 6 * SPF
    # −90 dBFS; sums in another order differ by less.
    assert np.abs(played - alone)[:, after:].max() < 10 ** (-90 / 20)


def test_the_drone_comes_and_goes() -> None:
    played = sound(instrument(drone=True), [(20 * SPF, HoldDrone(False)), (50 * SPF, HoldDrone(True))], 80)
    alone = sound(instrument(drone=True), [], 80)
    assert not played[:, 24 * SPF : 49 * SPF].any()
    # Lines between the partials are found anew, so samples differ and the sound does not.
    assert level_db(played[:, 55 * SPF :]) == pytest.approx(level_db(alone[:, 55 * SPF :]), abs=1.0)
    assert click_db(played) < -60


def click_db(x: Audio) -> float:
    """Peak above 13 kHz, where nothing steady is: a step of height A leaves about A / 4 there."""
    highpass = scipy.signal.firwin(255, 13000, fs=RATE, pass_zero=False)
    return float(20 * np.log10(np.abs(scipy.signal.fftconvolve(x, highpass[None], mode="valid", axes=1)).max() + 1e-12))


ROOT = 57
"""The preset's own note. Below it the vocoder adds partials up to the top, and from E on they reach 13 kHz."""
WHAT_MIGHT_CLICK: dict[str, tuple[dict[str, float], list[Timed]]] = {
    "stealing": ({"voice_limit": 2}, [(4000 + 1777 * i, NoteOn(i, ROOT + i % 8, 1.0)) for i in range(8)]),
    "restriking under the pedal": (
        {},
        [
            (0, ChannelExpression(0, "sustain", 1.0)),
            *((4000 + 3001 * i, NoteOn(i, ROOT, 1.0)) for i in range(6)),
            *((4900 + 3001 * i, NoteOff(i)) for i in range(6)),
        ],
    ),
    "mono notes": (
        {"voice_mode": 1, "glide_s": 0.03},
        [(4000 + 2500 * i, NoteOn(i, ROOT + 5 * i % 8, 1.0)) for i in range(9)],
    ),
    "bends": (
        {},
        [
            (4000, NoteOn(1, ROOT + 3, 1.0)),
            *((6000 + 1100 * i, ChannelExpression(0, "bend", (-1) ** i * 2.0)) for i in range(14)),
        ],
    ),
    "volume": (
        {},
        [
            (4000, NoteOn(1, ROOT, 1.0)),
            *((7000 + 1500 * i, ChannelExpression(0, "volume", float(i % 2))) for i in range(10)),
        ],
    ),
    "pan": (
        {},
        [
            (4000, NoteOn(1, ROOT, 1.0)),
            *((7000 + 1500 * i, ChannelExpression(0, "pan", (-1.0) ** i)) for i in range(10)),
        ],
    ),
    "ends": (
        {"release_s": 0.001},
        [(4000, NoteOn(1, ROOT, 1.0)), (9000, NoteOff(1)), (12000, NoteOn(2, 62, 1.0)), (18000, AllSoundOff())],
    ),
    "fewer voices": (
        {"voice_limit": 8},
        [*((4000, NoteOn(i, ROOT + i, 0.7)) for i in range(6)), (14000, SetParameter("voice_limit", 2.0))],
    ),
}


@pytest.mark.parametrize("what", WHAT_MIGHT_CLICK)
def test_nothing_that_is_played_clicks(what: str) -> None:
    controls, events = WHAT_MIGHT_CLICK[what]
    played = instrument()
    for id, value in controls.items():
        played.do(SetParameter(id, value))
    x = sound(played, events, 60)
    assert level_db(x[:, 5000:20000]) > -50
    assert click_db(x) < -60


def test_velocity_volume_pan_and_the_soft_pedal_are_heard() -> None:
    def levels(*events: Timed) -> NDArray[np.float64]:
        played = sound(instrument(velocity_level=1.0), [*events, (1000, NoteOn(1, 60, 0.8))], 40)
        return np.array([level_db(side[10000:]) for side in played])

    plain = levels()
    assert levels((900, ChannelExpression(0, "volume", 0.5))) - plain == pytest.approx(-12.04, abs=0.1)
    # 5 dB softer; and darker, which keeps the loudness, not the level.
    assert levels((900, ChannelExpression(0, "soft", 1.0))) - plain == pytest.approx(-6.5, abs=2.0)
    left, right = levels((900, ChannelExpression(0, "pan", -1.0))) - plain
    assert left == pytest.approx(3.01, abs=0.1) and right < -60
    played = sound(instrument(velocity_level=1.0), [(1000, NoteOn(1, 60, 0.4))], 40)
    # Half the velocity: 12 dB less, and a little darker, which keeps the loudness, not the level.
    assert level_db(played[:, 10000:]) - plain.mean() == pytest.approx(-13, abs=1.5)


def test_a_preset_without_a_pitch_answers_keys_as_much_as_it_should() -> None:
    wind = replace(load("wind"), root_hz=0.0)

    def centroid_hz(key: int, follow: float) -> float:
        x = sound(instrument(wind, key_follow=follow, velocity_tilt_db=0), [(0, NoteOn(1, key, 0.8))], 120)
        hz, power = scipy.signal.welch(x[0, 8000:], RATE, nperseg=4096)
        return float((hz * power).sum() / power.sum())

    low, middle, high = (centroid_hz(key, 1.0) for key in (53, 60, 67))
    assert low < 0.85 * middle and high > 1.15 * middle
    assert centroid_hz(84, 0.0) == pytest.approx(middle, rel=1e-6)


def test_voices_at_places_of_their_own_read_other_columns() -> None:
    grown = load("violin")
    at = [
        sound(instrument(grown, voice_start=1, voice_place=place), [(0, NoteOn(1, 60, 0.8))], 20)
        for place in (0.0, 0.5)
    ]
    assert np.abs(at[0] - at[1]).max() > 1e-3


def test_a_recording_s_decay_is_heard_as_much_as_it_should() -> None:
    fading = replace(PRESET, decay_db_per_s=torch.full((80,), -20.0))
    events: list[Timed] = [(0, NoteOn(1, 60, 0.8))]
    levels = {}
    for amount in (0.0, 0.5, 1.0):
        x = sound(instrument(fading, contour_decay=amount), events, 120)
        levels[amount] = level_db(x[:, 50000:55000]) - level_db(x[:, 10000:15000])
    seconds = 40000 / RATE
    assert levels[0.5] - levels[0.0] == pytest.approx(-10 * seconds, abs=0.5)
    assert levels[1.0] - levels[0.0] == pytest.approx(-20 * seconds, abs=0.5)


def test_late_events_are_done_at_once_and_events_of_a_frame_in_their_order() -> None:
    played = instrument()
    played.process(5)
    played.schedule([Event(5, NoteOff(1), 0.8), Event(5, NoteOn(1, 60, 1.0), 0.2), Event(2, NoteOn(2, 64, 1.0), 0.9)])
    played.process(1)
    assert played.voices.keys == (64,)


def test_the_log_says_in_which_part_of_a_frame_a_note_began() -> None:
    played = instrument()
    told: list[LoggedEvent] = []
    played.listener = told.append
    played.schedule([Event(3, NoteOn(1, 60, 1.0), 0.25)])
    played.process(5)
    assert [(e.frame, e.share) for e in told] == [(3, 0.25)]


def test_a_view_tells_the_keys_that_a_pedal_or_a_latch_still_holds() -> None:
    played = instrument(sustain=1.0)

    def seen(*actions: Action) -> tuple[int, ...]:
        for action in actions:
            played.send(action)
        played.process(2)
        return played.view(hidden=False, out_delay_s=0.0).keys

    assert seen(NoteOn(1, 64, 0.8, 2), NoteOn(2, 60, 0.8), ChannelExpression(2, "sustain", 1.0)) == (60, 64)
    assert seen(NoteOff(1), NoteOff(2)) == (64,), "the pedal is another channel's for 60"
    assert seen(ChannelExpression(2, "sustain", 0.0)) == ()
    assert seen(SetParameter("latch", True), NoteOn(3, 72, 0.8), NoteOff(3)) == (72,)
    assert seen(AllSoundOff()) == ()


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
