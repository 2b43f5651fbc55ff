"""A real sound card for tests: a private PulseAudio server with a clocked null sink, and a capture of what it plays.

PortAudio initialises once per process, so whatever plays runs in a child process with `Rig.environment`. Nothing of a
user's own server is touched: runtime folder, state, configuration and ALSA default are private.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.doubles.end_fades import between_fades

RATE = 44100
_START_S = 10.0


def favour(pid: int) -> None:
    """Real-time priority for what stands for hardware, where allowed: desktops' sound servers have it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(6))


class Rig:
    """One server; `capture` records its monitor."""

    def __init__(self, folder: Path, rate_hz: int = RATE) -> None:
        self.rate_hz = rate_hz
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        (folder / "home").mkdir()
        alsa = folder / "asound.conf"
        alsa.write_text("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PULSE_", "DBUS_"))},
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(folder / "home"),
            "HOME": str(folder / "home"),
            "PULSE_STATE_PATH": str(folder / "home"),
            "ALSA_CONFIG_PATH": str(alsa),
        }

    def start(self) -> None:
        """Start the server; AssertionError with its log when it does not come up."""
        for tool in ("pulseaudio", "pactl", "parec"):
            assert shutil.which(tool), f"{tool} is missing: install pulseaudio, pulseaudio-utils, libasound2-plugins"
        arguments = ["--exit-idle-time=-1", "-n", "--daemonize=no", "--log-target=stderr"]
        modules = [
            "module-native-protocol-unix",
            f"module-null-sink sink_name=null rate={self.rate_hz} format=float32le",
        ]
        with open(self._folder / "server.log", "ab") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", *arguments, *(a for m in modules for a in ("-L", m))],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_S
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode:
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("PulseAudio did not start: " + (self._folder / "server.log").read_text()[-2000:])
            time.sleep(0.05)
        favour(self._server.pid)

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def kill(self) -> None:
        """The device vanishes."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(5)
            self._server = None

    @contextlib.contextmanager
    def capture(self, latency_ms: int = 10) -> Iterator["Capture"]:
        """Record what the sink plays. Begun before a stream, it also keeps the sink from idling at 2 s latency."""
        capture = Capture(self, self._folder / f"capture-{time.monotonic_ns()}.raw", latency_ms)
        try:
            yield capture
        finally:
            capture.stop()

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()


class Capture:
    """A running recording of the sink's monitor."""

    def __init__(self, rig: Rig, path: Path, latency_ms: int) -> None:
        self._path = path
        form = ["--format=float32le", f"--rate={rig.rate_hz}", "--channels=2", "--raw"]
        with open(path, "wb") as out:
            self._process = subprocess.Popen(
                ["parec", "-d", "null.monitor", f"--latency-msec={latency_ms}", *form],
                stdout=out,
                env=rig.environment,
            )
        favour(self._process.pid)
        deadline = time.monotonic() + _START_S
        while path.stat().st_size == 0:
            assert self._process.poll() is None, "parec ended"
            assert time.monotonic() < deadline, "the null sink delivers nothing"
            time.sleep(0.02)

    @property
    def samples(self) -> int:
        """Captured so far, per channel."""
        return self._path.stat().st_size // 8

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(5)

    def audio(self) -> NDArray[np.float32]:
        """Everything captured, (N, 2)."""
        data = np.fromfile(self._path, dtype="<f4")
        return data[: len(data) // 2 * 2].reshape(-1, 2)


def align(capture: NDArray[np.float32], take: NDArray[np.float32]) -> int:
    """Offset of `take` in `capture` in samples: an exact search for the loudest second and a half of its beginning."""
    n = min(len(take), 65536)
    head = take[: 20 * n]
    energy = np.add.reduceat((head**2).sum(1), np.arange(0, len(head), n))
    start = int(energy[: max(1, len(head) // n)].argmax()) * n
    probe = take[start : start + n].sum(1).astype(np.float64)
    signal = capture[: start + 40 * RATE + n].sum(1).astype(np.float64)
    size = 1 << (len(signal) + len(probe)).bit_length()
    match = np.fft.irfft(np.fft.rfft(signal, size) * np.conj(np.fft.rfft(probe, size)), size)
    power = np.concatenate([[0.0], np.cumsum(signal**2)])
    last = len(signal) - len(probe) + 1
    error = power[len(probe) : len(probe) + last] - power[:last] - 2 * match[:last]
    return int(error.argmin()) - start


def worst_difference_db(capture: NDArray[np.float32], take: NDArray[np.float32]) -> tuple[float, int]:
    """Largest difference after one alignment, in dBFS, over all of `take` but its faded ends, and the offset."""
    take = between_fades(take, RATE)
    offset = align(capture, take)
    begin, end = max(0, -offset), min(len(take), len(capture) - offset)
    assert end - begin >= 0.98 * len(take), f"only {end - begin} of {len(take)} samples were captured"
    difference = np.abs(capture[begin + offset : end + offset] - take[begin:end]).max()
    return float(20 * np.log10(max(difference, 1e-9))), offset
