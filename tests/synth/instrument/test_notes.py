"""Notes on an instrument: without a click, the same for any block size, silent after."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.instrument.events import Action, Event, HoldDrone, LoggedEvent, SetParameter
from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteOff,
    NoteOn,
)
from synth.presets.library import load
from tests.synth.instrument.played_notes import BLOCKS, PRESET, RATE, SPF, Audio, Timed, instrument, level_db, sound
from tests.synth.instrument.test_events import NOTE_EVENTS


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
