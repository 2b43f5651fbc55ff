"""The voice bank: all voices of one preset, from note events to what each of them reads and how it is played.

The bank makes no sound. Frame by frame it takes events, each at its moment inside the frame, and answers with what a
vocoder needs: which slots sound, where they read, at what pitch, level and brightness, and which begin or are free.

An event is heard in the frame it comes in; the first frame that knows of it is the next one, whose centre is heard
later still. A frame's values are therefore those at the moment when its centre is heard, counted from the moment when
an event of the frame before is heard: `lead_s` later. Events of one frame so keep their distances to the sample. What
is heard of a note before its first frame is told at once, by `struck`.

Axes: `V` slots, `n` slots that sound, `M` mel bands.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteEvent,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.instrument.voices.allocator import Allocator
from synth.instrument.voices.bank_frame import BankFrame, BankState, VoiceStart
from synth.instrument.voices.contour import Contour, ContourAmounts
from synth.instrument.voices.controls import VoiceControls
from synth.instrument.voices.envelope import Envelope
from synth.instrument.voices.expression import Expression, placed_gains
from synth.instrument.voices.glide import Glide, unison_detune, unison_gain, unison_positions
from synth.instrument.voices.notes import (
    Move,
    Note,
    Release,
    Retrigger,
    Start,
    Stop,
    VoiceAction,
)
from synth.instrument.voices.playheads import VoicePlayheads

Values = NDArray[np.float64]
Slots = NDArray[np.int64]

_INAUDIBLE_NEPERS = -9.0
"""A voice whose every row has faded by 78 dB is over, even while its key is down."""


class VoiceBank:
    """The voices of one preset. Times inside a frame are seconds after its beginning."""

    def __init__(
        self, n_frames: int, frames_per_second: float, contour: Contour, key_pitches: Values, seed: int = 0
    ) -> None:
        """`key_pitches` (128,) as `Tuning.pitches` gives them; not a number for a key that plays nothing."""
        self._n_frames, self._fps, self._seed = n_frames, frames_per_second, seed
        self.contour, self._pitches = contour, key_pitches
        self.restore(BankState())
        self._starts: dict[int, VoiceStart] = {}
        self._freed: set[int] = set()

    def save(self) -> BankState:
        """Between two frames."""
        return self.state.copy()

    def restore(self, state: BankState) -> None:
        """Go on from a state; it is not changed."""
        self.state = state = state.copy()
        self._allocator = Allocator(state.allocator)
        self._envelope, self._glide = Envelope(state.envelope), Glide(state.glide)
        self._envelope2 = Envelope(state.envelope2)
        self._expression = Expression(state.expression)
        self._playheads = VoicePlayheads(self._n_frames, self._seed, state.playheads)

    @property
    def silent(self) -> bool:
        """True when no voice sounds."""
        return not len(self._allocator.sounding)

    @property
    def released(self) -> Values:
        """(V,) in 0 … 1: how much of its release each voice is through; 0 while it is held."""
        envelope = self.state.envelope
        return np.clip(envelope.release_age_s / np.maximum(envelope.release_s, 1 / self._fps), 0, 1)

    @property
    def changed(self) -> bool:
        """True when voices were silenced since the last frame."""
        return bool(self._freed)

    @property
    def begun(self) -> bool:
        """True when voices began that `struck` was not asked for yet."""
        return bool(self._starts)

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys of the notes that sound and are held, ascending: what a keyboard shows."""
        held = {h.note.note_id for h in self.state.allocator.held}
        slots = self._allocator.sounding
        return tuple(
            sorted({int(self.state.allocator.key[s]) for s in slots if self.state.allocator.note_id[s] in held})
        )

    def tune(self, key_pitches: Values) -> None:
        """Keys have other pitches from now on, those that sound as well."""
        self._pitches = key_pitches
        slots = self._allocator.sounding
        pitches = key_pitches[self.state.allocator.key[slots]]
        known = np.isfinite(pitches)
        self._glide.retune(slots[known], pitches[known])

    def settle(self, controls: VoiceControls) -> None:
        """Settings changed: voices that are too many stop, notes that no latch holds any more end."""
        actions = self._allocator.settle(controls.voices, self._envelope.level(controls.sustain))
        self._do(actions, controls, 0.0, 0.0)

    def handle(self, event: NoteEvent, controls: VoiceControls, at_s: float = 0.0, culture: float = 0.0) -> None:
        """Obey one event of this frame; `culture` is the culture's playhead."""
        match event:
            case NoteExpression(note_id, dimension, value):
                slots = np.flatnonzero(self.state.allocator.note_id == note_id)
                # A note that has ended and fades is moved still, but its id may be another note's next.
                keep = self._allocator.is_held(note_id) or not len(slots)
                self._expression.note(note_id, slots, dimension, value, keep=keep)
            case NoteOn(_, key, _, _) if not (0 <= key < len(self._pitches) and np.isfinite(self._pitches[key])):
                return
            case NoteOn() | NoteOff() | ChannelExpression() | AllNotesOff() | AllSoundOff():
                if isinstance(event, ChannelExpression):
                    self._expression.controller(event.channel, event.dimension, event.value)
                levels = self._envelope.level(controls.sustain, at_s)
                held = self.state.allocator.held
                actions = self._allocator.handle(event, controls.voices, levels)
                for ended in {h.note.note_id for h in held} - {h.note.note_id for h in self.state.allocator.held}:
                    self._expression.forget(ended)
                self._do(actions, controls, at_s, culture)

    def struck(self, controls: VoiceControls, lead_s: float = 0.0) -> BankFrame | None:
        """The voices that began since this was asked last, at the centre of the frame before their first one."""
        if not self._starts:
            return None
        centre_s, slots = lead_s - 0.5 / self._fps, np.array(sorted(self._starts), np.int64)
        before = [self._contours(slots, controls.contour, centre_s - back / self._fps) for back in (2, 1)]
        levels = self._envelope.onsets(slots, controls.sustain, centre_s - np.array([2, 1, 0]) / self._fps)
        frame = replace(
            self._values(controls, slots, centre_s),
            lead=np.stack(before, axis=1),
            path=levels[:, None] * self._sides(controls, slots)[:, :, None],
            starts=tuple(self._starts[slot] for slot in slots.tolist()),
        )
        self._starts = {}
        return frame

    def frame(self, controls: VoiceControls, lead_s: float = 0.0) -> BankFrame:
        """What sounds in this frame; then time goes on to the next one."""
        span_s, slots = 1 / self._fps, self._allocator.sounding
        centre_s = span_s / 2 + lead_s
        self._expression.advance(controls.expression)
        frame = self._values(controls, slots, centre_s)
        age_s = self.state.envelope.age_s[slots] + centre_s
        over = self._envelope.finished(controls.sustain, centre_s)[slots]
        over |= (age_s * self._fps > self.contour.attack_frames) & (frame.contour.max(1) < _INAUDIBLE_NEPERS)
        self._starts, self._freed = {}, set()
        self._allocator.free(slots[over])
        for passing in (self._envelope, self._envelope2, self._glide):
            passing.advance(span_s)
        self.state.lfo.cycles += np.array(controls.lfo_hz)[:, None] * span_s
        return replace(frame, ended=tuple(slots[over].tolist()))

    def _values(self, controls: VoiceControls, slots: Slots, centre_s: float) -> BankFrame:
        """What these slots are at a moment."""
        levels = self._envelope.levels(controls.sustain, np.array([centre_s]))[:, 0]
        bends = self._expression.bends(controls.expression, self.state.envelope.age_s + centre_s)
        pitch = self._glide.pitches(np.array([centre_s]))[:, 0] + self.state.detune + bends + controls.transpose
        return BankFrame(
            slots,
            self.state.playheads.distance[slots],
            pitch[slots],
            levels[slots, None] * self._sides(controls, slots),
            self.state.expression.tilt_now[slots] + _of(controls.tilt_db, slots),
            self._contours(slots, controls.contour, centre_s),
            freed=tuple(sorted(self._freed.difference(self._allocator.sounding.tolist()))),
        )

    def _sides(self, controls: VoiceControls, slots: Slots) -> Values:
        """Left and right gain of these slots, (n, 2), the envelope apart."""
        gains = self.state.expression.gain_now[slots]
        level_db, pan = _of(controls.level_db, slots), _of(controls.pan, slots)
        if not (np.any(level_db) or np.any(pan)):
            return gains
        return gains * placed_gains(level_db, pan, len(slots))

    def _contours(self, slots: Slots, amounts: ContourAmounts, centre_s: float) -> Values:
        age = (self.state.envelope.age_s[slots] + centre_s) * self._fps
        release = (self.state.envelope.release_age_s[slots] + centre_s) * self._fps
        return self.contour.offsets(age, release, amounts.of(slots))

    def _do(self, actions: list[VoiceAction], controls: VoiceControls, at_s: float, culture: float) -> None:
        struck = [action for action in actions if isinstance(action, Start | Retrigger)]
        if struck:
            self._strike(struck, controls, at_s)
            controls = controls.now(self.state, at_s)
        for action in actions:
            slot = np.array([action.slot])
            match action:
                case Stop():
                    self._freed.add(action.slot)
                    self._starts.pop(action.slot, None)
                case Start():
                    self._start(action, controls, at_s, culture)
                case Retrigger(_, note, legato):
                    self._glide.move(slot, self._pitch(note), controls.glide.of(action.slot), legato, at_s)
                    self._envelope.retrigger(slot, controls.envelope, controls.sustain, at_s)
                    if controls.again is not None:
                        self._envelope2.retrigger(slot, controls.envelope2, controls.envelope2_sustain, at_s)
                case Move(_, note):
                    self._expression.move(action.slot, note)
                    self._glide.move(slot, self._pitch(note), controls.glide.of(action.slot), True, at_s)
                case Release():
                    self._envelope.release(slot, controls.envelope, controls.sustain, at_s)
                    self._envelope2.release(slot, controls.envelope2, controls.envelope2_sustain, at_s)

    def _strike(self, struck: Sequence[Start | Retrigger], controls: VoiceControls, at_s: float) -> None:
        """What the sources of these voices are computed from, before their routes are asked."""
        for action in struck:
            slots = np.array([action.slot])
            match action:
                case Start(slot, note, i, n):
                    place = float(unison_positions(n)[i])
                    self._expression.start(slot, note, place, unison_gain(n), controls.expression)
                    self._envelope2.start(slots, controls.envelope2, at_s)
                case Retrigger(slot, note):
                    self._expression.strike(slot, note)
                    self._envelope2.retrigger(slots, controls.envelope2, controls.envelope2_sustain, at_s)
            self.state.lfo.cycles[:, action.slot] = -np.array(controls.lfo_hz) * at_s

    def _start(self, start: Start, controls: VoiceControls, at_s: float, culture: float) -> None:
        slot, note, i, n = start.slot, start.note, start.unison_index, start.unison_count
        # Every unison voice glides from the note before, not from the voice begun just now.
        before = self.state.glide.last
        self._glide.start(np.array([slot]), self._pitch(note), controls.glide.of(slot), start.legato, at_s)
        if i < n - 1:
            self.state.glide.last = before
        self._envelope.start(np.array([slot]), controls.envelope, at_s)
        if controls.again is not None:
            self._envelope2.start(np.array([slot]), controls.envelope2, at_s)
            self._expression.start(slot, note, float(unison_positions(n)[i]), unison_gain(n), controls.expression)
        place = float(_of(controls.place, slot))
        self._playheads.start(slot, controls.start, place, culture, note.note_id, i)
        self.state.detune[slot] = unison_detune(n, float(_of(controls.detune_cents, slot)))[i]
        self._starts[slot] = VoiceStart(slot, self.state.allocator.count, at_s * self._fps)

    def _pitch(self, note: Note) -> float:
        return float(self._pitches[note.key])


def _of(value: float | Values, slots: Slots | int) -> float | Values:
    """A number for all, or those of some slots."""
    return value[slots] if isinstance(value, np.ndarray) else value
