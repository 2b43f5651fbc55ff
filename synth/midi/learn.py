"""MIDI learn: which controller moves which parameter, with soft takeover, kept between sessions.

A controller that is learned stands somewhere else than its parameter when a session begins or a preset changes. With
soft takeover nothing jumps: the parameter stays until the controller reaches its value or passes it. Values are
normalised, 0 … 1.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from synth.midi.controllers import Controller, Move
from synth.storage import StoredObject, config_folder, text, whole_number

FILE_NAME = "midi_controllers.json"
_REACHED = 1.5 / 127
"""A 7-bit controller this close stands on the parameter's value."""
_SAME = 1e-4
"""Values closer than this are the same value, after the parameter's own rounding."""
_ECHOES = 128
"""Values that were set and that the parameter may still be on its way to: the engine reports one some blocks later."""
_MOST_LEARNED = 1024
_BANK_SELECT = (0, 32)
"""Sent before a program change: no knob."""


class Parameters(Protocol):
    """What can be learned."""

    def known(self, parameter: str) -> bool:
        """True for the id of a parameter that there is."""
        ...

    def current(self, parameter: str) -> float:
        """The value that the parameter has now, 0 … 1."""
        ...

    def snapped(self, parameter: str, value: float) -> float:
        """The nearest value that the parameter can have: one in steps has few."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """A controller of a channel."""

    channel: int
    controller: Controller

    @property
    def label(self) -> str:
        """As people read it, channels counted from 1: "CC 74, channel 1"."""
        return f"{self.controller.kind.upper()} {self.controller.number}, channel {self.channel + 1}"


@dataclass(frozen=True, slots=True)
class ParameterMove:
    """What a learned controller asks for."""

    parameter: str
    value: float
    """0 … 1."""


@dataclass
class _Follower:
    """What is known of a source that moves a parameter."""

    position: float | None = None
    """Where the controller was last."""
    echoes: deque[float] = field(default_factory=lambda: deque(maxlen=_ECHOES))
    """Values it has set since it took over, newest last; empty while the parameter waits for it."""


Told = Callable[[dict[Source, str], str], None]
"""Called with every pair that is learned now, and with the parameter that waits for a controller or ""."""


class MidiLearn:
    """The learned controllers of a session: used by one thread."""

    def __init__(
        self,
        parameters: Parameters,
        learned: Mapping[Source, str] | None = None,
        told: Told = lambda learned, waiting: None,
    ) -> None:
        """`told` hears of every change, in the thread that uses this."""
        self._parameters, self._told = parameters, told
        self._learned: dict[Source, str] = dict(learned or {})
        self._followers: dict[Source, _Follower] = {}
        self._waiting = ""

    @property
    def learned(self) -> dict[Source, str]:
        """Every pair, those of parameters that this version does not know included."""
        return dict(self._learned)

    @property
    def waiting(self) -> str:
        """The parameter that the next controller will be learned for, or ""."""
        return self._waiting

    def learn(self, parameter: str) -> None:
        """Take the next controller that moves for this parameter; "" waits no longer."""
        self._waiting = parameter
        self._told(self.learned, self._waiting)

    def forget(self, parameter: str) -> None:
        """Let no controller move this parameter."""
        self._release(parameter)
        self._told(self.learned, self._waiting)

    def is_learned(self, move: Move) -> bool:
        """True when the move is a parameter's, or is about to be: it has then no other meaning."""
        return (bool(self._waiting) and _can_be_learned(move.controller)) or self._parameter_of(move) is not None

    def feed(self, move: Move) -> ParameterMove | None:
        """What a move asks for; None when nothing is learned for it or its parameter waits for it to come closer."""
        source = Source(move.channel, move.controller)
        if self._waiting and _can_be_learned(move.controller):
            self._take(source)
        parameter = self._parameter_of(move)
        if parameter is None:
            return None
        follower = self._followers.setdefault(source, _Follower())
        before, follower.position = follower.position, move.value
        if not self._leads(follower, parameter, before, move.value):
            follower.echoes.clear()
            return None
        follower.echoes.append(self._parameters.snapped(parameter, move.value))
        return ParameterMove(parameter, move.value)

    def _leads(self, follower: _Follower, parameter: str, before: float | None, now: float) -> bool:
        current = self._parameters.current(parameter)
        if any(abs(current - echo) <= _SAME for echo in follower.echoes):
            return True
        is_passed = before is not None and min(before, now) <= current <= max(before, now)
        if not is_passed and abs(now - current) > _REACHED:
            return False
        # Until the engine reports what it is sent now, the parameter will be seen to stand where it stands.
        follower.echoes.append(current)
        return True

    def _parameter_of(self, move: Move) -> str | None:
        parameter = self._learned.get(Source(move.channel, move.controller))
        return parameter if parameter is not None and self._parameters.known(parameter) else None

    def _take(self, source: Source) -> None:
        """One controller for the parameter, and one parameter for the controller."""
        self._release(self._waiting)
        self._drop(source)
        if source.controller.kind == "cc":
            # A knob of 14 bits was learned by its coarse half; its fine half is not another knob.
            self._drop(Source(source.channel, Controller("cc", source.controller.number + 32)))
        self._learned[source] = self._waiting
        self._waiting = ""
        self._told(self.learned, self._waiting)

    def _release(self, parameter: str) -> None:
        for source in [source for source, name in self._learned.items() if name == parameter]:
            self._drop(source)

    def _drop(self, source: Source) -> None:
        self._learned.pop(source, None)
        self._followers.pop(source, None)


