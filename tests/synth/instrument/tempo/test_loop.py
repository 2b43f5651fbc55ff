"""The playhead's loop in time with the song: by the formula, at any speed, and along with a song that is moved."""

import pytest

from synth.instrument.events import Event, SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import SongPosition
from synth.instrument.parameters.note_lengths import note_length
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from tests.doubles.cultures import steady_preset
from tests.doubles.instruments import Echo

PRESET = steady_preset(n_frames=86)
FPS = 22050 / 256


def instrument(**controls: float) -> Instrument:
    return Instrument(PRESET, Echo(PRESET.mel, 0), 44100, ParameterValues(controls), Setup(seed=3))


@pytest.mark.parametrize(
    ("length", "beats", "bpm", "speed"),
    [("1 bar", 4.0, 120.0, 1.0), ("1/4.", 1.5, 77.0, -2.0), ("4 bars", 16.0, 300.0, 0.5), ("1/32T", 1 / 12, 20.0, 1.0)],
)
def test_the_loop_lasts_as_long_as_its_note(length: str, beats: float, bpm: float, speed: float) -> None:
    row = PARAMETERS["loop_length"]
    played = instrument(loop_length=row.parse(length), tempo_bpm=bpm, playhead_speed=speed)
    n = 50
    played.process(n)
    turns = speed * n / FPS * bpm / 60 / beats
    assert played.playhead.place.position / 86 == pytest.approx(turns % 1, abs=1e-9)
    assert row.choices[1 + int(note_length(length))] == length


def test_it_is_free_unless_it_is_asked_for() -> None:
    assert PARAMETERS["loop_length"].text(PARAMETERS["loop_length"].default) == "free"
    played = instrument(tempo_bpm=200.0)
    played.process(20)
    assert played.playhead.place.position == 20


def test_another_tempo_and_another_place_in_the_song_are_followed() -> None:
    """Half a bar in one tempo, then another; then the song jumps a quarter of a bar on."""
    played = instrument(loop_length=PARAMETERS["loop_length"].parse("1 bar"))
    played.schedule([Event(20, SetParameter("tempo_bpm", 60.0))])
    played.process(30)
    beats = (20 * 2 + 10) / FPS
    assert played.playhead.place.position / 86 == pytest.approx(beats / 4, abs=1e-9)
    played.schedule([Event(30, SongPosition(7.0, runs=True), 0.5)])
    played.process(10)
    beats = 7.0 + 9.5 / FPS
    assert played.beats == pytest.approx(beats, abs=1e-9)
    assert played.playhead.place.position / 86 == pytest.approx(beats / 4 % 1, abs=1e-9)
