"""From ports to the instrument's events."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest

from synth.instrument.note_events import (
    AllSoundOff,
    ChannelExpression,
    NoteExpression,
    NoteOff,
    NoteOn,
    SongPosition,
)
from synth.midi.controllers import Controller
from synth.midi.file_player import file_notes
from synth.midi.files import read_midi_file
from synth.midi.input import CLOCK_SOURCE, MidiInput, MidiSettings
from synth.midi.learn import MidiLearn, ParameterMove, Source
from synth.midi.ports import Arrival, MidiPorts, PortLost, PortOpened
from tests.doubles.jack_server import JackServer, Keyboard, wait_until
from tests.doubles.midi_receiver import PlayedPorts, RecordingReceiver
from tests.synth.midi.conftest import MakeServer


class _Tilt:
    """One parameter, at its middle."""

    def known(self, parameter: str) -> bool:
        return parameter == "tilt"

    def current(self, parameter: str) -> float:
        return 0.5

    def snapped(self, parameter: str, value: float) -> float:
        return value


@pytest.fixture
def ports() -> PlayedPorts:
    return PlayedPorts()


@pytest.fixture
def receiver() -> RecordingReceiver:
    return RecordingReceiver()


@pytest.fixture
def midi(ports: PlayedPorts, receiver: RecordingReceiver) -> Iterator[MidiInput]:
    learn = MidiLearn(_Tilt(), {Source(0, Controller("cc", 20)): "tilt"})
    midi = MidiInput(ports, receiver, itertools.count(), MidiSettings(("a", "b")), learn)
    yield midi
    midi.close()


def _is_heard(keyboard: Keyboard, receiver: RecordingReceiver) -> bool:
    """JACK lets a connection carry events some periods after it was made."""
    keyboard.send(b"\xc0\x01")
    return bool(receiver.programs)


def _heard(receiver: RecordingReceiver, n_events: int) -> None:
    wait_until(lambda: len(receiver.notes) >= n_events, f"{n_events} events were not heard")


def test_two_ports_do_not_disturb_each_other(midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver) -> None:
    """Half a message on one port, running status on the other; the same key on both."""
    ports.put(PortOpened("a"), Arrival(1.0, "a", b"\x90\x3c"), Arrival(2.0, "b", b"\x90\x3c\x7f\x40\x7f"))
    ports.put(Arrival(3.0, "a", b"\x7f"), Arrival(4.0, "b", b"\x80\x3c\x7f"))
    _heard(receiver, 4)
    assert receiver.notes == [
        (2.0, "b", NoteOn(0, 60, 1.0)),
        (2.0, "b", NoteOn(1, 64, 1.0)),
        (3.0, "a", NoteOn(2, 60, 1.0)),
        (4.0, "b", NoteOff(0, 1.0)),
    ]
    assert ports.wanted == (("a", "b"), False) and midi.arrived == 4


def test_a_port_that_vanishes_in_a_chord_leaves_no_note(
    midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver
) -> None:
    ports.put(Arrival(1.0, "a", b"\x90\x3c\x7f\x40\x7f\x43\x7f\xb0\x40\x7f"), Arrival(1.0, "b", b"\x90\x30\x7f"))
    ports.put(PortLost("a"))
    wait_until(lambda: receiver.sounding() == {3}, "notes hang")
    assert ChannelExpression(0, "sustain", 0.0) in receiver.events
    ports.put(Arrival(5.0, "a", b"\x3c\x7f"))
    ports.put(Arrival(5.0, "a", b"\x90\x3c\x7f"))
    wait_until(lambda: receiver.sounding() == {3, 4}, "the port is not heard when it returns")


def test_a_clock_reaches_the_receiver_while_it_is_followed_and_counts_as_no_keyboard(
    midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver
) -> None:
    now_s = time.monotonic()

    def tick(*, first: int, n: int) -> None:
        ports.put(*(Arrival(now_s + i * 60 / 100 / 24, "a", b"\xf8") for i in range(first, first + n)))

    ports.put(Arrival(now_s, "a", b"\xfa"))
    tick(first=0, n=48)
    ports.put(Arrival(now_s, "a", b"\x90\x3c\x7f"))
    _heard(receiver, 1)
    assert receiver.events == [NoteOn(0, 60, 1.0)] and not receiver.tempos and midi.arrived == 1
    assert midi.clock_port == "a"
    receiver.follows_clock = True
    tick(first=48, n=2)
    _heard(receiver, 2)
    at_s, source, event = receiver.notes[-1]
    assert isinstance(event, SongPosition) and event.runs and source == CLOCK_SOURCE
    assert receiver.tempos == [100.0]
    assert event.beats == pytest.approx((at_s - now_s) * 100 / 60, abs=1e-3)
    receiver.follows_clock = False
    tick(first=50, n=1)
    _heard(receiver, 3)
    assert isinstance(last := receiver.events[-1], SongPosition) and not last.runs
    receiver.follows_clock = True
    ports.put(PortLost("a"))
    wait_until(lambda: bool(receiver.told), "the loss was not told")
    assert len(receiver.told) == 1


def test_panic_silences_everything(midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver) -> None:
    ports.put(Arrival(1.0, "a", b"\x90\x3c\x7f"))
    _heard(receiver, 1)
    midi.panic()
    wait_until(lambda: AllSoundOff() in receiver.events, "no panic")
    assert receiver.sounding() == set()


def test_other_settings_let_go_and_listen_anew(
    midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver
) -> None:
    ports.put(Arrival(1.0, "a", b"\x91\x3c\x7f"))
    _heard(receiver, 1)
    midi.configure(MidiSettings(("a",), virtual=True, channels=frozenset({0}), mpe="lower"))
    wait_until(lambda: ports.wanted == (("a",), True) and not receiver.sounding(), "the settings are not used")
    n_before = len(receiver.notes)
    ports.put(Arrival(2.0, "a", b"\x91\x3c\x7f\xd1\x7f"))
    _heard(receiver, n_before + 2)
    assert receiver.events[n_before:] == [NoteOn(1, 60, 1.0, 0), NoteExpression(1, "pressure", 1.0)]


def test_learned_controllers_move_parameters_and_programs_choose_presets(
    midi: MidiInput, ports: PlayedPorts, receiver: RecordingReceiver
) -> None:
    ports.put(Arrival(1.0, "a", b"\xb0\x14\x00\x14\x7f\xc0\x05"))
    wait_until(lambda: receiver.programs == [5], "no program")
    assert receiver.moves == [ParameterMove("tilt", 1.0)], "0 is far from 0.5; on the way to 1 it is passed"
    waits = threading.Event()

    def learn_tilt(learn: MidiLearn) -> None:
        learn.forget("tilt")
        learn.learn("tilt")
        waits.set()

    midi.change_learned(learn_tilt)
    assert waits.wait(10)
    ports.put(Arrival(2.0, "a", b"\xb0\x15\x40"))
    wait_until(lambda: len(receiver.moves) == 2, "nothing was learned")


def test_closing_lets_go(ports: PlayedPorts, receiver: RecordingReceiver) -> None:
    midi = MidiInput(ports, receiver, itertools.count())
    ports.put(Arrival(1.0, "a", b"\x90\x3c\x7f"))
    _heard(receiver, 1)
    midi.close()
    assert receiver.sounding() == set() and ports.closed


def test_a_chord_through_a_real_port(jack_server: JackServer, receiver: RecordingReceiver) -> None:
    with Keyboard(jack_server) as keyboard:
        midi = MidiInput(MidiPorts(), receiver, itertools.count(), MidiSettings(virtual=True))
        keyboard.connect("Petrichord")
        wait_until(lambda: _is_heard(keyboard, receiver), "nothing arrives")
        keyboard.send(b"\x90\x3c\x7f", b"\x90\x40\x7f", b"\xe0\x7f\x7f")
        _heard(receiver, 3)
        assert receiver.events == [NoteOn(0, 60, 1.0), NoteOn(1, 64, 1.0), ChannelExpression(0, "bend", 2.0)]
        keyboard.send(b"\xf8")
        wait_until(lambda: midi.clock_port == "Petrichord", "a clock does not arrive")
        jack_server.kill()
        wait_until(lambda: receiver.sounding() == set(), "the chord hangs")
        midi.close()


def test_a_file_sent_through_a_real_port_is_the_files_own_notes(
    make_jack_server: MakeServer, receiver: RecordingReceiver, tmp_path: Path
) -> None:
    """Event for event: what the port, the parser and the input do to a piece is nothing."""
    server = make_jack_server(4096)
    server.start()
    track, rng = mido.MidiTrack(), np.random.default_rng(0)
    for _ in range(120):
        key, channel = int(rng.integers(40, 90)), int(rng.integers(0, 3))
        track.append(mido.Message("note_on", note=key, velocity=int(rng.integers(1, 128)), channel=channel, time=3))
        track.append(mido.Message("pitchwheel", pitch=int(rng.integers(-8192, 8192)), channel=channel, time=2))
        track.append(mido.Message("control_change", control=64, value=int(rng.integers(0, 128)), channel=channel))
        track.append(mido.Message("note_off", note=key, velocity=64, channel=channel, time=4))
    path = tmp_path / "piece.mid"
    mido.MidiFile(tracks=[track]).save(path)
    file = read_midi_file(path)
    expected = [event for _, event in file_notes(file)]
    with Keyboard(server) as keyboard:
        midi = MidiInput(MidiPorts(), receiver, itertools.count(), MidiSettings(virtual=True))
        keyboard.connect("Petrichord")
        wait_until(lambda: _is_heard(keyboard, receiver), "nothing arrives")
        keyboard.send(*[message.to_bytes() for _, message in file])
        _heard(receiver, len(file))
        midi.close()
    assert receiver.events == expected
