"""Notes that grow a culture of their own: which voices read which, how much of what they read, and for how long.

With the control Growth above 0, a note that begins is given a culture of seed cells; all its unison voices read it,
mixed with the shared culture by that control. While it grows it takes at least a step per frame; once grown it lives
as fast as the shared culture, and holds still with it. A note that is let go starves its culture, further the further
its release has come. When there are too many, the culture of a released note is taken, or of the oldest: its note goes
over to the shared culture while the culture stands still. How many there may be falls with the share of the evolution
that the machine can afford.

Axes: `V` slots, `n` voices that sound, `B` cultures, `M` mel bands, `T` frames of an own culture.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.culture.sown import SOWN_FRAMES, SownCultures, SownState
from synth.instrument.parameters.glide import frames_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.reading.playhead import Place
from synth.instrument.voices.bank_frame import BankFrame, VoiceStart
from synth.instrument.voices.notes import MOST_VOICES
from synth.mel import GRID_MAX, GRID_MIN

GROWING_STEPS = 32
"""A culture counts as growing for so many steps; seeds of the bundled presets are grown after 12 to 24."""
_SETTLED = 1e-3
SHARED = -1
"""Index of a voice that owns no culture."""

Values = NDArray[np.float64]


@dataclass
class SownNotesState:
    """All that own cultures' future depends on."""

    cultures: SownState
    """As saved: while they live, `SownCultures` keeps it."""
    index: NDArray[np.int64] = field(default_factory=lambda: np.full(MOST_VOICES, SHARED, np.int64))
    """(V,) the culture each slot reads, or `SHARED`."""
    share: Values = field(default_factory=lambda: np.zeros(MOST_VOICES))
    """(V,) how much of what a slot reads is its own culture's."""
    left: dict[int, Tensor] = field(default_factory=dict)
    """(M, T) grid values of cultures that were taken, by the slot that still reads them."""
    position: float = 0.0
    """Where the shared culture's playhead was in the frame before."""
    travel: float = 0.0
    """Where own cultures are read, 0 … T: it moves as the playhead does, without its jump from end to beginning."""
    due: float = 0.0
    """Share of the next step of growing cultures that is due already."""


