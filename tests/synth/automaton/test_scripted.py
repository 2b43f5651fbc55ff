"""TorchScript where it is supported, plain torch elsewhere: the same cells and the same sound to the bit."""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor

from synth.automaton import scripted as module
from synth.automaton.scripted import PLAIN, has_torchscript, scripted

CHILD = """
import hashlib
from typing import get_args

import torch

from synth.automaton import stepper
from synth.automaton.gestures import Gesture, GestureKind
from synth.instrument.instrument import Instrument
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
preset = live_preset()
with torch.inference_mode():
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 48000)
    sound = b"".join(instrument.process(n).tobytes() for n in (1, 4, 4, 7))
    for at, kind in enumerate(get_args(GestureKind)):
        instrument.culture.touch(Gesture(kind, 20 * at, 10 + 5 * at))
        sound += instrument.process(8).tobytes()
    cells = instrument.culture.cells().numpy().tobytes()
print(hasattr(stepper._step_awake, "__wrapped__"), hashlib.sha256(sound + cells).hexdigest(), len(sound))
"""


def twice(x: Tensor, times: int) -> Tensor:
    for _ in range(times):
        x = x.mul(2.0)
    return x


def rendered_here() -> list[str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(CHILD, {})
    return said.getvalue().split()


def rendered_plainly() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        # One thread, as in the engine: threads that wait for each other on a busy machine use the processor meanwhile.
        env={**os.environ, "OMP_NUM_THREADS": "1", PLAIN: "1"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("version", "supported"), [((3, 11), True), ((3, 13), True), ((3, 14), False), ((3, 15), False), ((4, 0), False)]
)
def test_torchscript_is_used_up_to_python_3_13(version: tuple[int, ...], supported: bool) -> None:
    assert has_torchscript(version) is supported


def test_without_torchscript_torch_is_never_asked_to_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("TorchScript is not supported here")

    monkeypatch.setattr(torch.jit, "script", refuse)
    monkeypatch.setattr(module, "has_torchscript", lambda: False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = scripted(twice)
    assert torch.equal(run(torch.ones(2), 3), torch.full((2,), 8.0))


def test_with_torchscript_the_function_is_compiled() -> None:
    assert scripted(twice) is not twice or not has_torchscript()
    assert torch.equal(scripted(twice)(torch.ones(2), 3), twice(torch.ones(2), 3))


def test_the_sound_is_the_same_with_and_without_to_the_bit() -> None:
    usual, plain = rendered_here(), rendered_plainly()
    assert not os.environ.get(PLAIN)
    assert usual[0] == str(has_torchscript())
    assert plain[0] == "False"
    assert int(usual[2]) > 40 * 512 * 2 * 4
    assert usual[1:] == plain[1:]
    assert usual[1] != hashlib.sha256(b"").hexdigest()
