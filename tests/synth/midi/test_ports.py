"""Real MIDI ports on a private JACK server, and a port process that misbehaves."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from synth.errors import MidiError
from synth.midi import port_process
from synth.midi.port_process import FRAME, VIRTUAL_PORT
from synth.midi.ports import (
    MOST_WAITING,
    Arrival,
    MidiPorts,
    PortEvent,
    PortList,
    PortLost,
    PortOpened,
    choose_port,
    list_ports,
)
from tests.doubles.jack_server import JackServer, Keyboard, wait_until
from tests.synth.midi.conftest import MakeServer

_ON, _OFF = b"\x90\x3c\x40", b"\x80\x3c\x40"


def _next(ports: MidiPorts, is_wanted: Callable[[PortEvent], bool], timeout_s: float = 20.0) -> PortEvent:
    """The next event of this kind."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        event = ports.take(0.5)
        if event is not None and is_wanted(event):
            return event
    raise AssertionError("nothing of the kind arrived")


def _wait_for_connection(ports: MidiPorts, keyboard: Keyboard) -> None:
    """JACK lets a connection carry events some periods after it was made: send programs until one arrives."""
    deadline, arrived = time.monotonic() + 20, None
    while not isinstance(arrived, Arrival):
        assert time.monotonic() < deadline, "nothing arrives"
        keyboard.send(b"\xc0\x07")
        arrived = ports.take(0.1)
    while ports.take(0.3) is not None:
        pass


def _arrival(event: PortEvent) -> bool:
    return isinstance(event, Arrival)


def test_a_port_is_listed_opened_by_name_and_heard(jack_server: JackServer) -> None:
    with Keyboard(jack_server) as keyboard, MidiPorts() as ports:
        assert ports.listed().ports == (keyboard.name,) and ports.listed().trouble == ""
        ports.want([keyboard.name])
        assert ports.take(10) == PortOpened(keyboard.name)
        _wait_for_connection(ports, keyboard)
        before = time.monotonic()
        keyboard.send(_ON, _OFF)
        first, second = _next(ports, _arrival), _next(ports, _arrival)
        assert isinstance(first, Arrival) and isinstance(second, Arrival)
        assert (first.data, second.data) == (_ON, _OFF) and first.port == keyboard.name
        assert before < first.time_s <= second.time_s < time.monotonic()


def test_other_programs_find_a_virtual_port(jack_server: JackServer) -> None:
    with Keyboard(jack_server) as keyboard, MidiPorts() as ports:
        assert ports.listed().has_virtual
        ports.want([], virtual=True)
        assert ports.take(10) == PortOpened(VIRTUAL_PORT)
        keyboard.connect(VIRTUAL_PORT)
        _wait_for_connection(ports, keyboard)
        keyboard.send(_ON)
        arrived = _next(ports, _arrival)
        assert isinstance(arrived, Arrival) and (arrived.port, arrived.data) == (VIRTUAL_PORT, _ON)


def test_a_keyboard_may_come_and_go_and_come_again(jack_server: JackServer) -> None:
    with MidiPorts() as ports:
        ports.want(["keyboard:out"])
        for _ in range(2):
            with Keyboard(jack_server) as keyboard:
                assert _next(ports, lambda _: True) == PortOpened(keyboard.name)
                _wait_for_connection(ports, keyboard)
            assert _next(ports, lambda event: not _arrival(event)) == PortLost("keyboard:out")
            wait_until(lambda: ports.listed().ports == (), "the port is still listed")
        assert ports.restarts == 0


def test_a_port_that_is_not_wanted_any_more_is_closed(jack_server: JackServer) -> None:
    with Keyboard(jack_server) as keyboard, MidiPorts() as ports:
        ports.want([keyboard.name])
        assert ports.take(10) == PortOpened(keyboard.name)
        ports.want([])
        assert ports.take(10) == PortLost(keyboard.name)


def test_a_dead_server_ends_the_notes_and_ports_return_with_the_next_one(jack_server: JackServer) -> None:
    """Closing a port of a dead server ends the port library's process (measured): nothing of it is seen here."""
    with Keyboard(jack_server) as keyboard, MidiPorts() as ports:
        ports.want([keyboard.name], virtual=True)
        opened = {_next(ports, lambda _: True), _next(ports, lambda _: True)}
        assert opened == {PortOpened(keyboard.name), PortOpened(VIRTUAL_PORT)}
        jack_server.kill()
        lost = {_next(ports, lambda _: True), _next(ports, lambda _: True)}
        assert lost == {PortLost(keyboard.name), PortLost(VIRTUAL_PORT)}
        jack_server.start()
        with Keyboard(jack_server) as again:
            assert _next(ports, lambda event: event == PortOpened(again.name))
            _wait_for_connection(ports, again)


def test_ten_thousand_messages_a_second_arrive_in_order(make_jack_server: MakeServer) -> None:
    server = make_jack_server(4096)
    server.start()
    n_messages = 10_000
    messages = [bytes((0xB0, i >> 7 & 0x7F, i & 0x7F)) for i in range(n_messages)]
    with Keyboard(server) as keyboard, MidiPorts() as ports:
        ports.want([keyboard.name])
        assert ports.take(10) == PortOpened(keyboard.name)
        _wait_for_connection(ports, keyboard)
        with ThreadPoolExecutor(1) as pool:
            arrived = pool.submit(lambda: [_next(ports, _arrival) for _ in range(n_messages)])
            keyboard.send(*messages)
            assert [event.data for event in arrived.result() if isinstance(event, Arrival)] == messages
        assert ports.overflows == 0


