"""Playing a file as time passes against the file's own events."""

import itertools
import math
import time
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest
import torch

from synth.instrument.events import HoldDrone
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import AllSoundOff, NoteEvent, NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.midi.controllers import Move
from synth.midi.file_player import FilePlayer, file_events
from synth.midi.files import MidiFile, read_midi_file
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.jack_server import wait_until
from tests.doubles.midi_receiver import RecordingReceiver

PRESET = steady_preset(n_frames=86)


def _file(path: Path, n_notes: int, ticks: int = 24) -> MidiFile:
    """A note every 25 ms on channels 1 and 2 by turns, the last of them never ended, and a program at the beginning."""
    track = mido.MidiTrack([mido.Message("program_change", program=9)])
    for i in range(n_notes):
        track.append(mido.Message("note_on", note=40 + i % 40, velocity=99, channel=i % 2, time=0))
        last = i == n_notes - 1
        end = (
            mido.Message("control_change", control=1, value=i % 128)
            if last
            else mido.Message("note_off", note=40 + i % 40)
        )
        track.append(end.copy(channel=i % 2, time=ticks))
    mido.MidiFile(tracks=[track]).save(path)
    return read_midi_file(path)


def test_a_played_file_is_the_files_events_at_its_times(tmp_path: Path) -> None:
    file, receiver = _file(tmp_path / "x.mid", 12), RecordingReceiver()
    player = FilePlayer(file, receiver, itertools.count())
    wait_until(lambda: player.done, "the file does not end")
    expected = [(due_s, event) for due_s, event in file_events(file) if not isinstance(event, Move)]
    assert receiver.events == [event for _, event in expected if not hasattr(event, "number")]
    begin = receiver.notes[0][0]
    for (arrived_s, source, _), (due_s, _) in zip(receiver.notes, expected[1:], strict=True):
        assert abs(arrived_s - begin - due_s) < 1e-9 and source == str(file.path)
    assert receiver.programs == [9] and receiver.sounding() == set()


def test_events_are_handed_over_before_they_are_due(tmp_path: Path) -> None:
    class Late(RecordingReceiver):
        worst_s = -math.inf

        def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
            self.worst_s = max(self.worst_s, time.monotonic() - arrived_s)

    receiver = Late()
    player = FilePlayer(_file(tmp_path / "x.mid", 12), receiver, itertools.count())
    wait_until(lambda: player.done, "the file does not end")
    assert receiver.worst_s < 0


def test_stopping_silences_the_file(tmp_path: Path) -> None:
    file, receiver = _file(tmp_path / "long.mid", 4000), RecordingReceiver()
    player = FilePlayer(file, receiver, itertools.count())
    wait_until(lambda: len(receiver.notes) > 3, "nothing is played")
    player.stop()
    assert player.done and receiver.events[-1] == AllSoundOff() and player.position_s < 10
    assert receiver.notes[-1][0] >= receiver.notes[-2][0], "behind what was handed over ahead of time"


@pytest.mark.parametrize("cut", [True, False])
def test_a_file_that_was_stopped_leaves_no_pedal_down_and_no_channel_faded_out(tmp_path: Path, cut: bool) -> None:
    """Heard by the voices themselves: a key that is played afterwards is as loud and as short as before the file."""

    def level_and_hold(*before: NoteEvent) -> tuple[float, bool]:
        played = Instrument(PRESET, SpectralVocoder(PRESET.mel), 44100, ParameterValues(), Setup(seed=3))
        played.do(HoldDrone(False))
        for event in before:
            played.send(event)
        played.send(NoteOn(10**6, 60, 0.8))
        with torch.inference_mode():
            sound = played.process(40)
            played.send(NoteOff(10**6))
            played.process(2)
        return float(np.sqrt(np.mean(sound**2))), played.voices.keys == (60,)

    controls = ((64, 127), (11, 0), (7, 3), (1, 127), (10, 0), (66, 127), (67, 127), (74, 0))
    messages = [mido.Message("control_change", control=n, value=v) for n, v in controls]
    messages += [mido.Message("pitchwheel", pitch=8191), mido.Message("aftertouch", value=127)]
    if cut:
        messages.append(mido.Message("note_on", note=50, time=10**5))
    path = tmp_path / "x.mid"
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(path)
    receiver = RecordingReceiver()
    player = FilePlayer(read_midi_file(path), receiver, itertools.count())
    wait_until(lambda: len(receiver.notes) >= len(controls) and (cut or player.done), "the file does not play")
    player.stop()
    (level, _), (touched, is_held) = level_and_hold(), level_and_hold(*receiver.events)
    assert touched == pytest.approx(level, rel=1e-3)
    assert not is_held


def test_one_channel_of_a_file(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.mid", 12)
    events = [event for _, event in file_events(file, channels=frozenset({1}))]
    assert {event.channel for event in events if isinstance(event, NoteOn)} == {1}
    assert sum(isinstance(event, NoteOff) for event in events) == 6
