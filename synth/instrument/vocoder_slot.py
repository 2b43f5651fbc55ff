"""The instrument's vocoders: the one that plays, the one it takes over from, and the spare for when it fails.

Axes: `W` vocoders at work (1, or 2 during a change: the new one, the old one), `V` voices, `B` = 2 heads, `M` mel
bands, `n` frames, `N` samples.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from synth.errors import DeviceLost
from synth.instrument.reading.playhead import Playhead
from synth.instrument.state import ChangeState
from synth.saved_arrays import SavedArrays, fitted, part, prefixed
from synth.vocoder.changeover import Changeover
from synth.vocoder.contract import DRONE, Onset, Vocoder, VoiceFrames, one_voice
from synth.vocoder.pair import PairVocoder

_FAREWELL_S, _RETURN_S = 0.005, 0.03
"""A vocoder that is lost leaves its last sample, decaying; what follows is faded in."""
_WARM_FRAMES = 8


class VocoderSlot:
    """Turns columns into sound, and leads the playhead so that the same place is heard whichever vocoder plays."""

    def __init__(self, vocoder: Vocoder, out_rate_hz: int, playhead: Playhead) -> None:
        self.vocoder, self._rate_hz, self._playhead = vocoder, out_rate_hz, playhead
        self.spare: Vocoder | None = None
        """Prepared, for when the vocoder cannot keep up or is lost."""
        self.trouble = ""
        """Why the vocoder was lost, until somebody reads it."""
        self._shift: ChangeState | None = None
        """While a change of vocoders lasts: who reads where."""
        self._change: Changeover | None = None
        """The sound of the two; None where the instrument goes on from a state: there is only the new one."""
        self._waiting: Vocoder | None = None
        self._rest: Tensor | None = None
        self._last: Tensor | None = None
        self._since_loss = self._fade = round(_RETURN_S * out_rate_hz)

    @property
    def changing(self) -> bool:
        """True while two vocoders run."""
        return self._shift is not None

    @property
    def change_state(self) -> ChangeState | None:
        """The change that is under way."""
        return self._shift

    @property
    def waiting(self) -> Vocoder | None:
        """What plays after the change that is under way."""
        return self._waiting

    def resume_change(self, change: ChangeState | None) -> None:
        """Be in the middle of this change, the old vocoder being gone already."""
        self._shift, self._change, self._waiting, self._rest = change, None, None, None

    def save(self) -> SavedArrays | None:
        """A copy of all that the sound depends on besides what is read; None where the vocoder cannot tell, or while
        two change places."""
        sound = self.vocoder.save()
        if sound is None or self._shift is not None:
            return None
        waiting = torch.zeros(2, 0) if self._rest is None else self._rest
        last = torch.zeros(2, 0) if self._last is None else self._last
        arrays = {"rest": waiting.numpy().copy(), "last": last.numpy().copy(), "returned": np.array([self._since_loss])}
        return {**arrays, **prefixed("vocoder", sound)}

    def restore(self, saved: SavedArrays) -> None:
        """Go on from what was saved at this rate; `KeyError` or `ValueError` names what does not fit."""
        rest, last = (fitted(saved, name, (2, None)) for name in ("rest", "last"))
        self._rest = torch.from_numpy(rest) if rest.shape[1] else None
        self._last = torch.from_numpy(last) if last.shape[1] else None
        self._since_loss = int(fitted(saved, "returned", (1,), np.int64)[0])
        self.vocoder.restore(part("vocoder", saved))

    @property
    def delay_s(self) -> float:
        """From a column being read to its sound; of two vocoders that change places the longer."""
        return max(vocoder.delay_samples for vocoder in self._at_work) / self._rate_hz

    @property
    def max_voices(self) -> int:
        """How many voices may sound at once; of two vocoders that change places the fewer."""
        return min(vocoder.max_voices for vocoder in self._at_work)

    @property
    def onset_lead_s(self) -> float:
        """From an event's being heard in the frame it comes in to the steady sound of the frame that first knows of
        it, which is the next one, less the time between the two in it."""
        if not self.vocoder.strikes_at_once:
            return 0.0
        fmt = self.vocoder.format
        return self.vocoder.delay_samples / self._rate_hz + fmt.hop / fmt.rate_hz

    def offset_samples(self, share: float) -> int:
        """Samples of a frame that have passed at `share` (0 … 1) of it."""
        fmt = self.vocoder.format
        # Frames differ by a sample where a hop is no whole number of them: the shorter ones count.
        return int(share * (fmt.hop * self._rate_hz // fmt.rate_hz))

    def share_of(self, sample: int) -> float:
        """The share of a frame at which the sample of this number begins: events before it are heard before it."""
        fmt = self.vocoder.format
        return sample / (fmt.hop * self._rate_hz // fmt.rate_hz)

    @property
    def _at_work(self) -> list[Vocoder]:
        return [self.vocoder] if self._change is None else [self.vocoder, self._change.old]

    @property
    def lead_frames(self) -> int:
        """From a place being read to its being heard."""
        sounding = self.vocoder if self._change is None else self._change.old
        return self.offsets[-1] + self._frames(sounding.delay_samples)

    @property
    def offsets(self) -> list[int]:
        """How many frames ago, seen from the playhead, each vocoder at work reads, (W,)."""
        if self._shift is None:
            return [0]
        lead = self._shift.lead_frames
        return [max(0, -lead)] if self._change is None else [max(0, -lead), max(0, lead)]

    @property
    def apart(self) -> tuple[bool, ...]:
        """Whether each vocoder at work plays two presets, (W,)."""
        return tuple(vocoder.plays_two for vocoder in self._at_work)

    def pair(self, beside: Callable[[Vocoder], Vocoder]) -> None:
        """From now on play by what `beside` makes of each vocoder: one that plays a second preset as well, or the first
        one alone again. Their sound goes on."""
        before, self.vocoder = self.vocoder, beside(self.vocoder)
        if self._change is not None and self._change.new is before:
            self._change.new = self.vocoder
        if self.spare is not None:
            self.spare = beside(self.spare)

    def unchanged_for(self, n_frames: int) -> int:
        """Of so many frames, how many the same vocoders are at work for."""
        return n_frames if self._shift is None else min(n_frames, self._shift.frames_left)

    def change(self, vocoder: Vocoder, controls: Mapping[str, float]) -> None:
        """Cross-fade to a vocoder; one that comes during a change waits, of several the last."""
        if self._shift is not None:
            self._waiting = vocoder
            return
        try:
            change = Changeover(self.vocoder, vocoder, self._rate_hz)
        except DeviceLost as lost:
            self.trouble = str(lost)
            return
        self._change, self.vocoder = change, vocoder
        self._shift = ChangeState(change.lead_frames, change.frames_left)
        # The place heard at any moment stays what it was: the playhead goes ahead, and the old vocoder reads behind it.
        self._playhead.run_ahead(change.lead_frames, controls)

    def strike(self, slot: int, note: int, share: float, onsets: Sequence[Onset]) -> Tensor:
        """Begin a voice at `share` (0 … 1) of the frame that was processed last, in every vocoder at work (W,).

        What is to be added to the end of that frame's sound, (B, N). A vocoder that takes over later goes on with it.
        """
        offset = self.offset_samples(share)
        added = [v.strike(slot, note, offset, onset) for v, onset in zip(self._at_work, onsets, strict=True)]
        sound = added[0] if self._change is None else self._change.struck(old=added[1], new=added[0])
        if self._since_loss < self._fade and sound.shape[1]:
            sound = sound * self._return(torch.arange(self._since_loss - sound.shape[1], self._since_loss))
        return sound

    def free(self, slot: int) -> None:
        """End a voice."""
        for vocoder in self._at_work:
            vocoder.free(slot)

    def process(self, columns: Tensor, ratios: Tensor, spread: float) -> Tensor:
        """The drone alone: (W, B, M, n) and (B, n) → (B, N)."""
        return self.process_voices([one_voice(read, ratios) for read in columns], spread)

    def process_voices(self, voices: Sequence[VoiceFrames], spread: float) -> Tensor:
        """What each vocoder at work is to read, (W,) → (B, N)."""
        try:
            sound = self._sound(voices, spread)
        except DeviceLost as lost:
            sound = self._without_the_lost(lost, voices, spread)
        if self._since_loss < self._fade:
            sound = self._faded_in(sound)
        self._last = sound[:, -1:]
        return sound

    def passed(self, n_frames: int, controls: Mapping[str, float]) -> None:
        """So many frames have been played: a change may be over."""
        if self._shift is not None:
            self._shift = replace(self._shift, frames_left=self._shift.frames_left - n_frames)
            if self._shift.frames_left <= 0:
                self._leave_the_old(controls)

    def warm_up(self, column: Tensor, n_frames: int, second: Tensor | None = None) -> None:
        """Start as if `column` (B, M) had been sounding, and `second` of a second preset; takes as long as the sound
        it makes."""
        if second is not None and isinstance(self.vocoder, PairVocoder):
            self.vocoder.reset(_held(column, n_frames), _held(second, n_frames))
        else:
            self.vocoder.reset(_held(column, n_frames))

    def restart(self, controls: Mapping[str, float]) -> None:
        """Go on from silence; quick. A change is over."""
        while self._shift is not None:
            self._leave_the_old(controls)
        self._rest = None
        try:
            self.vocoder.reset()
        except DeviceLost as lost:
            if self.spare is None:
                raise
            self.spare.reset()
            self._go_on_with(self.spare, 0, lost)

    def flush(self) -> Tensor:
        return self.vocoder.flush()

    def _sound(self, voices: Sequence[VoiceFrames], spread: float) -> Tensor:
        sound = self.vocoder.process_voices(voices[0], spread)
        if self._rest is not None:
            sound, self._rest = torch.cat([self._rest, sound], dim=1), None
        if self._change is None:
            return sound
        try:
            old = self._change.old.process_voices(voices[1], spread)
        except DeviceLost as lost:
            # The new one has begun already, however little it knows of the past.
            self._go_on_with(self._change.new, max(0, -self._change.lead_frames), lost)
            return sound
        return self._change.mix(old, sound)

    def _leave_the_old(self, controls: Mapping[str, float]) -> None:
        shift, change = self._shift, self._change
        assert shift is not None
        self._rest = None if change is None else change.rest()
        self._shift = self._change = None
        if shift.lead_frames < 0:
            self._playhead.step_back(-shift.lead_frames)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.change(waiting, controls)

    def _without_the_lost(self, lost: DeviceLost, voices: Sequence[VoiceFrames], spread: float) -> Tensor:
        """Sound of the same frames from whoever is left: the one before, or the spare."""
        if self._change is not None:
            left, mine, back = self._change.old, voices[1], max(0, self._change.lead_frames)
        elif self.spare is not None:
            left, mine = self.spare, voices[0]
            ahead = self._frames(self.vocoder.delay_samples) - self._frames(left.delay_samples)
            back = self.offsets[0] + ahead
            # Other voices go on from silence: the return is faded in.
            drone = mine.columns[mine.slots.index(DRONE)] if DRONE in mine.slots else None
            left.reset(None if drone is None else _held(drone[:, :, 0], _WARM_FRAMES))
        else:
            raise lost
        self._go_on_with(left, back, lost)
        return left.process_voices(mine, spread)

    def _go_on_with(self, vocoder: Vocoder, back: int, lost: DeviceLost) -> None:
        """From here on; the playhead reads so many frames less far ahead."""
        self._shift = self._change = self._waiting = self._rest = None
        self._playhead.step_back(back)
        self.vocoder, self.trouble, self._since_loss = vocoder, str(lost), 0
        if vocoder is self.spare:
            self.spare = None

    def _faded_in(self, sound: Tensor) -> Tensor:
        n = sound.shape[1]
        at = torch.arange(self._since_loss, self._since_loss + n)
        self._since_loss += n
        returns = self._return(at)
        leaves = 0.5 + 0.5 * torch.cos(math.pi * (at / (_FAREWELL_S * self._rate_hz)).clamp(max=1))
        if self._last is None or at[0] > 0:
            return sound * returns
        return sound * returns + self._last * leaves

    def _return(self, at: Tensor) -> Tensor:
        """The gain at samples since a vocoder was lost, below 0 before it."""
        return 0.5 - 0.5 * torch.cos(math.pi * (at / self._fade).clamp(0, 1))

    def _frames(self, samples: int) -> int:
        fmt = self.vocoder.format
        return round(samples * fmt.rate_hz / (fmt.hop * self._rate_hz))


def _held(column: Tensor, n_frames: int) -> Tensor:
    return column[:, :, None].expand(-1, -1, n_frames).contiguous()
