"""Random hands on the whole window: nothing breaks, nothing stutters, nothing is left behind, nothing grows.

    python -m tests.benchmarks.monkey [--seed 1 2 3] [--actions 300] [--preset NAME] [--minutes 60 --load]

Real engine and window under Xvfb (software rendering) and openbox, with a private sound server and private folders. For
each seed: random clicks on every control, typing into every box, drags, strokes, keys, presets, sizes, sheets, takes;
for so many actions, or for so many minutes. With --load a busy process runs on every core. Prints one JSON object per
seed, with the resident memory every five minutes; exit code 1 when an exception, Qt message, modal box, lost key,
leaked control, underrun, leaked thread or timer, or memory growth above 5 % was found.
"""

import argparse
import contextlib
import faulthandler
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from synth.commands.cli import prepare_environment
from tests.benchmarks.soak import busy_cores
from tests.doubles.rig import Rig
from tests.ui.hands.display import virtual_display

MEMORY_GROWTH = 0.05
_CHANGES = 4
"""Presets changed before anything is counted."""
_EVERY_S = 300
_WARM_UP = 1 / 3
"""Share of the actions after which memory is expected to stay as it is."""


def growth(memory_mb: list[float]) -> float:
    """Of the last sixth over the sixth after the warm-up, medians."""
    n = len(memory_mb)
    first, span = round(_WARM_UP * n), max(1, n // 6)
    return statistics.median(memory_mb[-span:]) / statistics.median(memory_mb[first : first + span]) - 1


def by_minute(memory_mb: list[float], at_s: list[float]) -> dict[str, int]:
    """Resident memory at the beginning, after every five minutes and at the end, by the minute."""
    marks = [*(k for k, at in enumerate(at_s) if k == 0 or at // _EVERY_S > at_s[k - 1] // _EVERY_S), len(at_s) - 1]
    return {f"{at_s[k] / 60:.1f}": round(memory_mb[k]) for k in marks}


def _perform(window: object, seed: int, n_actions: int, minutes: float) -> dict[str, object]:
    """Let random hands loose on the window, close it; what was found."""
    from tests.ui.hands.monkey import Monkey
    from tests.ui.hands.mouse_and_keys import pause

    with Monkey(window, seed) as monkey:  # type: ignore[arg-type]
        window.transport.play.click()  # type: ignore[attr-defined]
        # Three instruments live at once during a change: their room, 25 MB each, is taken once and kept. Without this,
        # a seed that comes to its first change late would call that growth.
        for _ in range(_CHANGES):
            window.header.previous.click()  # type: ignore[attr-defined]
            pause(1.0)
        monkey.run(n_actions, minutes=minutes)
        status = window.engine.status()  # type: ignore[attr-defined]
        window.close()  # type: ignore[attr-defined]
    return {
        "seed": seed,
        "actions": len(monkey.done),
        "findings": monkey.findings,
        "underruns": status.underruns,
        "underruns_after": monkey.underruns_after,
        "rescues": status.rescues,
        "device": status.device,
        "memory_mb": [round(m) for m in monkey.memory_mb[:: max(1, len(monkey.done) // 12)]],
        "memory_mb_at_minute": by_minute(monkey.memory_mb, monkey.memory_at_s),
        "memory_growth": round(growth(monkey.memory_mb), 4),
        "notices": [notice.text for notice in status.notices],
        "banner": window.banner.text,  # type: ignore[attr-defined]
    }


def _inside(seed: int, n_actions: int, preset: str, minutes: float) -> int:
    """In the private display: the command's own window, and one pair of random hands."""
    from synth.commands.cli import main as command
    from tests.ui.hands.monkey import left_behind

    faulthandler.register(signal.SIGUSR1)
    app = QApplication(["petrichord"])
    timer = QTimer()
    told: dict[str, object] = {}
    before = {thread.name for thread in threading.enumerate()}
    windows = []

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if type(window).__name__ == "MainWindow" and window.engine.view() is not None:  # type: ignore[attr-defined]
                timer.stop()
                windows.append(window)
                # A fault of the test itself ends the child: in a slot it would be one more banner.
                try:
                    told.update(_perform(window, seed, n_actions, minutes))
                except BaseException:
                    traceback.print_exc()
                    os._exit(70)

    timer.timeout.connect(look)
    timer.start(50)
    code = command([preset])
    told["left_behind"] = left_behind(windows[0], before)  # type: ignore[arg-type]
    print(json.dumps(told), flush=True)
    del app
    return code


def play(seed: int, n_actions: int, preset: str, folder: Path, minutes: float = 0.0) -> dict[str, object]:
    """One seed in a child process with everything private; what it found."""
    rig = Rig(folder)
    rig.start()
    prepare_environment()
    try:
        with virtual_display(1920, 1200) as screen, rig.capture():
            environment = {**screen, **rig.environment, "DISPLAY": screen["DISPLAY"], "QT_QPA_PLATFORM": "xcb"}
            for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_MUSIC_DIR"):
                environment[name] = str(folder / "home" / name.lower())
            environment |= {name: os.environ[name] for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
            environment["HF_HUB_OFFLINE"] = "1"
            # Without a window manager no window is active, and keys are no shortcuts.
            manager = subprocess.Popen(["openbox"], env={**os.environ, **screen}, stderr=subprocess.DEVNULL)
            command = [sys.executable, "-m", "tests.benchmarks.monkey", "--inside", "--seed", str(seed)]
            command += ["--actions", str(n_actions), "--preset", preset, "--minutes", str(minutes)]
            child = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            try:
                out, said = child.communicate(timeout=60 + n_actions + 75 * minutes)
            except subprocess.TimeoutExpired:
                # Its fault handler writes where every thread is.
                child.send_signal(signal.SIGUSR1)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.communicate(timeout=2)
                child.kill()
                out, said = child.communicate()
            finally:
                manager.terminate()
                manager.wait()
    finally:
        rig.close()
    if child.returncode or not out.strip():
        return {"seed": seed, "findings": [f"it ended with {child.returncode}: {said[-9000:]}"]}
    result: dict[str, object] = json.loads(out.splitlines()[-1])
    return result | {"said": said[-1000:]}


def failures(result: dict[str, object]) -> list[str]:
    """Every figure that is not reached, in words."""
    found = [*result["findings"], *result.get("left_behind", [])]  # type: ignore[misc]
    if result.get("underruns"):
        found.append(f"{result['underruns']} underruns")
    if result.get("memory_growth", 0) > MEMORY_GROWTH:  # type: ignore[operator]
        found.append(f"memory grew by {100 * result['memory_growth']:.1f} %")  # type: ignore[operator]
    return found


def main() -> int:
    """Each seed in turn, or the child of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--actions", type=int, default=300)
    parser.add_argument("--preset", default="violin")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on for so long, if the actions take less")
    parser.add_argument("--load", action="store_true", help="a busy process on every core")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return _inside(args.seed[0], args.actions, args.preset, args.minutes)
    failed = False
    for seed in args.seed:
        with tempfile.TemporaryDirectory() as name, busy_cores((os.cpu_count() or 1) if args.load else 0):
            result = play(seed, args.actions, args.preset, Path(name), args.minutes)
        found = failures(result)
        print(json.dumps(result | {"failures": found}, indent=1, ensure_ascii=False), flush=True)
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
