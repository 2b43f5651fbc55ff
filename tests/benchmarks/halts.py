"""Stop the sound server or the player, let it go on, and tell how the player took it.

`python -m tests.benchmarks.halts` plays and records through a private sound server that is away for 90 s, then halts
(SIGSTOP, SIGCONT) the server and the player in turn for 2, 5 and 60 s. Prints one JSON object per case; exit code 1
when the sound does not come back within 5 s, comes back louder, is told of more than once, or when the take is not
whole.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from synth.device.feeding import STALL_S
from synth.presets.file import save_preset
from synth.presets.model import LOOP_FRAMES
from tests.doubles.cultures import steady_preset
from tests.doubles.rig import RATE, Capture, Rig

Whose = Literal["server", "player"]

BACK_LIMIT_S = 5.0
LOUDER_LIMIT_DB = 1.0
_AUDIBLE = 1e-3
_WINDOW = RATE // 20


@dataclass(frozen=True)
class Outcome:
    """How one case went."""

    case: str
    away_s: float
    back_s: float
    """From the moment it went on until sound was heard again."""
    louder_db: float
    """Loudest sample in the three seconds after, against what came before."""
    said: tuple[str, ...]
    """What the player told meanwhile and afterwards."""
    take_s: float
    played_s: float
    """In which there was an output, or a clock in its place."""
    underruns: int

    def failures(self) -> list[str]:
        """Every figure that is not reached, in words."""
        found = []
        if self.back_s > BACK_LIMIT_S:
            found.append(f"sound came back after {self.back_s:.1f} s")
        if self.louder_db > LOUDER_LIMIT_DB:
            found.append(f"it came back {self.louder_db:.1f} dB louder")
        # A loss is told, and so is its end.
        troubles = [line for line in self.said if " is back" not in line]
        if len(troubles) > 1 or len(self.said) - len(troubles) > 1:
            found.append(f"{len(self.said)} sentences were said")
        if self.take_s < 0.9 * self.played_s:
            found.append(f"the take has {self.take_s:.1f} of {self.played_s:.1f} s")
        return found


class Player:
    """`petrichord play` in a process of its own, and what it says."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        preset = save_preset(steady_preset(LOOP_FRAMES), folder / "steady.safetensors")
        self.take = folder / "take.wav"
        command = [sys.executable, "-m", "synth.commands.cli", "play", str(preset), "--minutes", "10", "--json"]
        command += ["--record", str(self.take)]
        self.process = subprocess.Popen(
            command, env=rig.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("petrichord: "):
                self.said.append(line.strip())

    def finish(self) -> dict[str, float]:
        """End it as a user would; its report."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0
        assert self.process.stdout is not None
        report: dict[str, float] = json.loads(self.process.stdout.read())
        return report

    def close(self) -> None:
        self.process.kill()
        self.process.wait(5)
        self._listener.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextlib.contextmanager
def playing(rig: Rig, folder: Path) -> Iterator[Player]:
    """A player that is heard."""
    player = Player(rig, folder)
    try:
        yield player
    finally:
        player.close()


def wait_for_sound(capture: Capture, since: int, timeout_s: float = 120.0) -> float:
    """Wait until the monitor hears something after a sample; how long it took.

    A player that starts on a busy machine is slow, not wrong.
    """
    began = time.monotonic()
    while not np.abs(capture.audio()[since:]).max(initial=0) > _AUDIBLE:
        assert time.monotonic() - began < timeout_s, "nothing is heard"
        time.sleep(0.05)
    return time.monotonic() - began


def halt(rig: Rig, folder: Path, whose: Whose, seconds: float) -> Outcome:
    """Halt the server or the player for some seconds."""
    with rig.capture() as capture, playing(rig, folder) as player:
        wait_for_sound(capture, 0)
        time.sleep(2.0)
        before = float(np.abs(capture.audio()[-RATE:]).max())
        pid = rig.pid if whose == "server" else player.process.pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        at = capture.samples
        os.kill(pid, signal.SIGCONT)
        # What the server held when it was halted is not the sound that comes back.
        back_s = wait_for_sound(capture, at + _WINDOW)
        time.sleep(3.0)
        after = float(np.abs(capture.audio()[at:]).max())
        report = player.finish()
        return _outcome(f"{whose} halted", seconds, back_s, after / before, player, report)


def outage(rig: Rig, folder: Path, seconds: float) -> Outcome:
    """Take the server away for some seconds."""
    with playing(rig, folder) as player:
        with rig.capture() as capture:
            wait_for_sound(capture, 0)
            time.sleep(1.0)
            before = float(np.abs(capture.audio()[-RATE:]).max())
            rig.kill()
        time.sleep(seconds)
        rig.start()
        began = time.monotonic()
        with rig.capture() as capture:
            wait_for_sound(capture, 0)
            back_s = time.monotonic() - began
            time.sleep(3.0)
            after = float(np.abs(capture.audio()).max())
            report = player.finish()
        return _outcome("server away", seconds, back_s, after / before, player, report)


def _outcome(
    case: str, away_s: float, back_s: float, louder: float, player: Player, report: dict[str, float]
) -> Outcome:
    info = soundfile.info(player.take)
    # Time that nobody counted: the player's own halt, and a server's until it is given up.
    uncounted_s = {"player halted": away_s, "server halted": min(away_s, STALL_S + 1.0)}.get(case, 0.0)
    played_s = report["seconds"] - uncounted_s
    return Outcome(
        case, away_s, back_s, float(20 * np.log10(louder)), tuple(player.said),
        info.frames / info.samplerate, played_s, int(report["underruns"]),
    )  # fmt: skip


def main() -> int:
    cases: list[tuple[str, float]] = [("away", 90.0)]
    cases += [(whose, seconds) for seconds in (2.0, 5.0, 60.0) for whose in ("server", "player")]
    failed = False
    for case, seconds in cases:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rig = Rig(folder)
            rig.start()
            try:
                outcome = outage(rig, folder, seconds) if case == "away" else _halt(rig, folder, case, seconds)
            finally:
                rig.close()
        failed = failed or bool(outcome.failures())
        print(json.dumps(asdict(outcome) | {"failures": outcome.failures()}, ensure_ascii=False), flush=True)
    return int(failed)


def _halt(rig: Rig, folder: Path, case: str, seconds: float) -> Outcome:
    return halt(rig, folder, "server" if case == "server" else "player", seconds)


if __name__ == "__main__":
    sys.exit(main())
