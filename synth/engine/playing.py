"""The instruments that play and the vocoders they play with: presets and vocoders change, what is ill is rescued.

Owned by the engine's thread. Axes: `N` samples; sound is (2, N) float32.
"""

import time
from collections.abc import Callable

import numpy as np

from synth.engine.commands.messages import ChangeCommand
from synth.engine.notices import Noticeboard
from synth.engine.preset_cross_fade import Audio, PresetCrossFade
from synth.instrument.events import Action, AnyAction, BeginMorph, EndMorph, LimitEvolution, LoggedEvent
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.saved_arrays import SavedArrays, prefixed
from synth.takes.companion import beginning_of
from synth.takes.performance import Step
from synth.takes.performance_log import TakeStart
from synth.takes.steps import MorphBegun, PresetBegun

_RESCUE_SERIES_S = 10.0
"""Rescues that follow each other within so long are told once; the count is in the status."""


class Playing:
    """The engine's instruments, why their vocoder was chosen, and the sentences for what happens to them."""

    def __init__(self, instrument: Instrument, reason: str, notices: Noticeboard) -> None:
        """`reason` says why the instrument's vocoder was chosen, "" when there is nothing to say."""
        self.cross_fade = PresetCrossFade(instrument)
        self.reason = reason
        self.listener: Callable[[LoggedEvent], None] | None = None
        """Told of everything that changes what is heard later; frames are those of the instrument that plays, counted
        anew after a `ChangePreset`."""
        self.log: Callable[[Step], None] | None = None
        """Told the same for the take that is recorded, a preset that begins with its whole state."""
        self._notices = notices
        self._partner: Partner | None = None
        """A second preset that waits for the one before it to end."""
        self._announced = instrument
        self._listen_to(instrument)
        self._rescued_at = -_RESCUE_SERIES_S

    @property
    def current(self) -> Instrument:
        """The one that sounds, or fades in."""
        return self.cross_fade.current

    @property
    def vocoder(self) -> str:
        """The name of the vocoder that sounds, and why it was chosen."""
        name = self.current.vocoder.name
        return f"{name} ({self.reason})" if self.reason else name

    @property
    def second_preset(self) -> str:
        """The name of the preset that is played beside the first, or is about to be; "" without one."""
        morph, waiting = self.current.morph, self._partner
        if waiting is not None:
            return waiting.preset.name
        return "" if morph is None or morph.ending else morph.partner.preset.name

    def begin(self, evolution_limit: float) -> None:
        """Compute the next frame and keep it open; the culture evolves at this share of the asked speed."""
        instrument = self.current
        if instrument.evolution_limit != evolution_limit:
            instrument.do(LimitEvolution(evolution_limit))
        if self._partner is not None:
            self._begin_morph(self._partner)
        if ailment := self.cross_fade.begin():
            self._tell_of_rescue(ailment)
        if instrument.vocoders.trouble:
            self.reason = "the graphics card was lost"
        if trouble := instrument.read_trouble():
            self._notices.post(trouble, True)

    def take(self, n: int) -> Audio:
        """The next (2, `n`) of the open frame."""
        sound = self.cross_fade.take(n)
        self._announce()
        return sound

    def process(self, n_frames: int, evolution_limit: float) -> Audio:
        """The next `n_frames` frames, (2, N)."""
        parts = []
        for _ in range(n_frames):
            self.begin(evolution_limit)
            parts.append(self.take(self.cross_fade.left))
        return np.concatenate(parts, axis=1)

    def send(self, action: Action) -> None:
        """To the preset that was asked for last, even while it waits for a cross-fade to end."""
        self.cross_fade.latest.send(action)

    def swap(self, instrument: Instrument, reason: str) -> None:
        """Cross-fade to another instrument."""
        self.reason = reason
        self._listen_to(instrument)
        self.cross_fade.swap(instrument)
        self._announce()

    def change(self, asked: ChangeCommand) -> None:
        """Cross-fade to another vocoder, if it was made for the preset that was asked for last."""
        instrument = self.cross_fade.latest
        if asked.preset in ("", instrument.preset.name):
            self.reason, instrument.vocoders.spare = asked.reason, asked.spare
            instrument.change_vocoder(asked.vocoder, asked.reason)

    def morph(self, partner: Partner) -> None:
        """Play a second preset beside the one it was prepared for, once the one before it has ended; of several that
        wait, the last."""
        self._partner = partner

    def _begin_morph(self, partner: Partner) -> None:
        instrument = self.current
        if self.cross_fade.latest is not instrument:
            # Another preset waits for a cross-fade to end: it may be the one that is meant.
            return
        if not partner.fits(instrument.preset, instrument.out_rate_hz):
            self._partner = None
        elif instrument.morph is None:
            self._partner = None
            instrument.begin_morph(partner)
        elif not instrument.morph.ending:
            instrument.do(EndMorph())

    @property
    def changing(self) -> bool:
        """True while presets or vocoders change."""
        return self.cross_fade.changing or self.current.changing

    @property
    def excused(self) -> bool:
        """True when too much work is no reason to leave the vocoder: two run, or there is no other."""
        return self.current.vocoders.spare is None or self.changing

    def leave_vocoder(self) -> None:
        """Give up the vocoder for the spare one: it takes longer than its sound lasts."""
        instrument = self.current
        spare = instrument.vocoders.spare
        assert spare is not None
        left = instrument.vocoder.name
        self.change(ChangeCommand(spare, f"{left} did not keep up", None, ""))
        self._notices.post(
            f"{left} could not keep up with the sound, so {instrument.vocoder.name} plays on: close other programs "
            "and choose it again, or use a smaller checkpoint.",
            remedy="vocoder",
        )

    def tell(self, action: AnyAction) -> None:
        """This is done now, before the next frame."""
        self._pass_on(LoggedEvent(self.current.frame, action))

    def _pass_on(self, event: LoggedEvent) -> None:
        if self.listener is not None:
            self.listener(event)
        if self.log is not None:
            morph = self.current.morph
            if isinstance(event.action, BeginMorph) and morph is not None:
                self.log(MorphBegun(event.frame, event.action, morph.partner.preset))
            else:
                self.log(event)

    def start(self, serial: int, position: int, chain: SavedArrays) -> TakeStart:
        """All that the sound depends on from here on, of which `chain` is the state of what follows."""
        outgoing = self.cross_fade.outgoing
        mix = {**prefixed("fades", self.cross_fade.save()), **chain}
        begun = None if outgoing is None else beginning_of(outgoing)
        return TakeStart(serial, position, beginning_of(self.current), mix, begun)

    def _listen_to(self, instrument: Instrument) -> None:
        """One that fades out has nothing to tell any more."""
        instrument.listener = lambda event: self._pass_on(event) if instrument is self.current else None

    def _announce(self) -> None:
        """Another preset plays since this was asked last."""
        before, self._announced = self._announced, self.current
        if before is self.current:
            return
        if self.listener is not None:
            self.listener(LoggedEvent(before.frame, self.current.description()))
        if self.log is not None:
            event = self.current.description()
            self.log(PresetBegun(before.frame, event, beginning_of(self.current), before.pending))

    def _tell_of_rescue(self, ailment: str) -> None:
        """One sentence for a series of rescues."""
        now = time.monotonic()
        if now - self._rescued_at > _RESCUE_SERIES_S:
            self._notices.post(f"The culture was {ailment} and has been reseeded.")
        self._rescued_at = now