class LearnedFile:
    """The learned controllers on disk; what is damaged in it costs only itself."""

    def __init__(self, path: Path | None = None) -> None:
        """The user's own file by default."""
        self._stored = StoredObject(config_folder() / FILE_NAME if path is None else path, "learned MIDI controllers")
        self.learned: dict[Source, str] = {}
        entries = self._stored.fields({"controllers": _entries}).get("controllers", [])
        for position, entry in enumerate(entries, 1):
            try:
                source, parameter = _from_entry(entry)
            except ValueError as wanted:
                self._stored.problems.append(
                    f"Learned MIDI controller {position} in {self._stored.path} is left out: {wanted} is missing."
                )
            else:
                self.learned[source] = parameter

    @property
    def problems(self) -> list[str]:
        """Sentences about what could not be used."""
        return self._stored.problems

    def write(self, learned: Mapping[Source, str]) -> None:
        """Keep these; `OSError` when they cannot be."""
        self.learned = dict(learned)
        self._stored.write({"controllers": [_to_entry(source, name) for source, name in learned.items()]})


def _can_be_learned(controller: Controller) -> bool:
    """Everything but bank select and the registered parameters, which set bend range, tuning and MPE zones."""
    return controller.kind == "nrpn" or (controller.kind == "cc" and controller.number not in _BANK_SELECT)


def _entries(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > _MOST_LEARNED:
        raise ValueError(f"a list of at most {_MOST_LEARNED} controllers")
    return value


def _to_entry(source: Source, parameter: str) -> dict[str, str | int]:
    """Channels are counted from 1 in files, as everywhere that a person reads."""
    kind, number = source.controller.kind, source.controller.number
    return {"channel": source.channel + 1, "kind": kind, "number": number, "parameter": parameter}


def _from_entry(entry: object) -> tuple[Source, str]:
    if not isinstance(entry, dict):
        raise ValueError("an object with channel, kind, number and parameter")
    channel = int(whole_number(1, 16)(entry.get("channel")))
    match entry.get("kind"):
        case "cc":
            controller = Controller("cc", int(whole_number(0, 127)(entry.get("number"))))
        case "nrpn":
            controller = Controller("nrpn", int(whole_number(0, 16382)(entry.get("number"))))
        case _:
            raise ValueError("a kind that is cc or nrpn")
    return Source(channel - 1, controller), str(text(entry.get("parameter")))
