"""What effects cost: `python -m tests.benchmarks.effects`.

Share of one core at 48 kHz, in the engine's blocks of a frame, of each effect alone and of all five, of noise: the
median of all blocks. They take turns block by block, so that all are measured under the same load.
"""

import time

import numpy as np

from synth.effects.rack import EffectsRack
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.values import ParameterValues

RATE, BLOCK, SECONDS = 48000, 557, 20


def main() -> None:
    switches = {name: {f"{name}_on": True} for name in EFFECTS}
    every = {id: on for switch in switches.values() for id, on in switch.items()}
    sets: dict[str, dict[str, float]] = {"none": {}, **switches, "all": every, "all, moved in every frame": every}
    racks = {name: EffectsRack(RATE, ParameterValues(given)) for name, given in sets.items()}
    sound = (0.1 * np.random.default_rng(0).standard_normal((2, BLOCK))).astype(np.float32)
    n_blocks = SECONDS * RATE // BLOCK
    took = {name: np.zeros(n_blocks) for name in racks}
    for i in range(n_blocks):
        for name, rack in racks.items():
            begin = time.perf_counter()
            if name.endswith("frame"):
                wave = float(np.sin(0.3 * i))
                rack.obey({"eq_low_db": 9 * wave, "reverb_mix": 0.5 + 0.4 * wave, "delay_mix": 0.5 + 0.4 * wave})
            rack.process(sound)
            took[name][i] = time.perf_counter() - begin
    for name, times in took.items():
        print(f"{name:26} {100 * np.median(times) * RATE / BLOCK:6.2f} % of a core")


if __name__ == "__main__":
    main()
