"""The engine's status, gathered from the parts that know it."""

from dataclasses import dataclass

from synth.device.feeding import Feeding
from synth.engine.load import EngineLoad
from synth.engine.notices import Noticeboard
from synth.engine.observer import Observer
from synth.engine.playing import Playing
from synth.engine.protocol import Status
from synth.engine.rest import Rest
from synth.engine.takes.deck import Deck
from synth.engine.transport import Transport
from synth.output.master import Master
from synth.output.sent_levels import SentLevels


@dataclass(frozen=True)
class StatusSources:
    """The parts of one engine that its status tells of; read from any thread."""

    playing: Playing
    transport: Transport
    deck: Deck
    feeding: Feeding
    rest: Rest
    load: EngineLoad
    observer: Observer
    levels: SentLevels
    master: Master
    notices: Noticeboard

    def status(self, rate_hz: int, out_delay_s: float) -> Status:
        """How the engine is now; `out_delay_s` is its latency without the instrument's own."""
        levels = self.levels.look()
        current, recorder, player = self.playing.current, self.deck.recorder, self.deck.player
        return Status(
            playing=self.transport.held,
            preset=current.preset.name,
            device=self.feeding.name,
            rate_hz=rate_hz,
            latency_s=out_delay_s + current.delay_s,
            device_s=self.feeding.device_s,
            resting=self.rest.resting,
            load=0.0 if self.rest.resting else self.load.load,
            steps_per_second=self.observer.steps_per_second,
            slowed=self.load.slowed,
            underruns=self.feeding.underruns,
            rescues=self.playing.cross_fade.rescues,
            peak_db=levels.peak_db,
            loudness_lufs=levels.loudness_lufs,
            clipped=levels.clipped,
            limiting_db=self.master.limiting_db,
            recording=None if recorder.armed else recorder.path,
            recording_s=recorder.seconds if recorder.active else 0.0,
            armed=recorder.armed,
            last_take=recorder.last_take,
            take=player.path,
            take_s=player.position_s(),
            morph=self.playing.second_preset,
            vocoder=self.playing.vocoder,
            notices=self.notices.latest,
        )
