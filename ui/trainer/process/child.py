"""The child process that trains: started behind the sound, listened to without trust, stopped for certain.

It runs nicely, on few threads, and ends when its standard input closes: when this process is gone, however it went.
"""

import contextlib
import datetime
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from synth.errors import TrainingError
from synth.thread_priority import ordinary
from ui.trainer.process.lines import Message, understood

NICE, PLAN_NICE = 10, 5
"""Training waits for everybody; for a plan somebody waits."""
_LINE_BYTES = 1 << 17
_MOST_MESSAGES = 2048
_LOG_BYTES = 1 << 20
_BYTES_PER_BREATH = 1 << 18
_BREATH_S = 0.1
"""A child that babbles is read at no more than 2.5 MB/s: the rest waits in the pipe, and the child with it."""


def train_command(*arguments: str) -> list[str]:
    """The command line of `petrichord train` in this installation."""
    return [sys.executable, "-m", "synth.commands.cli", "train", *arguments]


def thread_count() -> int:
    """How many threads a training may use: half the machine, at least one, and never many: they stop paying."""
    return max(1, min(4, (os.cpu_count() or 2) // 2))


class Child:
    """One process, from its start to its end. `TrainingError` when it cannot be started."""

    def __init__(self, command: Sequence[str], log: Path, nice: int = NICE) -> None:
        """What it says that is no message goes to the file `log`."""
        self.log = log
        self._messages: deque[Message] = deque(maxlen=_MOST_MESSAGES)
        self.heard_at = time.monotonic()
        """When it last said something that was understood."""
        begun = datetime.datetime.now().isoformat(timespec="seconds")
        self._write_down(f"--- {begun} {shlex.join(command)}\n".encode())
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        try:
            with ordinary():
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    creationflags=flags,
                    # Ctrl-C in a terminal is this process's alone: a child told twice would not write its state.
                    process_group=None if sys.platform == "win32" else 0,
                )
        except OSError as error:
            raise TrainingError(
                f"Training cannot be started: {error.strerror or error}; close other programs."
            ) from error
        _step_back(self._process.pid, nice)
        self._reader = threading.Thread(target=self._read, name="training-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def messages(self) -> list[Message]:
        """What was said since the last call."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    @property
    def ended(self) -> bool:
        """It has gone, and all that it said was read."""
        return self._process.poll() is not None and not self._reader.is_alive()

    @property
    def code(self) -> int | None:
        """Its exit code, negative for the signal that ended it, None while it runs."""
        return self._process.poll()

    def interrupt(self) -> None:
        """Ask it to stop as Ctrl-C does: it keeps what it has and writes the state to resume from."""
        if self._process.poll() is None:
            try:
                if sys.platform == "win32":
                    self._process.send_signal(signal.CTRL_BREAK_EVENT)
                else:
                    self._process.send_signal(signal.SIGINT)
            except OSError:
                # A window without a console cannot signal: it is told through its standard input.
                self._leave()

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self, patience_s: float) -> None:
        """Interrupt it, give it so long, then end it: afterwards it is gone."""
        self.interrupt()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._leave()
        self._reader.join(1.0)

    def _leave(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def _read(self) -> None:
        out = self._process.stdout
        assert out is not None
        taken, since = 0, time.monotonic()
        with out:
            for line in iter(lambda: out.readline(_LINE_BYTES), b""):
                message = understood(line)
                if message is None:
                    self._write_down(line)
                else:
                    self._messages.append(message)
                    self.heard_at = time.monotonic()
                taken += len(line)
                if taken > _BYTES_PER_BREATH:
                    time.sleep(max(0.0, _BREATH_S - (time.monotonic() - since)))
                    taken, since = 0, time.monotonic()
        self._write_down(f"--- ended with code {self._process.wait()}\n".encode())
        self._leave()

    def _write_down(self, line: bytes) -> None:
        # A full disk must not keep anybody from listening.
        with contextlib.suppress(OSError):
            if not self.log.exists() or self.log.stat().st_size < _LOG_BYTES:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                with self.log.open("ab") as file:
                    file.write(line)


def _environment() -> dict[str, str]:
    threads = str(thread_count())
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, threads), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _step_back(pid: int, nice: int) -> None:
    """Behind everything that sounds."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, nice)
