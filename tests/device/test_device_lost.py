"""The sound server dies while playing, or stops answering: silence, a sentence, and back again by itself."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset
from tests.doubles.rig import Rig


@contextmanager
def playing(rig: Rig, folder: Path) -> Iterator["queue.Queue[str]"]:
    """`petrichord play` in a child process; yields what it says, line by line."""
    save_preset(steady_preset(64), folder / "steady.safetensors")
    command = [
        sys.executable,
        "-m",
        "synth.commands.cli",
        "play",
        str(folder / "steady.safetensors"),
        "--minutes",
        "0.5",
    ]
    command += ["--record", str(folder / "take.wav"), "--json"]
    player = subprocess.Popen(command, env=rig.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        assert player.stderr is not None
        for line in player.stderr:
            said.put(line.strip())

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield said
        player.send_signal(signal.SIGINT)
        assert player.wait(10) == 0
    finally:
        player.kill()
        player.wait(5)
        listener.join(5)
        for stream in (player.stdout, player.stderr):
            assert stream is not None
            stream.close()


def heard(said: "queue.Queue[str]", words: str, timeout_s: float = 15.0) -> str:
    """Wait until a line with these words is said."""
    deadline = time.monotonic() + timeout_s
    while True:
        line = said.get(timeout=max(0.01, deadline - time.monotonic()))
        if words in line:
            return line


@pytest.mark.device
def test_a_sound_server_that_dies_is_announced_and_used_again_when_it_is_back(rig: Rig, tmp_path: Path) -> None:
    with rig.capture() as capture, playing(rig, tmp_path) as said:
        wait_for_sound(capture_path=capture)
        rig.kill()
        assert "Playing on in silence" in heard(said, "petrichord: ")
        rig.start()
        with rig.capture() as again:
            assert "is back" in heard(said, "is back")
            wait_for_sound(capture_path=again)


@pytest.mark.device
def test_a_sound_server_that_hangs_is_noticed_and_left(rig: Rig, tmp_path: Path) -> None:
    with rig.capture() as capture, playing(rig, tmp_path) as said:
        wait_for_sound(capture_path=capture)
        os.kill(rig.pid, signal.SIGSTOP)
        try:
            assert "Playing on in silence" in heard(said, "petrichord: ")
        finally:
            os.kill(rig.pid, signal.SIGCONT)


def wait_for_sound(capture_path: object, timeout_s: float = 20.0) -> None:
    """Until the monitor hears something."""
    deadline = time.monotonic() + timeout_s
    while not abs(capture_path.audio()).max(initial=0) > 1e-3:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, "nothing is heard"
        time.sleep(0.1)
