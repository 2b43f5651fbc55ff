"""`petrichord doctor`: what this machine can do, what it lacks, and how to get it."""

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

CUDA_LINE = (
    "take pip's CUDA line from https://pytorch.org/get-started/locally/ and add torch==2.13.0 --force-reinstall to it"
)
"""Without --force-reinstall pip is content with the build that is there."""
_MEASURE_S = 1.0
_ENOUGH_STEPS_PER_S = 200.0
"""Twice what the default evolution needs, so that the engine stays below half of a core."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    subject: str
    good: bool
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "ok" if self.good else "--"
        return f"{mark}  {self.subject:<10} {self.text}" + (f"\n    {'':<10} → {self.remedy}" if self.remedy else "")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """Always 0: something that is lacking is a finding, not a failure."""
    checks: tuple[Callable[[], Finding], ...] = (
        _versions, _audio, _display, _gpu, _bigvgan_package, _bigvgan_weights, _presets, _speed, _log,
    )  # fmt: skip
    findings = []
    for check in checks:
        findings.append(check())
        if not args.json:
            print(findings[-1], flush=True)
    if args.json:
        print(json.dumps([asdict(f) for f in findings], indent=1))
    return 0


def _versions() -> Finding:
    import torch

    from synth import __version__

    versions = f"petrichord {__version__}, Python {platform.python_version()}, torch {torch.__version__}"
    return Finding("versions", True, f"{versions}, {platform.platform()}, {os.cpu_count()} cores")


def _audio() -> Finding:
    from synth.device.devices import choose, list_devices
    from synth.errors import AudioDeviceError

    try:
        devices = list_devices()
        default = choose(devices, None)
    except AudioDeviceError as error:
        remedy = "Petrichord plays on in silence and can still render and record."
        return Finding("audio", False, str(error), remedy)
    outputs = f"{len(devices)} output{'' if len(devices) == 1 else 's'}"
    return Finding("audio", True, f"{outputs}; the default is “{default.label}” at {default.rate_hz} Hz")


def _display() -> Finding:
    from ui.shell.probe import display_usable

    usable, why = display_usable()
    if usable:
        return Finding("display", True, "a window can be opened")
    remedy = "use petrichord play or render"
    if "lib" in why:
        remedy = (
            "install the named library (on Debian or Ubuntu: apt install libegl1 libxkbcommon0 libxcb-cursor0), or "
        )
        remedy += "use petrichord play or render"
    return Finding("display", False, why, remedy)


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("gpu", True, f"{torch.cuda.get_device_name()}, used by training, and in play where it is faster")
    if torch.backends.mps.is_available():
        return Finding("gpu", True, "Apple GPU, used by training, and in play where it is faster")
    card = nvidia_card()
    if not card:
        return Finding("gpu", True, "none found; nothing needs one")
    if torch.version.cuda is None:
        return Finding("gpu", False, f"{card} is present, but this torch is built for the processor only", CUDA_LINE)
    remedy = "install NVIDIA's driver, or one new enough for CUDA " + torch.version.cuda
    return Finding("gpu", False, f"{card} is present, but its driver does not answer", remedy)


def gpu() -> Finding:
    """What there is to compute on beside the processor; may ask NVIDIA's tool, which takes a second."""
    return _gpu()


def nvidia_card(pci: Path = Path("/sys/bus/pci/devices")) -> str:
    """An NVIDIA display adapter's name, or "" when none is found; asks its tool, then the driver and the PCI bus."""
    from synth.accelerator import nvidia_card_present
    from synth.thread_priority import ordinary

    tool = shutil.which("nvidia-smi")
    if tool:
        with ordinary():
            asked = subprocess.run(
                [tool, "--query-gpu=name", "--format=csv,noheader"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=20,
                check=False,
            )
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.splitlines()[0].strip()
    return "an NVIDIA card" if nvidia_card_present(pci) else ""


def _bigvgan_package() -> Finding:
    missing = [name for name in ("bigvgan", "librosa") if importlib.util.find_spec(name) is None]
    if not missing:
        return Finding("bigvgan", True, "the package is installed")
    return Finding("bigvgan", False, f"{' and '.join(missing)} not installed", "pip install --no-deps bigvgan==2.4.1")


def _bigvgan_weights() -> Finding:
    from synth.mel import FORMATS
    from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, recommended
    from synth.vocoder.bigvgan.folders import installed
    from synth.vocoder.bigvgan.weights import find_weights
    from synth.vocoder.choice import read_choice

    choice, damage = read_choice()
    found = {name: find_weights(fmt, None, choice.checkpoint) for name, fmt in FORMATS.items()}
    have = [f"{name} from {path}" for name, path in found.items() if path is not None]
    names = [known.name for known in CHECKPOINTS if installed(known.name)]
    text = "; ".join([*have, f"installed: {', '.join(names) or 'none'}"])
    if damage:
        return Finding("weights", False, text, damage)
    if have:
        return Finding("weights", True, text)
    remedy = f"petrichord vocoder get {recommended(_has_gpu()).name}; the spectral vocoder needs none"
    return Finding("weights", False, "no BigVGAN checkpoint", remedy)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _presets() -> Finding:
    from synth.presets.library import entries, user_folder

    known = entries()
    text = f"{sum(e.bundled for e in known)} bundled, {sum(not e.bundled for e in known)} in {user_folder()}"
    return Finding("presets", bool(known), text, "" if known else "install Petrichord again")


def _speed() -> Finding:
    import torch

    from synth.automaton.rules import LiveRule
    from synth.automaton.stepper import fastest_dtype
    from synth.automaton.weather import WeatherSpec

    torch.set_num_threads(1)
    rule = LiveRule(80, WeatherSpec().n_fields)
    fastest = fastest_dtype(rule, 80, 172)
    speeds = {str(d).removeprefix("torch."): steps_per_second(d) for d in {torch.float32, fastest}}
    best = max(speeds.values())
    text = "automaton on one core: " + ", ".join(f"{v:.0f} steps/s in {k}" for k, v in sorted(speeds.items()))
    if best >= _ENOUGH_STEPS_PER_S:
        return Finding("speed", True, text)
    return Finding("speed", False, text, "close other programs, or lower Evolution: sound stays whole either way")


def steps_per_second(dtype: "torch.dtype") -> float:
    """Steps per second of a culture of the default size on one core, measured for a second."""
    import torch

    from synth.automaton.rules import CHANNELS, LiveRule
    from synth.automaton.stepper import Stepper
    from synth.automaton.weather import WeatherSpec

    rule = LiveRule(80, WeatherSpec().n_fields)
    stepper = Stepper(rule, 80, 172, dtype)
    state = torch.zeros(80, 172, CHANNELS).permute(2, 0, 1)
    weather, mask = torch.zeros(rule.n_weather, 80, 172), torch.ones(80, 172)
    with torch.inference_mode():
        for _ in range(3):
            stepper.step(state, weather, mask)
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < _MEASURE_S:
            stepper.step(state, weather, mask)
            steps += 1
    return steps / elapsed


def _log() -> Finding:
    from synth.log import log_path

    return Finding("log", True, f"unexpected errors are written to {log_path()}")


if __name__ == "__main__":
    sys.exit(run(argparse.Namespace(json=False)))
