"""The played notes of one preset: note events in, what the vocoder is to play out, frame by frame.

Axes: `W` vocoders at work, `V` voices, `B` = 2 heads, `M` mel bands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.culture.sown import SownCultures
from synth.instrument.morph.morph import Morph
from synth.instrument.note_events import NoteDimension, NoteEvent
from synth.instrument.playing.sown_notes import SownNotes, SownNotesState
from synth.instrument.reading.column_reader import Columns, Reader
from synth.instrument.reading.playhead import Place
from synth.instrument.tempo.patterns import PlayedKey
from synth.instrument.tuning import Tuning, equal_temperament
from synth.instrument.voices.allocator import HeldNote
from synth.instrument.voices.bank import VoiceBank
from synth.instrument.voices.bank_frame import BankFrame, BankState
from synth.instrument.voices.contour import contour_of
from synth.instrument.voices.controls import VoiceControls, voice_controls
from synth.instrument.voices.expression import NoteValues
from synth.instrument.voices.glide import ratio
from synth.instrument.voices.key_follow import follow_ratio
from synth.presets.model import Preset
from synth.vocoder.contract import Onset

Values = NDArray[np.float64]

FIRST_SLOT = 1
"""The vocoder's slot of the bank's slot 0: the one before is the drone's."""


@dataclass(frozen=True)
class SecondVoices:
    """One frame of all voices, as a second preset has them."""

    columns: tuple[Columns | None, ...]
    """(W,) None for a vocoder that plays one preset."""
    ratios: NDArray[np.float64]
    """(V,)"""


@dataclass(frozen=True)
class VoicesNow:
    """One frame of all voices."""

    slots: tuple[int, ...]
    """(V,) the vocoder's."""
    columns: tuple[Tensor, ...]
    """(W,) of (V, B, M)."""
    ratios: Tensor
    """(V,)"""
    gains: Tensor
    """(V, B)"""
    freed: tuple[int, ...] = ()
    """The vocoder's slots that are silenced before this frame."""
    ended: tuple[int, ...] = ()
    """Those that are over with it."""
    second: SecondVoices | None = None
    """What the same voices read of a second preset; None where nothing of it sounds."""
    air: Tensor | None = None
    """(V, H) nepers by which high bands are louder than the columns say."""


@dataclass(frozen=True)
class StruckVoice:
    """A voice that begins within a frame."""

    slot: int
    """The vocoder's."""
    number: int
    """Of the note, for what is left to chance."""
    share: float
    """How much of the frame has passed by then, 0 … 1."""
    onsets: tuple[Onset, ...]
    """(W,)"""


