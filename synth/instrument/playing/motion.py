"""Modulation of one instrument: from frame to frame, what its routes move parameters to.

The order within a frame settles every loop of routes, such as an LFO whose rate it moves itself: sources are those of
the present frame and are computed with the values of the frame before; the values are computed from the sources; the
LFOs then go on at their new rates. Nothing depends on block size. Axes: `M` mel bands, `T` frames, `V` slots.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synth.instrument.modulation.culture_followers import (
    activity_source,
    change,
    smoothed,
    strength,
    strength_source,
)
from synth.instrument.modulation.level_follower import followed, level_source
from synth.instrument.modulation.lfo import SYNC_TEMPO, lfo_rates, lfo_value
from synth.instrument.modulation.matrix import Matrix, matrix_of
from synth.instrument.modulation.sources import N_LFOS, N_MACROS, SOURCES, is_per_voice
from synth.instrument.modulation.state import MotionState
from synth.instrument.modulation.view import MotionView
from synth.instrument.parameters.glide import Glide, frames_of
from synth.instrument.parameters.note_lengths import beats_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.playing.voice_sources import of_the_last_note, voice_sources
from synth.instrument.voices.bank_frame import BankState
from synth.presets.model import Preset
from synth.presets.routes import Region, Routes

Values = NDArray[np.float64]
Grid = NDArray[np.float32]

_MACROS = tuple(f"macro{n}" for n in range(1, N_MACROS + 1))
_RUNS = tuple(f"lfo{n}_run" for n in range(1, N_LFOS + 1))
_CULTURE = ("culture_activity", "culture_strength")
_NOBODY = np.zeros(1, np.int64)
_SETTLED = 1e-4
_MIDDLE_FRAMES = 1.5
"""The middle of a frame by the voices' clocks, which count from the frame before: that is where its events come. Not
where a vocoder's sound is, so that whoever plays a take again without sound finds the same."""


@dataclass(frozen=True)
class Now:
    """What modulation depends on in one frame, besides itself."""

    controls: ParameterValues
    beats: float
    """The song's position at the frame's middle."""
    heard: Callable[[], Tensor]
    """(M, T) the culture as it is heard, for whoever follows it."""
    voices: BankState


@dataclass(frozen=True)
class Moved:
    """What parameters are moved to in one frame."""

    values: Mapping[str, float] = field(default_factory=dict)
    """By id, for all voices together."""
    common: Mapping[str, float] = field(default_factory=dict)
    """The sources that were used and that are common to all voices, by id."""


