"""MIDI ports: which there are, and what arrives at those that are wanted, whenever they are plugged in.

The port library runs in a process of its own (`port_process`), which is started again when it dies. What arrives waits
in a bounded queue with the time of its arrival by `time.monotonic`.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol

from synth.errors import MidiError
from synth.midi import port_process
from synth.midi.port_process import FRAME, MIDI, VIRTUAL_PORT
from synth.thread_priority import raise_thread_priority

MOST_WAITING = 4096
"""Messages: 0.4 s of ten thousand a second."""
_READ_BYTES = 65536
_FIRST_LIST_S = 10.0
_RESTART_S = (0.2, 1.0, 5.0)
"""Before the first, the second and every later start after one that did not last."""
_LASTED_S = 10.0
_CLOSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes of a message, as they came in; `time_s` is `time.monotonic`'s."""

    time_s: float
    port: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PortOpened:
    """A wanted port is there and is listened to from now on."""

    port: str


@dataclass(frozen=True, slots=True)
class PortLost:
    """A port was unplugged or closed, or more arrived than could be kept: it will not end the notes that it began."""

    port: str


PortEvent = Arrival | PortOpened | PortLost


@dataclass(frozen=True)
class PortList:
    """What there is now."""

    ports: tuple[str, ...] = ()
    has_virtual: bool = False
    """True where other programs can be offered a port named `VIRTUAL_PORT`."""
    trouble: str = ""
    """Why there is nothing, in a sentence, or ""."""


class Ports(Protocol):
    """Where MIDI comes from; `MidiPorts`, and doubles in tests."""

    def want(self, names: Iterable[str], *, virtual: bool = False) -> None:
        """Listen to these ports from now on, and to no others."""
        ...

    def listed(self) -> PortList:
        """What there is now; changes as ports come and go."""
        ...

    def take(self, timeout_s: float) -> PortEvent | None:
        """The next event; None when nothing happens for so long."""
        ...

    def close(self) -> None: ...


class MidiPorts:
    """The system's ports; nothing here raises when a library, a port or a permission is missing."""

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        """Starts the process; `command` runs another one that speaks the same way."""
        self._command = command or (sys.executable, "-P", str(Path(port_process.__file__)))
        self._events: queue.SimpleQueue[PortEvent] = queue.SimpleQueue()
        self._wanted: tuple[tuple[str, ...], bool] = ((), False)
        self._list = PortList()
        self._first_list = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        """Held while the process is exchanged or written to."""
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers: dict[int, str] = {}
        """Open ports by the process's number for them."""
        self.restarts = 0
        """How often the port process died."""
        self.overflows = 0
        """How often more arrived than could be kept."""
        self._thread = threading.Thread(target=self._run, name="midi ports", daemon=True)
        self._thread.start()

    def __enter__(self) -> "MidiPorts":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def want(self, names: Iterable[str], *, virtual: bool = False) -> None:
        with self._lock:
            self._wanted = tuple(names), virtual
            self._tell()

    def listed(self) -> PortList:
        self._first_list.wait(_FIRST_LIST_S)
        return self._list

    def take(self, timeout_s: float) -> PortEvent | None:
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._closing.set()
        self._first_list.set()
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None:
                process.stdin.close()
        self._thread.join(_CLOSE_S)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        self._thread.join(_CLOSE_S)

    def _tell(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.closed:
            return
        names, virtual = self._wanted
        try:
            process.stdin.write(json.dumps({"open": names, "virtual": virtual}).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            # It has died: the reader notices, starts it again and tells the new one.
            return

    def _run(self) -> None:
        raise_thread_priority("worker")
        short_lives = 0
        while not self._closing.is_set():
            began_s = time.monotonic()
            try:
                self._start()
            except OSError as error:
                self._tell_trouble(f"MIDI ports cannot be opened ({error.strerror}): restart Petrichord.")
                return
            self._read()
            self._forget_ports()
            if self._closing.is_set():
                return
            self.restarts += 1
            short_lives = 0 if time.monotonic() - began_s > _LASTED_S else short_lives + 1
            if short_lives > len(_RESTART_S):
                self._tell_trouble(
                    "The MIDI library ends again and again, so MIDI ports are missing: Petrichord goes on trying; "
                    "restart JACK or the computer."
                )
            self._closing.wait(_RESTART_S[min(short_lives, len(_RESTART_S) - 1)])

    def _start(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"JACK_NO_START_SERVER": "1"},
                # Ctrl-C is for the instrument, which then ends this process in order.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._tell()

    def _read(self) -> None:
        """Until the process ends."""
        process = self._process
        if process is None or process.stdout is None or process.stdin is None:
            return
        waiting = b""
        while chunk := os.read(process.stdout.fileno(), _READ_BYTES):
            waiting += chunk
            at = 0
            while len(waiting) - at >= FRAME.size:
                kind, number, time_s, length = FRAME.unpack_from(waiting, at)
                if len(waiting) - at - FRAME.size < length:
                    break
                content = waiting[at + FRAME.size : at + FRAME.size + length]
                at += FRAME.size + length
                if kind == MIDI:
                    self._arrived(number, time_s, content)
                else:
                    self._news(json.loads(content))
            waiting = waiting[at:]
        process.stdout.close()
        process.wait()
        with self._lock, suppress(OSError):
            process.stdin.close()

    def _arrived(self, number: int, time_s: float, data: bytes) -> None:
        port = self._numbers.get(number)
        if port is None:
            return
        if self._events.qsize() < MOST_WAITING:
            self._events.put(Arrival(time_s, port, data))
            return
        # Among what is thrown away may be the ends of notes: every port begins anew.
        self.overflows += 1
        while self.take(0) is not None:
            pass
        for name in dict.fromkeys(self._numbers.values()):
            self._events.put(PortLost(name))
            self._events.put(PortOpened(name))

    def _news(self, news: dict[str, object]) -> None:
        match news:
            case {"opening": str(name), "number": int(number)}:
                self._numbers[number] = name or VIRTUAL_PORT
            case {"opened": int(number)} if number in self._numbers:
                self._events.put(PortOpened(self._numbers[number]))
            case {"lost": int(number)} if number in self._numbers:
                self._events.put(PortLost(self._numbers.pop(number)))
            case {"ports": list(ports), "virtual": bool(virtual), "trouble": str(trouble)}:
                self._list = PortList(tuple(map(str, ports)), virtual, trouble)
                self._first_list.set()

    def _forget_ports(self) -> None:
        for name in self._numbers.values():
            self._events.put(PortLost(name))
        self._numbers.clear()
        self._list = PortList()

    def _tell_trouble(self, sentence: str) -> None:
        self._list = replace(self._list, trouble=sentence)
        self._first_list.set()


def list_ports() -> PortList:
    """The ports there are at this moment."""
    with MidiPorts() as ports:
        return ports.listed()


def choose_port(listed: PortList, wanted: str) -> str:
    """The port that `wanted` names: its name, or a part of exactly one name, whatever the case; `MidiError` else."""
    if wanted in listed.ports:
        return wanted
    fitting = [name for name in listed.ports if wanted.lower() in name.lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise MidiError(f"“{wanted}” fits several MIDI ports: choose one of {', '.join(fitting)}.")
    if not listed.ports:
        raise MidiError(listed.trouble or f"There is no MIDI port “{wanted}”: nothing that sends MIDI is connected.")
    raise MidiError(f"There is no MIDI port “{wanted}”: choose one of {', '.join(listed.ports)}.")
