"""Playing a file as time passes against the file's own events."""

import itertools
import math
import time
from collections.abc import Sequence
from pathlib import Path

import mido

from synth.instrument.note_events import AllSoundOff, NoteEvent, NoteOff, NoteOn
from synth.midi.controllers import Move
from synth.midi.file_player import FilePlayer, file_events
from synth.midi.files import MidiFile, read_midi_file
from tests.doubles.jack_server import wait_until
from tests.doubles.midi_receiver import RecordingReceiver


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


def test_one_channel_of_a_file(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.mid", 12)
    events = [event for _, event in file_events(file, channels=frozenset({1}))]
    assert {event.channel for event in events if isinstance(event, NoteOn)} == {1}
    assert sum(isinstance(event, NoteOff) for event in events) == 6
