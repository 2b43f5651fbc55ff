"""Ports of ALSA, whose names end in numbers that change, by a stand-in: these machines have no sequencer."""

from typing import Any

import pytest

from synth.midi.port_process import _Ports


class Sequencer:
    """Stands for python-rtmidi with ALSA alone: its ports, and what each opened input listens to."""

    API_LINUX_ALSA, API_UNIX_JACK, API_WINDOWS_MM, API_RTMIDI_DUMMY = 1, 2, 4, 5

    def __init__(self, *ports: str) -> None:
        self.ports = list(ports)
        self.listened: list[str] = []

    def get_compiled_api(self) -> list[int]:
        return [self.API_LINUX_ALSA, self.API_RTMIDI_DUMMY]

    def MidiIn(self, api: int, name: str) -> "Input":  # noqa: N802 (the library's name)
        assert api == self.API_LINUX_ALSA
        return Input(self)


class Input:
    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer, self._port = sequencer, ""

    def get_ports(self) -> list[str]:
        return list(self._sequencer.ports)

    def set_callback(self, callback: object) -> None: ...

    def ignore_types(self, **types: bool) -> None: ...

    def open_port(self, place: int, name: str) -> None:
        self._port = self._sequencer.ports[place]
        self._sequencer.listened.append(self._port)

    def close_port(self) -> None:
        self._sequencer.listened.remove(self._port)


class Told:
    """What the process says."""

    def __init__(self) -> None:
        self.ports: list[str] = []
        self.lost = self.opened = 0

    def news(self, content: dict[str, Any]) -> None:
        self.ports = content.get("ports", self.ports)
        self.lost += "lost" in content
        self.opened += "opened" in content


A, B = "Keystation 49:Keystation 49 MIDI 1 20:0", "Keystation 49:Keystation 49 MIDI 1 24:0"
NAME = "Keystation 49:Keystation 49 MIDI 1"


def listening(sequencer: Sequencer, *wanted: str) -> tuple[_Ports, Told]:
    told = Told()
    ports = _Ports(sequencer, told)  # type: ignore[arg-type]
    ports.wanted = frozenset(wanted)
    ports.update()
    return ports, told


def test_two_equal_keyboards_are_told_apart_and_both_heard() -> None:
    sequencer = Sequencer(A, "Midi Through:Midi Through Port-0 14:0", B)
    _, told = listening(sequencer, NAME, f"{NAME} (2)")
    assert told.ports == [NAME, "Midi Through:Midi Through Port-0", f"{NAME} (2)"]
    assert sequencer.listened == [A, B]


def test_the_one_that_stays_of_two_equal_keyboards_is_heard_on() -> None:
    sequencer = Sequencer(A, B)
    ports, told = listening(sequencer, NAME, f"{NAME} (2)")
    sequencer.ports.remove(A)
    ports.update()
    assert sequencer.listened == [B]
    assert (told.lost, told.opened) == (2, 3)


@pytest.mark.parametrize("again", [B, "Keystation 49:Keystation 49 MIDI 1 131:0"])
def test_a_keyboard_that_came_again_between_two_looks_is_heard(again: str) -> None:
    sequencer = Sequencer(A)
    ports, told = listening(sequencer, NAME)
    sequencer.ports[:] = [again]
    ports.update()
    assert told.ports == [NAME]
    assert sequencer.listened == [again]
    assert told.lost == 1, "the notes that it held are ended"
    ports.update()
    assert (told.lost, told.opened) == (1, 2), "and is left alone then"