class SownNotes:
    """The own cultures of one preset's notes. `grow` comes first in every frame."""

    def __init__(self, cultures: SownCultures, n_frames: int, frames_per_second: float) -> None:
        """`n_frames` of the shared culture."""
        self._cultures, self._n_frames = cultures, n_frames
        self._share_frames = frames_of(PARAMETERS["growth"].smoothing_s, frames_per_second)
        """Time constant with which a voice's share of its own culture follows the control, or goes to 0."""
        self._growth, self._allowed = 0.0, 0
        self.restore(None)

    @property
    def count(self) -> int:
        """Cultures that notes own now."""
        return len(self._cultures.owned)

    def save(self) -> SownNotesState | None:
        """A copy between two frames; None before the first culture was sown."""
        state = self._state
        cultures = self._cultures.save()
        if not self._busy and cultures.weather_clock == 0:
            return None
        left = {slot: grid.clone() for slot, grid in state.left.items()}
        return replace(state, cultures=cultures, index=state.index.copy(), share=state.share.copy(), left=left)

    def restore(self, saved: SownNotesState | None) -> None:
        """Go on from a state, which is not changed; None is a fresh start."""
        self._cultures.restore(None if saved is None else saved.cultures)
        if saved is None:
            self._state = SownNotesState(self._cultures.state)
        else:
            index, share, left = saved.index.copy(), saved.share.copy(), dict(saved.left)
            self._state = replace(saved, cultures=self._cultures.state, index=index, share=share, left=left)

    def grow(
        self, steps: int, controls: Mapping[str, float], evolution_limit: float, playhead: float, released: Values
    ) -> None:
        """One frame passes in which the shared culture took so many steps.

        `playhead` is the shared culture's, `released` (V,) in 0 … 1 says how much of its release each voice is through.
        """
        state, T = self._state, self._n_frames
        self._growth = controls["growth"]
        self._allowed = math.ceil(controls["growth_limit"] * evolution_limit - 1e-9)
        moved = (playhead - state.position + T / 2) % T - T / 2
        state.position = playhead
        if not self._busy:
            return
        state.travel = (state.travel + moved) % SOWN_FRAMES
        self._move_shares()
        if evolution_limit == 0:
            # A preset that fades out: everything stands still, and no note changes over in its last moment.
            return
        hunger = self._hunger(released)
        while self.count > self._allowed:
            self._take(hunger)
        state.due += max(1.0, controls["steps_per_frame"])
        growing = int(state.due)
        state.due -= growing
        depth, speed = controls["weather_depth"], controls["weather_speed"]
        for i in range(max(growing, steps)):
            young = self._cultures.state.steps < GROWING_STEPS
            self._cultures.step(np.where(young, i < growing, i < steps), hunger, depth, speed)

    def follow(self, frame: BankFrame, released: Values) -> None:
        """Voices of a frame begin or were silenced; before it is read."""
        for slot in frame.freed:
            self._drop(slot)
        for start in frame.starts:
            self._drop(start.slot)
            if self._growth > 0 and self._allowed > 0:
                self._begin(start, released)

    def end(self, frame: BankFrame) -> None:
        """Voices of a frame are over; after it was read."""
        for slot in frame.ended:
            self._drop(slot)

    def mixed(self, heard: Tensor, frame: BankFrame, place: Place) -> Tensor:
        """Grid columns (n, 2, M) that voices read of the shared culture at `place`, with their own mixed in."""
        state = self._state
        share = state.share[frame.slots]
        sowers = np.flatnonzero(share)
        if not len(sowers):
            return heard
        T, M = self._n_frames, heard.shape[2]
        ahead = (place.position - state.position + T / 2) % T - T / 2
        own = torch.zeros(len(sowers), 2, M)
        # Whoever touches the shared culture hears it through the shared part: the hand is not followed here.
        for reading in replace(place, mix=0.0).readings():
            at = state.travel + ahead + (reading.position - place.position) + frame.distance[sowers]
            own[:, reading.side] += reading.weight * self._columns(frame.slots[sowers], at, M)
        mixed = heard.clone()
        chosen = torch.from_numpy(sowers)
        mixed[chosen] = heard[chosen].lerp(own, torch.from_numpy(share[sowers]).float()[:, None, None])
        return mixed

    @property
    def _busy(self) -> bool:
        return bool(self._state.left) or bool((self._state.index != SHARED).any())

    def _columns(self, slots: NDArray[np.int64], at: Values, n_mels: int) -> Tensor:
        """What slots (s,) read of their own cultures at positions (s,): (s, M)."""
        state = self._state
        low = np.floor(at)
        before, after = (torch.from_numpy((low + i).astype(np.int64) % SOWN_FRAMES) for i in (0, 1))
        index = torch.from_numpy(np.maximum(state.index[slots], 0))
        ends = torch.zeros(2, len(slots), n_mels)
        for end, column in zip(ends, (before, after), strict=True):
            if self.count:
                end.copy_(self._cultures.grids()[index, :, column])
            for i, slot in enumerate(slots.tolist()):
                if slot in state.left:
                    end[i] = state.left[slot][:, column[i]]
        ends.clamp_(GRID_MIN, GRID_MAX)
        return ends[0].lerp(ends[1], torch.from_numpy(at - low).float()[:, None])

    def _begin(self, start: VoiceStart, released: Values) -> None:
        """A voice begins: with a culture of its own, or with that of its note's other voices."""
        state = self._state
        numbers = self._cultures.state.number
        mine = np.flatnonzero(numbers == start.number)
        if not len(mine):
            while self.count >= self._allowed:
                self._take(self._hunger(released))
            if not self._busy:
                state.travel, state.due = 0.0, 0.0
            mine = np.array([self._cultures.sow(start.number)])
        state.index[start.slot], state.share[start.slot] = mine[0], self._growth

    def _drop(self, slot: int) -> None:
        """A slot reads nothing of its own any more; a culture that nobody reads is free."""
        state = self._state
        index = int(state.index[slot])
        state.index[slot], state.share[slot] = SHARED, 0.0
        state.left.pop(slot, None)
        if index != SHARED and not (state.index == index).any():
            self._cultures.free(index)

    def _take(self, hunger: Values) -> None:
        """Take a culture from its note, which goes on with it as it stands while it goes over to the shared one."""
        state, owned = self._state, self._cultures.owned
        numbers = self._cultures.state.number[owned]
        index = int(owned[np.lexsort((numbers, hunger[owned] == 0))[0]])
        grid = self._cultures.grids()[index].clone()
        for slot in np.flatnonzero(state.index == index).tolist():
            state.index[slot], state.left[slot] = SHARED, grid
        self._cultures.free(index)

    def _hunger(self, released: Values) -> Values:
        """Of each culture, (B,): how far its note's release has come."""
        hunger = np.zeros(len(self._cultures.state.number))
        for index in self._cultures.owned.tolist():
            hunger[index] = released[self._state.index == index].min(initial=1.0)
        return hunger

    def _move_shares(self) -> None:
        state = self._state
        target = np.where(state.index != SHARED, self._growth, 0.0)
        way = target - state.share
        state.share = np.where(np.abs(way) < _SETTLED, target, state.share + way / self._share_frames)
        for slot in [slot for slot in state.left if state.share[slot] == 0]:
            del state.left[slot]
