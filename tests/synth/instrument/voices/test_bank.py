"""The voice bank: what each voice reads and how it is played, at the right moment."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.instrument.note_events import (
    AllSoundOff,
    ChannelExpression,
    NoteExpression,
    NoteOff,
)
from synth.instrument.voices.contour import Contour, ContourAmounts
from synth.instrument.voices.envelope import EnvelopeShape
from synth.instrument.voices.glide import GlideSettings
from synth.instrument.voices.notes import VoiceSettings
from tests.synth.instrument.voices.banks import EQUAL, FLAT, FPS, FRAME_S, LEAD_S, PLAIN, STROKE_DB, STRUCK, M, bank, on


def test_a_note_begins_at_its_moment_and_its_frames_are_those_heard_when_they_are() -> None:
    voices, controls = bank(), replace(PLAIN, envelope=EnvelopeShape(attack_s=0.2, attack_curve=0.0))
    onset = 0.4 * FRAME_S
    voices.handle(on(0), controls, onset)
    struck = voices.struck(controls, LEAD_S)
    assert struck is not None and struck.path is not None and voices.struck(controls, LEAD_S) is None
    assert [(start.slot, start.share) for start in struck.starts] == [(0, pytest.approx(0.4))]

    def level(frames: float) -> float:
        """An attack this slow is followed from its beginning."""
        return min(1.0, max(0.0, (frames * FRAME_S + LEAD_S - onset) / 0.2))

    # The three frames before the first one that knows of the note.
    for side in struck.path[0]:
        assert side.tolist() == pytest.approx([level(-2.5), level(-1.5), level(-0.5)])
    for i in range(20):
        assert voices.frame(controls, LEAD_S).gain[0].tolist() == pytest.approx([level(i + 0.5)] * 2)


def test_a_quick_attack_is_over_by_the_time_the_first_frame_is_heard() -> None:
    voices, controls = bank(), replace(PLAIN, envelope=EnvelopeShape(attack_s=0.005))
    voices.handle(on(0), controls, 0.9 * FRAME_S)
    struck = voices.struck(controls, LEAD_S)
    # And held from the onset on, which a straight line from silence would blur.
    assert struck is not None and struck.path is not None and struck.path.tolist() == [[[1.0] * 3] * 2]
    assert voices.frame(controls, LEAD_S).gain.tolist() == [[1.0, 1.0]]


def test_a_note_let_go_fades_from_its_moment_and_its_slot_is_free_when_it_is_silent() -> None:
    voices = bank()
    voices.handle(on(0), PLAIN)
    for _ in range(5):
        voices.frame(PLAIN, LEAD_S)
    end = 0.7 * FRAME_S
    voices.handle(NoteOff(0), PLAIN, end)
    for i in range(30):
        frame = voices.frame(PLAIN, LEAD_S)
        expected = 1 - ((i + 0.5) * FRAME_S + LEAD_S - end) / 0.2
        assert frame.gain[0, 0] == pytest.approx(min(1.0, max(0.0, expected)))
        if frame.ended:
            assert expected <= 0 and frame.ended == (0,)
            break
    assert voices.silent and len(voices.frame(PLAIN, LEAD_S).slots) == 0


def test_every_key_has_the_tuning_s_pitch_and_all_that_bends_it_adds_up() -> None:
    voices, controls = bank(), replace(PLAIN, transpose=-0.25)
    for i, key in enumerate((36, 60, 96)):
        voices.handle(on(i, key, channel=i), controls)
    voices.handle(NoteExpression(1, "bend", 3.0), controls)
    voices.handle(ChannelExpression(2, "bend", -2.0), controls)
    assert voices.frame(controls).pitch.tolist() == [35.75, 62.75, 93.75]


def test_another_tuning_moves_what_sounds_and_silent_keys_start_nothing() -> None:
    voices = bank()
    voices.handle(on(0, 60), PLAIN)
    table = EQUAL + 0.3
    table[61] = math.nan
    voices.tune(table)
    voices.handle(on(1, 61), PLAIN)
    voices.handle(on(2, 500), PLAIN)
    voices.handle(on(3, 62), PLAIN)
    assert voices.frame(PLAIN).pitch.tolist() == pytest.approx([60.3, 62.3])
    table = EQUAL.copy()
    table[60] = math.nan
    voices.tune(table)
    assert voices.frame(PLAIN).pitch.tolist() == pytest.approx([60.3, 62.0])


def test_unison_voices_are_detuned_spread_and_glide_together() -> None:
    how = replace(
        PLAIN,
        voices=VoiceSettings(unison=3),
        detune_cents=40.0,
        expression=replace(FLAT, spread=1.0),
        glide=GlideSettings(0.1, "always"),
    )
    voices = bank()
    voices.handle(on(0, 60), how)
    assert voices.frame(how).pitch == pytest.approx([59.8, 60.0, 60.2])
    for _ in range(20):
        voices.frame(how)
    voices.handle(NoteOff(0), how)
    voices.handle(on(1, 72), how)
    frame = voices.frame(how)
    middle = 60 + 12 * 0.5 * FRAME_S / 0.1
    assert frame.pitch[3:] == pytest.approx([middle - 0.2, middle, middle + 0.2])
    gains = frame.gain[3:]
    assert (gains**2).sum() == pytest.approx(2.0)
    assert gains[0, 1] == pytest.approx(0, abs=1e-12) and gains[2, 0] == pytest.approx(0, abs=1e-12)


def test_legato_glides_in_one_voice_and_does_not_begin_anew() -> None:
    how = replace(PLAIN, voices=VoiceSettings("legato"), glide=GlideSettings(0.2))
    voices = bank(STRUCK)
    voices.handle(on(0, 60), how)
    assert voices.struck(how) is not None
    for _ in range(4):
        voices.frame(how)
    voices.handle(on(1, 72), how)
    assert voices.struck(how) is None
    frame = voices.frame(how)
    assert frame.slots.tolist() == [0]
    assert frame.pitch[0] == pytest.approx(60 + 12 * 0.5 * FRAME_S / 0.2)
    age = 4.5
    np.testing.assert_allclose(frame.contour, STRUCK.offsets(np.array([age]), np.array([-1.0]), ContourAmounts()))


def test_the_contour_follows_the_note_s_age_as_it_is_heard_and_three_frames_lead_into_it() -> None:
    voices, onset = bank(STRUCK), 0.25 * FRAME_S
    voices.handle(on(0), PLAIN, onset)

    def assert_row(row: NDArray[np.float64], age: float, released: float = -1.0) -> None:
        expected = STRUCK.offsets(np.array([age]), np.array([released]), ContourAmounts())[0]
        np.testing.assert_allclose(row, expected, atol=1e-12)

    first = 0.5 - 0.25 + LEAD_S * FPS
    struck = voices.struck(PLAIN, LEAD_S)
    assert struck is not None and struck.lead is not None
    for row, back in ((struck.lead[0, 0], 3), (struck.lead[0, 1], 2), (struck.contour[0], 1)):
        assert_row(row, first - back)
    for i in range(10):
        if i == 5:
            voices.handle(NoteOff(0), PLAIN)
        assert_row(voices.frame(PLAIN, LEAD_S).contour[0], first + i, first + i - 4.75 if i >= 5 else -1.0)


def test_a_struck_note_that_has_died_away_frees_its_voice_although_the_key_is_down() -> None:
    voices = bank(STRUCK)
    voices.handle(on(0), PLAIN)
    # After an attack of 20 frames, its loudest row has so far to fall at 40 dB per second until it is 78 dB down.
    expected = round(20 + (9 * 8.685889638 + STROKE_DB[-1].max()) / 40 * FPS)
    n = next(i for i in range(1000) if voices.frame(PLAIN).ended)
    assert abs(n - expected) <= 1 and voices.silent
    voices.handle(NoteOff(0), PLAIN)
    assert not voices.state.allocator.held


def test_an_attack_that_begins_in_silence_is_no_note_that_died_away() -> None:
    rising = np.linspace(-100, 0, 30)[:, None] * np.ones(M)
    voices = bank(Contour(M, FPS, rising))
    voices.handle(on(0), PLAIN)
    for _ in range(60):
        assert not voices.frame(PLAIN).ended


def test_a_stolen_voice_s_slot_begins_anew_and_all_sound_off_frees() -> None:
    how = replace(PLAIN, voices=VoiceSettings(limit=2))
    voices = bank()
    for i in range(2):
        voices.handle(on(i, 60 + i), how)
    voices.frame(how)
    voices.handle(on(2, 62), how)
    struck = voices.struck(how)
    assert struck is not None and [s.slot for s in struck.starts] == [0] and voices.frame(how).freed == ()
    voices.handle(AllSoundOff(), how)
    frame = voices.frame(how)
    assert frame.freed == (0, 1) and voices.silent


def test_a_smaller_limit_silences_voices_at_once() -> None:
    voices = bank()
    for i in range(5):
        voices.handle(on(i, 60 + i), PLAIN)
    voices.frame(PLAIN)
    fewer = replace(PLAIN, voices=VoiceSettings(limit=2))
    voices.settle(fewer)
    frame = voices.frame(fewer)
    assert frame.freed == (0, 1, 2) and frame.pitch.tolist() == [63.0, 64.0]


def test_a_keyboard_is_told_what_is_held() -> None:
    voices = bank()
    for i, key in enumerate((64, 60, 67)):
        voices.handle(on(i, key), PLAIN)
    voices.handle(NoteOff(1), PLAIN)
    voices.frame(PLAIN)
    assert voices.keys == (64, 67)


def test_an_id_that_is_used_again_is_another_note() -> None:
    voices = bank()
    voices.handle(on(7), PLAIN)
    voices.handle(NoteExpression(7, "bend", 2.0), PLAIN)
    voices.handle(NoteOff(7), PLAIN)
    voices.handle(NoteExpression(7, "bend", 1.0), PLAIN)
    assert voices.frame(PLAIN).pitch.tolist() == [61.0]
    voices.handle(on(7, 64), PLAIN)
    assert voices.frame(PLAIN).pitch.tolist() == [61.0, 64.0]
