"""Plays spectral → BigVGAN → spectral through the default output; for `test_device_swap`, as PortAudio starts once.

`python -m tests.device.swap_child CHECKPOINT TAKE.wav` records the take and prints one JSON object: seconds into the
take at which each vocoder began to be heard alone, and the engine's status.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def play(checkpoint: Path, take: Path) -> dict[str, object]:
    """The whole life of one engine."""
    from synth.commands.cli import prepare_environment

    prepare_environment()
    import os

    import torch

    from synth.engine.engine import Engine
    from synth.instrument.parameters.values import ParameterValues
    from synth.loading.prepare import ready_instrument, ready_vocoder
    from synth.presets.model import LOOP_FRAMES
    from synth.thread_priority import raise_thread_priority
    from tests.doubles.cultures import steady_preset
    from tests.doubles.rig import RATE

    torch.set_num_threads(1)
    os.environ["PETRICHORD_BIGVGAN"] = str(checkpoint)
    preset = steady_preset(LOOP_FRAMES)
    first = ready_instrument(preset, RATE, ParameterValues(), "spectral")[0]
    vocoders = [ready_vocoder(preset, RATE, name)[0] for name in ("bigvgan", "spectral")]
    raise_thread_priority("helper")
    engine = Engine(first, playing=True, sample_format="float32")
    engine.start()
    wait_until(lambda: engine.frames > 90)
    engine.record(take)
    wait_until(lambda: engine.status().recording_s > 1.0)
    alone, underruns = [0.0], [engine.status().underruns]
    for vocoder in vocoders:
        engine.change_vocoder(vocoder, "", None, preset.name)
        wait_until(lambda vocoder=vocoder: first.vocoder is vocoder and not first.changing)  # type: ignore[misc]
        # What is computed now is recorded when the ring is empty.
        alone.append(engine.status().recording_s + 0.1)
        underruns.append(engine.status().underruns)
        wait_until(lambda: engine.status().recording_s > alone[-1] + 1.0)
    engine.stop_recording()
    wait_until(lambda: engine.status().last_take is not None)
    status = engine.status()
    engine.close()
    said = [notice.text for notice in status.notices]
    return {
        "alone": alone,
        "underruns": status.underruns - underruns[0],
        "underruns_by": underruns,
        "said": said,
        "vocoder": status.vocoder,
    }


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


if __name__ == "__main__":
    print(json.dumps(play(Path(sys.argv[1]), Path(sys.argv[2]))))