class Motion:
    """Owned by its instrument."""

    def __init__(self, preset: Preset, seed: int) -> None:
        self._seed, self._fps = seed, preset.mel.frames_per_second
        self._grown: Grid = preset.state[0].numpy()
        self._macro = Glide(frames_of(PARAMETERS["macro1"].smoothing_s, self._fps), _SETTLED)
        self._known: tuple[object, ...] = ()
        self.state = MotionState()
        self.matrix = Matrix()
        self.region = Region()
        self._usual = 0.0
        self.moved = Moved()
        """Of the present frame."""

    @property
    def active(self) -> bool:
        """True where a route moves anything."""
        return bool(self.matrix.targets)

    def obey(self, routes: Routes, region: Region, controls: ParameterValues) -> None:
        """Routes, region or controls may be others since it was told last; quick where they are not."""
        known = (routes, *(controls[run] for run in _RUNS))
        if known != self._known:
            self._known, self.matrix = known, matrix_of(routes, controls)
        if region != self.region or not self._usual:
            self.region, self._usual = region, max(strength(self._grown, region), 1e-9)

    def restore(self, state: MotionState) -> None:
        """Go on from a state."""
        self.state, self.moved = state, Moved(dict(state.moved))

    def advance(self, now: Now) -> None:
        """One frame: what is moved in it, and where everything is after it."""
        state, before = self.state, self._before(now.controls)
        macros = state.macros
        if any(macros[i] != now.controls[id] for i, id in enumerate(_MACROS)):
            macros = tuple(self._macro.toward(macros[i], now.controls[id]) for i, id in enumerate(_MACROS))
        state = replace(state, macros=macros)
        used = self.matrix.common_sources
        if any(id in used for id in _CULTURE):
            grid = now.heard().numpy().astype(np.float32, copy=True)
            changed = 0.0 if state.seen is None else change(state.seen, grid, self.region)
            state = replace(state, activity=smoothed(state.activity, changed), seen=grid)
        elif state.seen is not None:
            state = replace(state, activity=0.0, seen=None)
        if state.level and "follower" not in used:
            state = replace(state, level=0.0)
        self.state = state
        moved = self.moved.values
        if self.active:
            common = self._common(used, now, before)
            last = self._last(self.matrix.last_sources, now, before)
            moved = self.matrix.values(now.controls, common, last)
            self.moved = Moved(moved, common)
        elif moved:
            self.moved, moved = Moved(), {}
        rates = lfo_rates(self._before(now.controls, moved), now.controls["tempo_bpm"] / 60)
        cycles = tuple(at + rate / self._fps for at, rate in zip(state.cycles, rates, strict=True))
        self.state = replace(self.state, cycles=cycles, moved=tuple(moved.items()))

    def hear(self, power: float) -> None:
        """What is played in this frame has so much power, relative to the preset's usual one."""
        self.state = replace(self.state, level=followed(self.state.level, level_source(power)))

    @property
    def follows_level(self) -> bool:
        """True where `hear` is to be told."""
        return "follower" in self.matrix.common_sources

    def voice_values(self, controls: ParameterValues, voices: BankState, at_s: float) -> dict[str, Values]:
        """What parameters are moved to for each voice (V,), `at_s` after the beginning of this frame."""
        if not self.matrix.tells_voices_apart:
            return {}
        sources = voice_sources(self.matrix.voice_sources, voices, self._before(controls), self._seed, at_s)
        return self.matrix.voice_values(controls, self.moved.common, sources)

    def look(self, now: Now) -> MotionView:
        """What there is to see."""
        before = self._before(now.controls)
        common = self._common(SOURCES, now, before)
        last = self._last([id for id in SOURCES if id not in common], now, before)
        values = dict(self.moved.values)
        if self.matrix.tells_voices_apart:
            slot = int(np.argmax(now.voices.allocator.begun))
            of_voices = self.voice_values(now.controls, now.voices, _MIDDLE_FRAMES / self._fps)
            values |= {id: float(of[slot]) for id, of in of_voices.items()}
        return MotionView({id: common[id] if id in common else last[id] for id in SOURCES}, values)

    def _before(self, controls: ParameterValues, moved: Mapping[str, float] | None = None) -> ParameterValues:
        """The values that sources are computed with: the controls, moved as in the frame before."""
        moved = dict(self.state.moved) if moved is None else moved
        return controls.moved(moved) if moved else controls

    def _common(self, ids: Collection[str], now: Now, before: ParameterValues) -> dict[str, float]:
        """Those of the sources that all voices have in common, 0 … 1."""
        common = {}
        for id in ids:
            if not is_per_voice(SOURCES[id], now.controls):
                common[id] = self._source(id, now, before)
        return common

    def _source(self, id: str, now: Now, before: ParameterValues) -> float:
        state = self.state
        match id:
            case "culture_activity":
                return activity_source(state.activity)
            case "culture_strength":
                return 0.0 if state.seen is None else strength_source(strength(state.seen, self.region), self._usual)
            case "follower":
                return state.level
        if id in _MACROS:
            return state.macros[_MACROS.index(id)]
        n = int(id.removeprefix("lfo")) - 1
        if before[f"{id}_sync"] == SYNC_TEMPO:
            cycles = now.beats / beats_of(before[f"{id}_length"])
        else:
            cycles = state.cycles[n] + 0.5 * before[f"{id}_hz"] / self._fps
        at = np.array([cycles + before[f"{id}_phase"]])
        return float(lfo_value(int(before[f"{id}_shape"]), at, self._seed, n + 1, _NOBODY)[0])

    def _last(self, ids: Collection[str], now: Now, before: ParameterValues) -> dict[str, float]:
        """Those of the sources that each voice has, of the note that began last."""
        if not ids:
            return {}
        sources = voice_sources(ids, now.voices, before, self._seed, _MIDDLE_FRAMES / self._fps)
        return of_the_last_note(sources, now.voices)