def test_without_a_server_there_is_a_sentence_and_ports_when_it_starts(make_jack_server: MakeServer) -> None:
    server = make_jack_server(128)
    with MidiPorts() as ports:
        assert ports.listed().ports == () and ports.listed().trouble.startswith("No MIDI ports here")
        server.start()
        with Keyboard(server) as keyboard:
            wait_until(lambda: ports.listed().ports == (keyboard.name,), "the port is not listed")
            assert ports.listed().trouble == ""


def test_without_the_port_library_there_is_a_sentence() -> None:
    run = f"runpy.run_path({port_process.__file__!r}, run_name='__main__')"
    code = f"import runpy, sys; sys.modules['rtmidi'] = None; {run}"
    with MidiPorts((sys.executable, "-c", code)) as ports:
        assert ports.listed() == PortList((), False, port_process._NO_LIBRARY)
        assert ports.restarts == 0


_FAKE = f"""
import json, os, struct, sys, time
frame = struct.Struct({FRAME.format!r})
def news(**content):
    text = json.dumps(content).encode()
    os.write(1, frame.pack(b"N", 0, 0.0, len(text)) + text)
def midi(number, data):
    os.write(1, frame.pack(b"M", number, time.monotonic(), len(data)) + data)
"""
"""A port process that does what a test wants."""


def test_a_library_that_aborts_costs_its_process_only() -> None:
    code = _FAKE + 'news(opening="p", number=1); news(opened=1); midi(1, b"\\x90\\x3c\\x40"); os.abort()'
    with MidiPorts((sys.executable, "-c", code)) as ports:
        for _ in range(2):
            assert _next(ports, lambda _: True) == PortOpened("p")
            assert isinstance(_next(ports, lambda _: True), Arrival)
            assert _next(ports, lambda _: True) == PortLost("p")
        assert ports.restarts >= 1


def test_a_library_that_never_works_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.midi.ports._RESTART_S", (0.0, 0.0, 0.0))
    with MidiPorts((sys.executable, "-c", "import os; os.abort()")) as ports:
        wait_until(lambda: ports.listed().trouble != "", "no sentence")
        assert ports.listed().trouble.startswith("The MIDI library ends again and again")


def test_a_process_that_cannot_be_started_is_a_sentence() -> None:
    with MidiPorts(("/nonexistent/python",)) as ports:
        assert "cannot be opened (No such file or directory)" in ports.listed().trouble


def test_more_than_can_be_kept_ends_the_notes_of_the_port() -> None:
    flood = f'for _ in range({MOST_WAITING}): midi(1, b"\\x90\\x3c\\x40")\nsys.stdin.read()'
    code = _FAKE + 'news(opening="p", number=1); news(opened=1)\n' + flood
    with MidiPorts((sys.executable, "-c", code)) as ports:
        wait_until(lambda: ports.overflows == 1, "no overflow")
        assert [ports.take(1) for _ in range(3)] == [PortLost("p"), PortOpened("p"), None]


def test_frames_may_arrive_in_pieces() -> None:
    code = _FAKE + (
        'news(opening="p", number=1); news(opened=1)\n'
        'for byte in frame.pack(b"M", 1, 2.5, 3) + b"abc": os.write(1, bytes([byte])); time.sleep(0.002)\n'
        "sys.stdin.read()"
    )
    with MidiPorts((sys.executable, "-c", code)) as ports:
        assert _next(ports, _arrival) == Arrival(2.5, "p", b"abc")


def test_closing_is_quick_even_when_the_process_does_not_listen() -> None:
    ports = MidiPorts((sys.executable, "-c", "import time; time.sleep(60)"))
    start = time.monotonic()
    ports.close()
    assert time.monotonic() - start < 5
    assert ports._process is not None and ports._process.poll() is not None


def test_listing_leaves_nothing_behind(jack_server: JackServer) -> None:
    with Keyboard(jack_server) as keyboard:
        assert list_ports().ports == (keyboard.name,)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("Keystation 49", "Keystation 49"), ("mpk", "MPK mini"), ("49", "Keystation 49")],
)
def test_a_port_is_chosen_by_a_part_of_its_name(wanted: str, expected: str) -> None:
    assert choose_port(PortList(("Keystation 49", "Keystation 88", "MPK mini")), wanted) == expected


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        (
            PortList(("Keystation 49", "Keystation 88")),
            "fits several MIDI ports: choose one of Keystation 49, Keystation 88.",
        ),
        (PortList(("MPK mini",)), "There is no MIDI port “keys”: choose one of MPK mini."),
        (PortList(), "There is no MIDI port “keys”: nothing that sends MIDI is connected."),
        (PortList(trouble="No permission."), "No permission."),
    ],
)
def test_a_port_that_cannot_be_chosen_is_a_sentence(listed: PortList, sentence: str) -> None:
    with pytest.raises(MidiError) as error:
        choose_port(listed, "keys")
    assert str(error.value).endswith(sentence)