class VoicePlayer:
    """Plays notes of one preset."""

    def __init__(
        self,
        preset: Preset,
        seed: int,
        controls: Mapping[str, float],
        tuning: Tuning | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`dtype` is that of the matrix products of cultures that notes grow."""
        self._root_hz, self._fps = preset.root_hz, preset.mel.frames_per_second
        self._tuning = tuning or equal_temperament()
        self._reference_hz = controls["reference_hz"]
        self._most_voices = 1
        self._told = self._settings = voice_controls(controls, self._most_voices)
        """What controls say, and what is played: the same, where no route moves it."""
        pitches = self._tuning.pitches(self._reference_hz)
        self._bank = VoiceBank(preset.n_frames, self._fps, contour_of(preset), pitches, seed)
        # The notebook's rule has no state that it stays in: what is grown by it cannot be held as long as a note.
        live = isinstance(preset.rule, LiveRule)
        self._sown = SownNotes(SownCultures(preset, seed, dtype), preset.n_frames, self._fps) if live else None
        self._contour = contour_of(preset)
        self._morph: Morph | None = None

    @property
    def silent(self) -> bool:
        """True when no voice sounds and none was just ended."""
        return self._bank.silent and not self._bank.changed

    @property
    def tuning(self) -> Tuning:
        return self._tuning

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys of held notes that sound, ascending."""
        return self._bank.keys

    @property
    def played_keys(self) -> list[PlayedKey]:
        """Notes that a key, a pedal or a latch holds, with what was said of each alone; oldest first."""
        said = self._bank.state.expression.notes
        return [_played(held, said.get(held.note.note_id)) for held in self._bank.state.allocator.held]

    @property
    def sustained_channels(self) -> list[int]:
        """Channels whose sustain pedal is down."""
        return np.flatnonzero(self._bank.state.allocator.sustain).tolist()

    def let_go(self, event: NoteEvent) -> None:
        """Obey an event that starts no note, between two frames."""
        self._bank.handle(event, self._settings)

    def tune(self, tuning: Tuning) -> None:
        """Keys have other pitches from now on."""
        self._tuning = tuning
        self._bank.tune(tuning.pitches(self._reference_hz))

    def obey(self, controls: Mapping[str, float], most_voices: int) -> None:
        """Controls moved, or the vocoder plays another number of voices."""
        told = voice_controls(controls, most_voices)
        self._most_voices = most_voices
        if controls["reference_hz"] != self._reference_hz:
            self._reference_hz = controls["reference_hz"]
            self.tune(self._tuning)
        self._settings = told
        if told != self._told:
            self._told = told
            self._bank.settle(told)

    @property
    def state(self) -> BankState:
        """The bank's own, which only the bank writes to."""
        return self._bank.state

    def move(
        self, values: Mapping[str, float], of_voices: Callable[[BankState, float], Mapping[str, Values]], lead_s: float
    ) -> None:
        """Play these values in the frame that comes, in place of the controls.

        `of_voices` tells what parameters are for each voice, (V,), so many seconds after the frame's beginning.
        """

        def again(state: BankState, at_s: float) -> VoiceControls:
            own = of_voices(state, at_s)
            made = voice_controls(values, self._most_voices, own)
            return replace(made, again=again) if own else made

        self._settings = again(self._bank.state, 0.5 / self._fps + lead_s)

    def morphed(self, morph: Morph | None) -> None:
        """Play a second preset beside the first, with the shares as they are now; None: the first alone."""
        self._morph = morph
        self._bank.contour = self._contour if morph is None else morph.contour(self._contour)

    def handle(
        self, event: NoteEvent, share: float, reader: Reader, grid: Tensor, places: Sequence[Place], lead_s: float
    ) -> list[StruckVoice]:
        """Obey an event at `share` of a frame that was read already, where each vocoder at work reads now (W,).

        Which voices begin by it; `lead_s` as in the bank.
        """
        self._bank.handle(event, self._settings, share / self._fps, places[0].position)
        if self._bank.begun:
            self._settings = self._settings.now(self._bank.state, lead_s - 0.5 / self._fps)
        struck = self._bank.struck(self._settings, lead_s)
        if struck is None or struck.path is None:
            return []
        if self._sown is not None:
            self._sown.follow(struck, self._bank.released)
        ratios, columns, second = self._read(reader, grid, places, struck)
        gains = self._levelled(struck.path)
        voices = []
        for i, start in enumerate(struck.starts):
            onsets = [_onset(read, i, gains[i], ratios[i]) for read in columns]
            if second is not None:
                onsets = [
                    onset if read is None else replace(onset, second=_onset(read, i, gains[i], second.ratios[i]))
                    for onset, read in zip(onsets, second.columns, strict=True)
                ]
            voices.append(StruckVoice(start.slot + FIRST_SLOT, start.number, start.share, tuple(onsets)))
        return voices

    def grow(self, steps: int, controls: Mapping[str, float], evolution_limit: float, place: Place) -> None:
        """One frame passes, in which the shared culture took so many steps; before the frame is read."""
        if self._sown is not None:
            self._sown.grow(steps, controls, evolution_limit, place.position, self._bank.released)

    def frame(self, reader: Reader, grid: Tensor, places: Sequence[Place], lead_s: float) -> VoicesNow:
        """The next frame, read where each vocoder at work reads (W,)."""
        sown, now = self._sown, self._bank.frame(self._settings, lead_s)
        if sown is not None:
            sown.follow(now, self._bank.released)
        slots = tuple((now.slots + FIRST_SLOT).tolist())
        freed, ended = (tuple(slot + FIRST_SLOT for slot in of) for of in (now.freed, now.ended))
        ratios, read, second = self._read(reader, grid, places, now)
        if sown is not None:
            sown.end(now)
        columns = tuple(r.now for r in read)
        gains = self._levelled(now.gain)
        air = read[0].air if read else None
        return VoicesNow(slots, columns, torch.from_numpy(ratios).float(), gains, freed, ended, second, air)

    def _read(
        self, reader: Reader, grid: Tensor, places: Sequence[Place], now: BankFrame
    ) -> tuple[NDArray[np.float64], list[Columns], SecondVoices | None]:
        """The voices' pitch ratios (V,), what they read at each place (W,), and all this of a second preset."""
        ratios, moves = self._moves(now, self._root_hz)
        mixed = None if self._sown is None else self._sown.mixed
        if not len(now.slots):
            return ratios, [], None
        read = [reader.read_voices(grid, place, now, moves, mixed) for place in places]
        morph = self._morph
        if morph is None or not morph.sounds:
            return ratios, read, None
        second_ratios, moves = self._moves(now, morph.partner.preset.root_hz)
        second_grid, second_reader = morph.second_grid(grid), morph.partner.reader
        if morph.two_plates:
            # What notes have grown is the first preset's, which the second one's tables do not know.
            mixed = None
        seconds = [second_reader.read_voices(second_grid, place, now, moves, mixed) for place in places]
        read, others = morph.voices(read, seconds, places, now)
        return morph.one_pitch(ratios, second_ratios), read, SecondVoices(tuple(others), second_ratios)

    def _moves(self, now: BankFrame, root_hz: float) -> tuple[Values, Values]:
        """By what ratio a preset with this root moves partials for each voice (V,), and by what ratio it moves rows:
        one of the two is 1."""
        if root_hz > 0:
            return ratio(now.pitch, root_hz), np.ones(len(now.pitch))
        return np.ones(len(now.pitch)), follow_ratio(now.pitch, self._follow(now))

    def _levelled(self, gains: NDArray[np.float64]) -> Tensor:
        """Gains as they are played."""
        played = torch.from_numpy(gains).float()
        return played if self._morph is None else played * self._morph.level

    def _follow(self, now: BankFrame) -> float | Values:
        amount = self._settings.key_follow
        return amount[now.slots] if isinstance(amount, np.ndarray) else amount

    def save(self) -> BankState:
        """Between two frames."""
        return self._bank.save()

    def save_sown(self) -> SownNotesState | None:
        """What notes have grown for themselves, between two frames; None where they have nothing."""
        return None if self._sown is None else self._sown.save()

    def restore(self, state: BankState, sown: SownNotesState | None = None) -> None:
        """Go on from a state; it is not changed."""
        self._bank.restore(state)
        if self._sown is not None:
            self._sown.restore(sown)


def _onset(read: Columns, voice: int, gain: Tensor, pitch_ratio: float) -> Onset:
    """How a voice of those that read begins."""
    air = None if read.air is None else read.air[voice]
    return Onset(read.path(voice), gain, float(pitch_ratio), air=air)


def _played(held: HeldNote, said: NoteValues | None) -> PlayedKey:
    note = held.note
    expression: tuple[tuple[NoteDimension, float], ...] = ()
    if said is not None:
        expression = (("bend", said.bend), ("pressure", said.pressure), ("timbre", said.timbre))
    return PlayedKey(note.note_id, note.key, note.velocity, note.channel, held.key_down, expression)
