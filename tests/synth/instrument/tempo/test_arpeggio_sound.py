"""The arpeggiator in an instrument: at its samples, the same in any block size, rendered again, and then silent."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.engine.takes.replay import Replay
from synth.instrument.events import Event, HoldDrone, LoggedEvent, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import AllSoundOff, ChannelExpression, NoteEvent, NoteOff, NoteOn, SongPosition
from synth.instrument.parameters.note_lengths import note_length
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.takes.performance import load_performance
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.performances import OfflineTake
from tests.synth.instrument.played_notes import BLOCKS, PRESET, RATE, SPF, Audio, Timed, sound


def arpeggiated(*, drone: bool = False, **controls: float) -> Instrument:
    values = {"arp_on": True, "attack_s": 0.001, "release_s": 0.005, **controls}
    made = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, ParameterValues(values), Setup(seed=3))
    made.do(HoldDrone(drone))
    return made


def onsets(played: Audio) -> list[int]:
    """The first sample of each sound that begins in digital silence of 30 ms and more."""
    loud = np.flatnonzero(played[0])
    after_silence = np.diff(loud, prepend=-RATE) > 0.03 * RATE
    found: list[int] = loud[after_silence].tolist()
    return found


@pytest.mark.parametrize(
    ("bpm", "rate", "swing", "first"),
    [(120.0, "1/8", 0.5, 1000), (97.3, "1/8T", 0.5, 0), (133.3, "1/8", 0.66, 3111), (300.0, "1/4", 0.75, 511)],
)
def test_every_note_begins_at_the_sample_of_the_formula(bpm: float, rate: str, swing: float, first: int) -> None:
    controls = {"tempo_bpm": bpm, "arp_rate": note_length(rate), "arp_swing": swing, "arp_gate": 0.1}
    n_frames = 160
    played = sound(arpeggiated(**controls), [(first, NoteOn(1, 60, 1.0)), (first, NoteOn(2, 64, 1.0))], n_frames)
    beats = {"1/8": 1 / 2, "1/8T": 1 / 3, "1/4": 1.0}[rate]
    step = RATE * 60 / bpm * beats
    # The key's event lies in the middle of its sample.
    expected = [first + 0.5 + step * (2 * (k // 2) + (k % 2) * 2 * swing) for k in range(100)]
    expected = [at for at in expected if at < n_frames * SPF - 2]
    found = onsets(played)
    assert len(found) == len(expected) >= 5
    # A sine's first sample may be 0; nothing sounds before the sample in which the moment lies.
    assert all(int(at) <= begun <= int(at) + 1 for begun, at in zip(found, expected, strict=True))


def test_with_a_clock_from_outside_notes_begin_at_the_songs_samples() -> None:
    """The song is moved within frames, at samples that no frame begins with; 90 bpm, eighths."""
    events: list[Timed] = [(777, SongPosition(3.9, runs=True)), (900, NoteOn(1, 60, 1.0))]
    played = sound(arpeggiated(tempo_bpm=90.0, arp_rate=note_length("1/8"), arp_gate=0.1), events, 160)
    expected = [777.5 + (4 + 0.5 * k - 3.9) * RATE * 60 / 90 for k in range(6)]
    found = onsets(played)
    assert all(int(at) <= begun <= int(at) + 1 for begun, at in zip(found, expected, strict=True))


def test_nothing_sounds_otherwise_while_it_is_off() -> None:
    events: list[Timed] = [(0, NoteOn(1, 60, 0.8)), (5000, NoteOff(1)), (6000, SongPosition(7.0, runs=True))]
    plain = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE, setup=Setup(seed=3))
    other = Instrument(
        PRESET,
        SpectralVocoder(PRESET.mel),
        RATE,
        ParameterValues(arp_mode=4, arp_rate=2, arp_gate=0.3, arp_octaves=3, arp_swing=0.7),
        Setup(seed=3),
    )
    np.testing.assert_array_equal(sound(plain, events[:2], 30), sound(other, events, 30))


ANY_KEYS: st.SearchStrategy[NoteEvent] = st.one_of(
    st.builds(NoteOn, st.integers(0, 3), st.integers(50, 75), st.floats(0.1, 1), st.integers(0, 1)),
    st.builds(NoteOff, st.integers(0, 3)),
    st.builds(ChannelExpression, st.integers(0, 1), st.just("sustain"), st.sampled_from([0.0, 1.0])),
    st.builds(SongPosition, st.floats(-20, 20), st.booleans()),
)
TIMED = st.lists(st.tuples(st.integers(0, 30 * SPF), ANY_KEYS), max_size=10)
TURNS = st.lists(
    st.tuples(
        st.integers(0, 29),
        st.one_of(
            st.builds(SetParameter, st.sampled_from(["arp_on", "latch"]), st.booleans()),
            st.builds(SetParameter, st.just("arp_mode"), st.integers(0, 5)),
            st.builds(SetParameter, st.just("arp_rate"), st.integers(0, 8)),
            st.builds(SetParameter, st.just("arp_gate"), st.floats(0.05, 2)),
            st.builds(SetParameter, st.just("tempo_bpm"), st.floats(20, 300)),
            st.builds(SetParameter, st.just("voice_mode"), st.integers(0, 2)),
        ),
    ),
    max_size=6,
)
HASTY = {"tempo_bpm": 280.0, "arp_rate": note_length("1/32T"), "arp_gate": 1.2}


@settings(max_examples=6, deadline=None)
@given(TIMED, TURNS, BLOCKS)
def test_any_keys_sound_the_same_for_any_block_size_and_leave_nothing_hanging(
    timed: list[Timed], turns: list[tuple[int, SetParameter]], blocks: list[int]
) -> None:
    ends: list[Timed] = [(32 * SPF, NoteOff(i)) for i in range(4)]
    ends += [(32 * SPF, ChannelExpression(channel, "sustain", 0.0)) for channel in range(2)]
    heard = []
    for sizes in ((48,), blocks):
        made = arpeggiated(**HASTY)
        made.schedule(Event(frame, turn) for frame, turn in [*turns, (31, SetParameter("latch", False))])
        heard.append(sound(made, [*timed, *ends], 48, sizes))
        assert not made.arpeggiator.active and made.voices.silent and not made.voices.keys
    # Sums of oscillators in another order: the last bits of float32.
    np.testing.assert_allclose(heard[0], heard[1], atol=3e-6)
    assert not heard[0][:, 46 * SPF :].any()


@pytest.mark.parametrize("how", ["off", "panic", "let go"])
def test_however_it_ends_it_is_silent_at_once(how: str) -> None:
    made = arpeggiated(latch=True, arp_rate=note_length("4 bars"), arp_gate=2.0)
    events: list[Timed] = [(0, NoteOn(1, 60, 0.8)), (100, NoteOff(1))]
    if how == "panic":
        events.append((20 * SPF, AllSoundOff()))
    else:
        id = "arp_on" if how == "off" else "latch"
        made.schedule([Event(20, SetParameter(id, False))])
    played = sound(made, events, 40)
    assert np.abs(played[:, 18 * SPF : 19 * SPF]).max() > 1e-3
    assert not played[:, 30 * SPF :].any()
    assert not made.arpeggiator.active


def test_switched_on_under_held_and_latched_notes_it_takes_them_over() -> None:
    made = arpeggiated(arp_on=False, latch=True, arp_rate=note_length("1/8"), arp_gate=0.1)
    events: list[Timed] = [(0, NoteOn(1, 60, 0.8)), (0, NoteOn(2, 64, 0.8)), (300, NoteOff(2))]
    made.schedule([Event(40, SetParameter("arp_on", True))])
    played = sound(made, events, 120)
    assert made.voices.keys in ((), (60,), (64,))
    # Two seconds at 120 bpm: four eighths in a second, from frame 40 on.
    assert len(onsets(played[:, 42 * SPF :])) in (3, 4)
    assert [held.key for held in made.arpeggiator.state.keys] == [60, 64]


def test_legato_with_a_gate_beyond_the_step_never_begins_its_envelope_anew() -> None:
    """The level between steps stays: with a gate of half a step it falls to nothing."""

    def least(gate: float) -> float:
        made = arpeggiated(voice_mode=2, arp_gate=gate, arp_rate=note_length("1/8"), sustain=1.0)
        played = sound(made, [(0, NoteOn(1, 60, 0.8)), (0, NoteOn(2, 64, 0.8))], 60)[:, 20 * SPF :]
        # The louder side of each frame: on one side the heads of a wide sound may meet and cancel.
        return float(np.sqrt(np.square(played).reshape(2, -1, SPF).mean(axis=2)).max(axis=0).min())

    assert least(1.2) > 1e-3
    assert least(0.5) == 0


def test_the_log_has_the_keys_and_not_what_is_made_of_them() -> None:
    """Done again, the same events give the same notes."""
    log: list[LoggedEvent] = []
    made = arpeggiated(arp_mode=4, arp_rate=note_length("1/16"))
    made.listener = log.append
    events: list[Timed] = [(700, NoteOn(1, 60, 0.8)), (9000, NoteOn(2, 67, 0.4)), (20000, NoteOff(1))]
    first = sound(made, events, 60)
    assert [type(event.action) for event in log] == [NoteOn, NoteOn, NoteOff]
    again = arpeggiated(arp_mode=4, arp_rate=note_length("1/16"))
    again.schedule(Event(event.frame, event.action, event.share) for event in log)
    with torch.inference_mode():
        np.testing.assert_array_equal(first, np.concatenate([again.process(4) for _ in range(15)], axis=1))


def _spectral(name: str, preset: Preset) -> Vocoder:
    return SpectralVocoder(preset.mel)


def test_a_take_with_arpeggio_and_clock_is_rendered_to_the_bit(tmp_path: Path) -> None:
    """Begun in the middle of a step, with keys that the latch holds, a song that is moved and other tempos."""
    made = arpeggiated(drone=True, latch=True, arp_mode=4, arp_octaves=2, arp_gate=1.3, tempo_bpm=140.0)
    with torch.inference_mode():
        sound(made, [(0, NoteOn(0, 55, 0.8)), (10, NoteOn(1, 62, 0.5)), (5000, NoteOff(0))], 30)
        take = OfflineTake(tmp_path / "take.wav", made)
    blocks: Sequence[Sequence[SetParameter | NoteEvent]] = (
        [SongPosition(16.02, runs=True)],
        [NoteOn(2, 66, 0.7), NoteOff(1)],
        [SetParameter("tempo_bpm", 141.2), SongPosition(16.8, runs=True)],
        [SetParameter("arp_rate", 3.0), NoteOff(2)],
        [NoteOn(3, 50, 0.9), SongPosition(12.0, runs=False)],
        [SetParameter("arp_on", False)],
    )
    for actions in blocks:
        take.play(6, actions)
    kept = take.end()
    assert not take.notices
    # The take's own WAV is not needed: what it held is at hand.
    rendered = np.concatenate(list(Replay(load_performance(take.take), _spectral).sound()))
    np.testing.assert_array_equal(rendered[: len(kept)], kept)
    assert len(rendered) == len(kept) and np.abs(kept).max() > 0.01
