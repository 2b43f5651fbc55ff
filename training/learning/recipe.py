"""What a training run is made of."""

from dataclasses import asdict, dataclass, field
from typing import Any

from synth.automaton.weather import WeatherSpec
from training.learning.losses import LossWeights

FROM_PARENT_MINUTES = 1.6
FROM_SCRATCH_MINUTES = 5.5
"""With reading, measuring and the last rollout, two and six minutes on two cores."""
FROM_PARENT_ITERATIONS, FROM_SCRATCH_ITERATIONS = 400, 1000
"""What the library took. Two threads of one core without fast bfloat16 do 210 in 1.6 minutes, and a voice was left at
an LTAS error of 0.8 dB."""
PATIENCE = 2.0
"""How many times its usual minutes a slow machine may take."""


@dataclass(frozen=True)
class Recipe:
    """The live recipe. The run ends after `minutes` of training, or after `iterations` if that is not 0."""

    minutes: float = FROM_SCRATCH_MINUTES
    iterations: int = 0
    fewest: int = 0
    """Iterations below which `minutes` are stretched."""
    patience: float = PATIENCE
    """To how many times as many at most."""
    batch: int = 2
    """Even. From a parent, a cello in equal time: LTAS error 0.28 dB, against 0.47 with 4."""
    frames: int = 128
    """Columns of a culture in training; the same weather, in frames, as in play."""
    hidden: int = 96
    dilations: tuple[int, ...] = (1, 4, 16)
    """With 16 the modulation spectrum of a violin is off by 0.7 dB instead of 1.5 (noise floor 0.8)."""
    pool: int = 128
    elders: int = 4
    """Of the pool, half of every other batch, and never started again. Others are 150 steps old after 400 iterations,
    elders a thousand and more: of a nearly still cello the rule ran wild in between, unseen (LTAS error after 3000
    steps 1.04 dB, 0.56 with elders; of a choir 0.32 and 0.28)."""
    pooled: int = 8
    """Detached pool samples beside the batch in every statistic."""
    min_steps: int = 12
    max_steps: int = 36
    """As good in equal time as 16 to 56 (a flute from a parent: LTAS error 0.21 against 0.24 dB, row W1 0.44, 0.52)."""
    learning_rate: float = 2e-3
    """LTAS error after 1270 iterations on a violin: 0.20 dB, against 0.37 with 1e-3."""
    rate_drops: tuple[float, ...] = (0.5, 0.8)
    """Shares of the run after which the learning rate is multiplied by `rate_drop`."""
    rate_drop: float = 0.3
    restart_every: int = 8
    """Every so many iterations the batch's worst sample starts again from seed cells."""
    damage_from: float = 0.15
    """Share of the run after which every third iteration damages a sample."""
    averaging: float = 0.98
    """Weights are averaged over iterations with this memory; the average is what is kept (Polyak)."""
    checkpoints: tuple[float, ...] = (0.4, 0.7, 1.0)
    """Shares of the run after which the averaged rule is rolled out and may become the best so far."""
    audio_from: float = 1.0
    """Share of the run after which the vocoded sound is judged as well (`audible`); 1 is never."""
    rollout_steps: int = 3000
    clear_of_fade: bool = True
    """Whether levels near the end of the range are learned clear of it (`training.analysis.data.clear_of_fade`)."""
    weather: WeatherSpec = field(default_factory=lambda: WeatherSpec(tau_steps=90.0))
    """After a loop of 172 frames a correlation time of 120 steps is still heard (audibility 0.13), 90 is not (0.06),
    and 60 blurs the modulation spectrum."""
    weights: LossWeights = field(default_factory=LossWeights)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
