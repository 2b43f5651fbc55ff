"""MIDI ports in a process of their own, for `synth.midi.ports`: run by its path, imports only the standard library and
python-rtmidi.

Port libraries can end the process they run in: python-rtmidi 1.5.8 does when a port is closed after its JACK server has
died (measured: segmentation fault), and `rtmidi2` did when a client could not be made. Here this costs a process that
is started again. It also keeps arrival times true: the callback waits for no other Python code than this file's.

Standard input takes one JSON object a line: {"open": [names], "virtual": true or false}, the ports that are wanted from
now on. Standard output carries frames: see `FRAME`. The end of standard input ends the process.
"""

import ctypes
import json
import os
import queue
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any

FRAME = struct.Struct("<cHdI")
"""Kind, port number, arrival by `time.monotonic`, length of what follows: MIDI bytes for `MIDI`, an object in JSON for
`NEWS`: {"ports", "virtual", "trouble"}, {"opening": name, "number"}, {"opened": number} or {"lost": number}."""
MIDI, NEWS = b"M", b"N"
VIRTUAL_PORT = "Petrichord"

_POLL_S = 0.5
_RETRY_S = 3.0
"""Between attempts to reach a MIDI system that is not there."""
_MOST_BYTES = 256
"""Longer messages are exclusives, which nothing here plays; a frame of this length is written whole or not at all."""
_NO_LIBRARY = "MIDI keyboards need the package python-rtmidi, which is not installed: pip install python-rtmidi."
_NO_START_SERVER = 1
_JACK_GONE = 3
_PRIORITY = 4
"""As that of the threads which the sound waits for (`synth.thread_priority`)."""


