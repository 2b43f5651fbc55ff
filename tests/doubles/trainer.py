"""Stands for `petrichord train`: a small program that says what a training says, or fails in one way of many.

    python -m tests.doubles.trainer WAY PRESET …arguments of `petrichord train`…

Nothing heavy is imported. `PRESET` is copied to where the training's preset goes.
"""

import base64
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

N = 40
PLAN = {"region_s": [0.5, 3.5], "duration_s": 5.0, "decay": False, "ltas_floor_db": 0.5, "remarks": []}


def say(event: str, iteration: int = 0, message: str = "", ltas_db: float | None = None) -> None:
    known = iteration > 0
    line = {
        "event": event,
        "iteration": iteration if known else None,
        "eta_s": 96.0 * (1 - iteration / N) if known else None,
        "loss": 4.0 / iteration if known else None,
        "ltas_db": ltas_db if ltas_db is not None else (20.0 / iteration if known else None),
        "preset_path": "",
        "message": message,
        "share": iteration / N if known else None,
    }
    print(json.dumps(line), flush=True)


def picture(event: str, iteration: int) -> None:
    cells = bytes((row * 3 + column + iteration) % 256 for row in range(80) for column in range(128))
    line = {"event": event, "iteration": iteration, "shape": [80, 128], "cells": base64.b64encode(cells).decode()}
    print(json.dumps(line), flush=True)


def plan(arguments: list[str]) -> None:
    said = {"event": "plan", "message": "", **PLAN}
    if "--start" in arguments:
        start = float(arguments[arguments.index("--start") + 1])
        said["region_s"] = [start, start + float(arguments[arguments.index("--seconds") + 1])]
    print(json.dumps({**said, "root_hz": None, "partials": None}), flush=True)
    print(json.dumps({**said, "root_hz": 440.0, "partials": 12}), flush=True)


def main(way: str, preset: Path, arguments: list[str]) -> int:
    if "--plan" in arguments:
        if way == "refuses":
            say(
                "error",
                message="song.wav is silent where it was asked to be learned from; --start chooses another part.",
            )
            return 2
        plan(arguments)
        return 0
    output = Path(arguments[arguments.index("-o") + 1])
    state = output.with_name(output.name + ".training")
    (output.parent / "arguments.json").write_text(json.dumps(arguments))
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    if way == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if way in ("silent", "deaf"):
        print("thinking", flush=True)
        time.sleep(600)
    if way == "babbles":
        block = b'\xff\xfe{"event": ' + os.urandom(4096) + b'\n{"event": "progress"}\n{"event": 3}\n[]\n'
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            sys.stdout.buffer.write(block)
        return 0
    if way == "refuses":
        say("error", message="Training ran away; try another --seed, or a shorter and steadier region.")
        return 2
    picture("target", 0)
    first = int(state.read_text()) if "--resume" in arguments else 0
    for i in range(first + 1, N + 1):
        say("progress", i)
        picture("culture", i)
        time.sleep(0.5 if way == "slow" else 0.02)
        if i == N // 2:
            shutil.copyfile(preset, output)
            say("checkpoint", i, ltas_db=1.25)
            if way == "crashes":
                print("Traceback (most recent call last):\nZeroDivisionError: division by zero", flush=True)
                return 3
            if way == "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if way == "fills the disk":
                say("error", message=f"The training state could not be written to {state}: No space left on device")
                return 2
            if way == "halts":
                state.write_text(str(i))
                time.sleep(600)
        if stopped:
            shutil.copyfile(preset, output)
            state.write_text(str(i))
            say("done", i, "stopped early, --resume goes on", ltas_db=1.5)
            return 0
    state.unlink(missing_ok=True)
    say("checkpoint", N, ltas_db=0.5)
    say("done", N, "good", ltas_db=0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
