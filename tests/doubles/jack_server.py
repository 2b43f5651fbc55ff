"""A private JACK server without a sound card, and a keyboard on it."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from tests.doubles.rig import favour

_MOST_SERVERS = 4
_PATIENCE_S = 0.3
"""A server ends in 0.1 s, unless a client of it has ended without a word: it then waits for that one for 1 to 6 s."""
_PR_SET_PDEATHSIG = 1


class JackServer:
    """`jackd` with its dummy driver: real ports, no hardware. A test that asks for it fails where it is missing.

    JACK knows at most eight servers on a machine and counts one that was killed until a server of the same name starts:
    so names are few, and each belongs to whoever holds its lock.
    """

    def __init__(self, frames: int = 128, rate_hz: int = 44100, *, realtime: bool = False) -> None:
        """The server waits for its clients each period, so what they send arrives once and whole on a busy machine.

        With `realtime` it waits for nobody and their threads come before everything else, as in a studio; that needs
        permission.
        """
        self.name, self._lock = _free_name()
        priority = ["-R", "-P", "10"] if realtime else ["-r", "-S"]
        self._arguments = [*priority, "-d", "dummy", "-r", str(rate_hz), "-p", str(frames)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns at once: whoever needs the server waits for it."""
        if shutil.which("jackd") is None:
            raise AssertionError("MIDI ports are tested against a JACK server: install the package jackd2.")
        self._process = subprocess.Popen(
            ["jackd", "-n", self.name, *self._arguments],
            env=os.environ | {"JACK_NO_AUDIO_RESERVATION": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent,
        )
        # Before it starts its threads: it stands for hardware, which waits for nobody.
        favour(self._process.pid)

    def kill(self) -> None:
        """As a crash would."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop, and let others have the name: their server takes away what one that had to be killed leaves."""
        self._end(signal.SIGTERM)
        self._lock.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class Keyboard:
    """Something with one MIDI output, plugged in while the `with` block lasts."""

    def __init__(self, server: JackServer, name: str = "keyboard") -> None:
        self.name = f"{name}:out"
        self._arguments = [sys.executable, "-m", "tests.doubles.jack_sender", server.name, name]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Keyboard":
        def started() -> bool:
            """The server may still be starting."""
            self._process = subprocess.Popen(
                self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            if self._read() == "ready":
                return True
            self._close()
            return False

        wait_until(started, "the JACK server does not answer")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close("close")

    def connect(self, client_name: str) -> None:
        """Connect to the MIDI input of this client, once it is there."""
        assert self._ask("connect", client_name) == "done", f"{client_name} has no MIDI input"

    def send(self, *messages: bytes) -> None:
        """One after the other, eleven thousand a second; returns when all are on their way."""
        assert self._ask("send", *[message.hex() for message in messages]) == "done", "the keyboard has ended"

    def _ask(self, *what: str) -> str:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _close(self, *last_words: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.communicate(json.dumps(last_words) + "\n" if last_words else None, timeout=5)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.communicate()


def _end_with_parent() -> None:
    """Tests that are killed leave no server behind, which would answer to the next one's name."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_name() -> tuple[str, IO[bytes]]:
    for number in range(_MOST_SERVERS):
        name = f"petrichord-test-{number}"
        lock = (Path(tempfile.gettempdir()) / f"{name}.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return name, lock
    raise AssertionError(f"{_MOST_SERVERS} JACK servers are in use by other tests")


def wait_until(condition: Callable[[], bool], complaint: str, timeout_s: float = 20.0) -> None:
    """Until the condition holds; fails with the complaint after so long."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.02)