class _Out:
    """Frames to the parent, from any thread; MIDI that it does not take is left out, so that no callback waits."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        if hasattr(os, "set_blocking") and sys.platform != "win32":
            os.set_blocking(handle, False)

    def midi(self, number: int, data: bytes) -> None:
        frame = FRAME.pack(MIDI, number, time.monotonic(), len(data)) + data
        with self._lock, suppress(BlockingIOError, BrokenPipeError):
            os.write(self._handle, frame)

    def news(self, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode()
        frame = FRAME.pack(NEWS, 0, time.monotonic(), len(text)) + text
        with self._lock:
            while frame:
                try:
                    frame = frame[os.write(self._handle, frame) :]
                except BlockingIOError:
                    time.sleep(0.01)


class _System:
    """One MIDI system of this machine: ALSA, JACK, CoreMIDI or Windows."""

    def __init__(self, rtmidi: Any, api: int) -> None:
        self._rtmidi, self._api = rtmidi, api
        self._lister: Any = None
        self._tried_at = -_RETRY_S

    def names(self) -> dict[str, str]:
        """Ports that send MIDI, with the system's own names for them; none while the system cannot be reached, which is
        tried every few seconds."""
        if self._lister is None and time.monotonic() - self._tried_at >= _RETRY_S:
            self._tried_at = time.monotonic()
            with suppress(Exception):
                self._lister = self._rtmidi.MidiIn(self._api, name=f"{VIRTUAL_PORT} ports")
                if self._api == self._rtmidi.API_UNIX_JACK:
                    _watch_jack()
        if self._lister is None:
            return {}
        return self._told_apart(self._lister.get_ports())

    @property
    def reached(self) -> bool:
        return self._lister is not None

    @property
    def has_virtual_ports(self) -> bool:
        return bool(self._api != self._rtmidi.API_WINDOWS_MM)

    def open(self, name: str | None, number: int, out: _Out) -> Any:
        """Listen to the port of this name, or make a virtual one; the port, to be kept while it is wanted."""
        port = self._rtmidi.MidiIn(self._api, name=VIRTUAL_PORT if name is None else f"{VIRTUAL_PORT} input")

        def arrived(event: tuple[list[int], float], _: object = None) -> None:
            if len(event[0]) <= _MOST_BYTES:
                out.midi(number, bytes(event[0]))

        port.set_callback(arrived)
        port.ignore_types(sysex=True, timing=False, active_sense=True)
        if name is None:
            port.open_virtual_port(VIRTUAL_PORT)
        else:
            port.open_port(list(self._told_apart(port.get_ports())).index(name), name=VIRTUAL_PORT)
        return port

    def _told_apart(self, owns: list[str]) -> dict[str, str]:
        """By names that stay when a port comes again; of two equal keyboards the second is “… (2)”."""
        apart: dict[str, str] = {}
        for own in owns:
            name, count = self._plain(own), 1
            while (shown := name if count == 1 else f"{name} ({count})") in apart:
                count += 1
            apart[shown] = own
        return apart

    def _plain(self, name: str) -> str:
        """ALSA ends names with numbers that differ each time a keyboard is plugged in."""
        start, _, numbers = name.rpartition(" ")
        is_alsa = self._api == self._rtmidi.API_LINUX_ALSA
        return start if is_alsa and start and numbers.replace(":", "").isdigit() else name


_jack_watch: list[object] = []
"""What the JACK library holds pointers to: kept for the life of the process."""


def _watch_jack() -> None:
    """End this process when the JACK server ends: python-rtmidi is not told, and nothing can be closed any more."""
    if _jack_watch:
        return
    with suppress(OSError, AttributeError):
        jack = ctypes.CDLL("libjack.so.0")
        jack.jack_client_open.restype = ctypes.c_void_p
        jack.jack_client_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
        shutdown = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        jack.jack_on_shutdown.argtypes = [ctypes.c_void_p, shutdown, ctypes.c_void_p]
        client = jack.jack_client_open(b"Petrichord watch", _NO_START_SERVER, None)
        if client:
            callback = shutdown(lambda _: os._exit(_JACK_GONE))
            _jack_watch.extend((jack, client, callback))
            jack.jack_on_shutdown(client, callback, None)


class _Ports:
    """Keeps what is open equal to what is wanted and there."""

    def __init__(self, rtmidi: Any, out: _Out) -> None:
        self._out = out
        self._systems = [_System(rtmidi, api) for api in rtmidi.get_compiled_api() if api != rtmidi.API_RTMIDI_DUMMY]
        self._open: dict[tuple[str, int], tuple[int, Any, str]] = {}
        """By name and place in `_systems`; the virtual port's name is "". Number, port, and the system's own name."""
        self._numbers = 0
        self._told: object = None
        self.wanted: frozenset[str] = frozenset()

    def update(self) -> None:
        there = [system.names() for system in self._systems]
        news = {
            "ports": list(dict.fromkeys(name for names in there for name in names)),
            "virtual": any(system.reached and system.has_virtual_ports for system in self._systems),
            "trouble": "" if any(system.reached for system in self._systems) else _why_none(),
        }
        if news != self._told:
            self._told = news
            self._out.news(news)
        possible = {(name, place): own for place, names in enumerate(there) for name, own in names.items()}
        possible |= {("", place): "" for place, s in enumerate(self._systems) if s.reached and s.has_virtual_ports}
        wanted = {port: own for port, own in possible.items() if port[0] in self.wanted}
        # One that came again between two looks is another port by the same name.
        for port in [port for port, (_, _, own) in self._open.items() if wanted.get(port) != own]:
            number, opened, _ = self._open.pop(port)
            self._out.news({"lost": number})
            opened.close_port()
        for port in sorted(wanted.keys() - self._open.keys()):
            self._open_one(port, wanted[port])

    def _open_one(self, port: tuple[str, int], own: str) -> None:
        name, place = port
        number = self._numbers = (self._numbers + 1) % 65536
        # Told before anything can arrive. A port that is busy or has just gone is tried again at the next look.
        self._out.news({"opening": name, "number": number})
        with suppress(Exception):
            self._open[port] = number, self._systems[place].open(name or None, number, self._out), own
            self._out.news({"opened": number})


def _why_none() -> str:
    if sys.platform == "linux":
        if os.path.exists("/dev/snd/seq") and not os.access("/dev/snd/seq", os.R_OK | os.W_OK):
            return "MIDI ports need permission to use /dev/snd/seq: add yourself to the group “audio” and log in again."
        why = "No MIDI ports here: neither ALSA's sequencer (load the module snd-seq) nor a JACK server can be reached."
    else:
        why = "This system's MIDI service cannot be reached: restart the computer, or update its MIDI drivers."
    return why


def _favour() -> None:
    """Real-time priority where it is allowed, above all else in the instrument but its sound: a note waits for it."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))


def main() -> None:
    _favour()
    # The pipe under another number, and whatever a library prints to its old one goes nowhere.
    out = _Out(os.dup(1))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        import rtmidi
    except ImportError:
        out.news({"ports": [], "virtual": False, "trouble": _NO_LIBRARY})
        sys.stdin.read()
        return
    ports, commands = _Ports(rtmidi, out), queue.SimpleQueue[str]()
    threading.Thread(target=_read_commands, args=(commands,), daemon=True).start()
    line = "{}"
    while line:
        if "open" in (asked := json.loads(line)):
            ports.wanted = frozenset(asked["open"]) | ({""} if asked["virtual"] else set())
        ports.update()
        try:
            line = commands.get(timeout=_POLL_S)
        except queue.Empty:
            line = "{}"
    os._exit(0)


def _read_commands(commands: "queue.SimpleQueue[str]") -> None:
    """Each line, and an empty one at the end."""
    while True:
        line = sys.stdin.readline()
        commands.put(line)
        if not line:
            return


if __name__ == "__main__":
    main()
