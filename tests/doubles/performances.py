"""Takes and their performances, made without an engine, a device or a clock: the same log, told block by block."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.engine.mixdown import Mixdown
from synth.engine.notices import Noticeboard
from synth.engine.playing import Playing
from synth.engine.transport import Transport
from synth.instrument.events import Action
from synth.instrument.instrument import Instrument
from synth.output.chain import Chain
from synth.saved_arrays import prefixed
from synth.takes.performance_log import PerformanceLog


class OfflineTake:
    """One take of an instrument that plays at full level."""

    def __init__(self, take: Path, instrument: Instrument, n_before: int = 0) -> None:
        """The take begins after `n_before` frames."""
        self.take, self.playing = take, Playing(instrument, "", Noticeboard())
        self.notices: list[str] = []
        self.chain = Chain(instrument.out_rate_hz, instrument.controls, playing=False)
        self.transport = Transport(self.chain.master, held=True)
        self.mixdown = Mixdown(self.playing.cross_fade, self.transport, self.chain, instrument.out_rate_hz)
        self.log = PerformanceLog(self._answer, lambda text, urgent: self.notices.append(text), "float32")
        self.parts: list[NDArray[np.float32]] = []
        with torch.inference_mode():
            for _ in range(n_before):
                self.mixdown.begin(lambda: self.playing.begin(1.0))
                self.mixdown.finish((), self.playing.take)
        self.log.begin()
        assert self.log.start_at(0) == 0
        self.log.open(take, 0)
        self.playing.log = self.log.tell

    def _answer(self, serial: int) -> None:
        output = {**self.chain.save(), **prefixed("transport", self.transport.save())}
        self.log.tell(self.playing.start(serial, 0, output))

    @property
    def n_samples(self) -> int:
        return sum(part.shape[1] for part in self.parts)

    def play(self, n_blocks: int, actions: Iterable[Action] = (), limit: float = 1.0) -> None:
        """Blocks of two frames, as the engine makes them; what is asked is done before them."""
        for action in actions:
            self.playing.send(action)
        with torch.inference_mode():
            for _ in range(2 * n_blocks):
                self.mixdown.begin(lambda: self.playing.begin(limit))
                self.parts.append(self.mixdown.finish((), self.playing.take))
        self.log.keep(self.n_samples)

    def end(self) -> NDArray[np.float32]:
        """The take's samples, (N, 2)."""
        self.log.end(self.n_samples)
        return np.concatenate(self.parts, axis=1).T
