"""Rate, buffer and test tone through a real stream: what the sink hears, and that the delay that is told is true."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from synth.output.test_tone import SIDE_S, TONE_DB, TONE_HZ
from tests.doubles.rig import Rig

_PROGRAM = """
import json, sys, time
from synth.commands.cli import prepare_environment
prepare_environment()
import torch
torch.set_num_threads(1)
from synth.instrument.parameters.values import ParameterValues
from synth.device.outputs import Output
from synth.loading.prepare import ready_instrument
from synth.engine.rate_change import ReopeningEngine
from tests.doubles.cultures import steady_preset

def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)

instrument = ready_instrument(steady_preset(64), 44100, ParameterValues(), "spectral")[0]
engine = ReopeningEngine(instrument, Output(rate_hz=44100))
engine.start()
until(lambda: engine.status().device_s > 0)
said = {"before": engine.status().device_s}
engine.test_tone()
time.sleep(2.0)
said["longer"] = engine.set_output(Output(rate_hz=44100, buffer_s=0.15)).result()
until(lambda: engine.status().device_s > 0.1)
said["after"] = engine.status().device_s
engine.play()
until(lambda: instrument.frame > 200)
frame, culture = instrument.frame, instrument.culture
start = time.monotonic()
said["changed"] = engine.set_output(Output(rate_hz=48000)).result()
said["took_s"] = time.monotonic() - start
until(lambda: engine.status().device_s > 0 and instrument.frame > frame + 200)
status = engine.status()
said |= {"rate_hz": status.rate_hz, "same": instrument.culture is culture, "device": status.device}
said |= {"playing": status.playing, "notices": [notice.text for notice in status.notices]}
engine.close()
print(json.dumps(said))
"""


@pytest.mark.device
def test_a_tone_another_buffer_and_another_rate_through_a_real_stream(rig: Rig) -> None:
    with rig.capture() as capture:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env=rig.environment, cwd=Path(__file__).parents[2], timeout=120, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        heard = capture.audio()
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["longer"], said["changed"]) == ("", "")
    assert said["after"] > said["before"] + 0.07
    assert (said["rate_hz"], said["same"], said["playing"]) == (48000, True, True)
    assert any("48 kHz" in text for text in said["notices"])
    assert "no output" not in said["device"]
    _check_tone(heard, rig.rate_hz)
    # The instrument at both rates: two stretches of sound after the tone.
    loud = np.abs(heard[round(2.5 * rig.rate_hz) :]).max(axis=1) > 1e-3
    assert loud.mean() > 0.3


def _check_tone(heard: np.ndarray, rate_hz: int) -> None:  # type: ignore[type-arg]
    """The first sound of all: left, then right, at its level and pitch."""
    start = int(np.flatnonzero(np.abs(heard[:, 0]) > 1e-3)[0])
    n = round(0.8 * SIDE_S * rate_hz)
    left = heard[start + n // 10 :][:n]
    right = heard[start + round(SIDE_S * rate_hz) + n // 10 :][:n]
    for side, sound in ((0, left), (1, right)):
        assert 20 * np.log10(np.abs(sound[:, side]).max()) == pytest.approx(TONE_DB, abs=0.2)
        assert np.abs(sound[:, 1 - side]).max() < 1e-4
        spectrum = np.abs(np.fft.rfft(sound[:, side] * np.hanning(n)))
        assert int(spectrum.argmax()) * rate_hz / n == pytest.approx(TONE_HZ, abs=2)
