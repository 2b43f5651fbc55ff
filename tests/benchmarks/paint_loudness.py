"""Is paint no more than 4 LU louder, on every bundled preset?

    python -m tests.benchmarks.paint_loudness [PRESET …]

Each preset is rendered for one loop without evolution, so that paint stays as it is, plain and painted: by the window's
first brush of paint, drawn over all of time at six pitches and again over what it painted; and by the worst brush that
is known, two rows at 3.5 kHz at full strength, drawn over all of time once and five times. Prints the loudest of each
case in LU above the plain preset, and one JSON object; exit code 1 when one is above 4.
"""

import argparse
import json
import sys

import numpy as np
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.instrument.events import Event, Touch
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loudness import loudness_lufs
from synth.mel import band_centres_hz
from synth.presets.library import bundled_folder, load
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from ui.culture.brushes import LOUDEST_PAINT_LU, PAINT

RATE_HZ = 44100
STILL = ParameterValues(steps_per_frame=0.0)
"""What is painted stays as it is while it is measured."""
_SHARES = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Of the rows, where the first brush paints."""
_WORST_HZ, _WORST_RADIUS, _OVER_AND_OVER = 3500.0, 1.0, 5


def sound_of(preset: Preset, *gestures: Gesture) -> NDArray[np.float32]:
    """A loop of the preset with these gestures at its beginning, (2, N)."""
    instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, STILL)
    with torch.no_grad():
        instrument.schedule([Event(0, Touch(gesture)) for gesture in gestures])
        blocks = [instrument.process(4) for _ in range(preset.n_frames // 4)]
    return np.concatenate(blocks, 1)[:, 8000:]


def first_brush(preset: Preset, row: float) -> list[Gesture]:
    """The brush that paint begins with, drawn along a row for two loops as a hand does."""
    step = PAINT.radius_frames / 2
    columns = np.arange(0, 2 * preset.n_frames, step) % preset.n_frames
    return [PAINT.at(float(column), row) for column in columns]


def worst_brush(preset: Preset, times: int) -> list[Gesture]:
    """Two rows at 3.5 kHz at full strength, all of time."""
    hz = band_centres_hz(preset.mel).numpy()
    row = float(np.abs(hz - _WORST_HZ).argmin())
    gesture = Gesture("paint", 0.0, row, PAINT.radius_frames, _WORST_RADIUS, 1.0, "line", LOUDEST_PAINT_LU)
    return [gesture] * times


def measure(preset: Preset) -> dict[str, float]:
    """LU above the plain preset, by case."""
    plain = loudness_lufs(sound_of(preset), RATE_HZ)

    def louder(gestures: list[Gesture]) -> float:
        return loudness_lufs(sound_of(preset, *gestures), RATE_HZ) - plain

    rows = [round(share * (preset.mel.n_mels - 1)) for share in _SHARES]
    return {
        "first brush": max(louder(first_brush(preset, float(row))) for row in rows),
        "worst": louder(worst_brush(preset, 1)),
        f"worst × {_OVER_AND_OVER}": louder(worst_brush(preset, _OVER_AND_OVER)),
    }


def main() -> int:
    """All bundled presets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET")
    names = parser.parse_args().presets or sorted(path.stem for path in bundled_folder().glob("*.safetensors"))
    torch.set_num_threads(1)
    found = {}
    for name in names:
        found[name] = {case: round(lu, 2) for case, lu in measure(load(name)).items()}
        print(f"{name:18}", *(f"{case} {lu:+.2f} LU" for case, lu in found[name].items()), sep="  ", flush=True)
    loudest = {case: max((of[case], name) for name, of in found.items()) for case in next(iter(found.values()))}
    too_loud = [name for name, of in found.items() if max(of.values()) > LOUDEST_PAINT_LU]
    print(json.dumps({"presets": len(found), "loudest": loudest, "above 4 LU": too_loud}))
    return int(bool(too_loud))


if __name__ == "__main__":
    sys.exit(main())
