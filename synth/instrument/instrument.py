"""The instrument without a device: culture → playhead → log-mel frames → vocoder → stereo.

One frame at a time, in this order: events due, automaton steps by accumulator, read, vocode. Offline rendering and
the real-time engine run this same code, so a render is what was played. The playhead runs ahead of the sound by the
vocoder's lookahead: gestures and evolution are heard that much later, the place and the note are not. Axes: `B` = 2
heads (left, right), `M` mel bands, `n` frames, `N` samples.
"""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.instrument.acting import act
from synth.instrument.events import (
    Action,
    AnyAction,
    ChangeVocoder,
    Event,
    Hand,
    LoggedEvent,
    Rescue,
    View,
)
from synth.instrument.morph.partner import Partner
from synth.instrument.note_events import PEDALS, AllNotesOff, ChannelExpression, NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.parts import InstrumentParts
from synth.instrument.playing import morphing
from synth.instrument.playing.arpeggio import heard, next_share
from synth.instrument.playing.evolving import evolve, foresee
from synth.instrument.playing.modulating import drone_sides, follow_level, move_controls
from synth.instrument.playing.open_frame import OpenFrame
from synth.instrument.playing.voice_sound import DroneFrames, FrameOfVoices, sound_of_all
from synth.instrument.saving import restore, saved
from synth.instrument.setup import Setup, make_culture
from synth.instrument.state import InstrumentState
from synth.instrument.viewing import view_of
from synth.instrument.vocoder_slot import VocoderSlot
from synth.instrument.voices.allocator import N_CHANNELS
from synth.mel import LOG_MEL_FLOOR
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder, add_to_the_end

__all__ = ["Instrument", "Setup", "make_culture"]


class Instrument(InstrumentParts):
    """One preset being played. Not thread-safe: whoever calls `process` owns it."""

    def __init__(
        self,
        preset: Preset,
        vocoder: Vocoder,
        out_rate_hz: int,
        controls: ParameterValues | None = None,
        setup: Setup | None = None,
    ) -> None:
        """`vocoder` is prepared here, which is slow: make instruments outside the engine's loop."""
        super().__init__(preset, vocoder, out_rate_hz, controls, setup)
        self._gain = 10 ** (preset.gain_db / 20)
        self._played_with = 0
        self._open = OpenFrame()
        self._reached = 0.0
        """Share of the frame computed last up to which notes were played."""

    def schedule(self, events: Iterable[Event]) -> None:
        """Queue events by frame; those already due happen at the next frame."""
        self.agenda.add(events)

    def send(self, action: Action) -> None:
        """Queue one action for the next frame."""
        self.schedule([Event(self.frame, action)])

    def do(self, action: Action, share: float = 0.0) -> None:
        """Do this now, between two frames and before anything that is queued; a note begins at `share` of the next
        one, or of the one that is open (`begin`)."""
        if not isinstance(action, NoteEvent):
            self._tell(action, self.frame, share)
            act(self, action)
        elif self._open.is_open:
            self._note(action, share, self._open.sound)
        else:
            self.schedule([Event(self.frame, action, share)])

    def process(self, n_frames: int) -> NDArray[np.float32]:
        """The next `n_frames` frames at the preset's −23 LUFS, (2, N) float32; equal for any split into blocks."""
        sounds, done = [], 0
        while done < n_frames:
            n, sound = self._run(self.vocoders.unchanged_for(n_frames - done))
            done += n
            self.vocoders.passed(n, self.values)
            sounds.append(sound)
        return self._levelled(torch.cat(sounds, dim=1))

    def begin(self) -> int:
        """Compute the next frame and keep it open for notes; its samples."""
        return self._open.begin(self._run(1, keep_open=True)[1])

    def foresee(self) -> None:
        """Let the culture compute beside everything else what the next frame will ask of it."""
        foresee(self)

    def take(self, n: int) -> NDArray[np.float32]:
        """The next (2, `n`) of the open frame, of which all notes up to there have been done; its last closes it."""
        taken = self._open.taken + n
        self.play_steps(1.0 if taken >= self._open.sound.shape[1] else self.vocoders.share_of(taken))
        sound = self._open.take(n)
        if not self._open.is_open:
            self.vocoders.passed(1, self.values)
        return self._levelled(sound)

    @property
    def next_step_share(self) -> float:
        """Where in the open frame the arpeggiator plays next; 1 or more when it does not in this one."""
        return next_share(self)

    def play_steps(self, until: float) -> None:
        """Let the arpeggiator play what it has in the open frame before this share of it."""
        self._play_steps(until, self._open.sound)

    @property
    def taken(self) -> int:
        """Samples of the open frame that were taken."""
        return self._open.taken

    def fade_open(self, fade: NDArray[np.float64], instead: NDArray[np.float32] | None = None) -> None:
        """Fade what is left of the open frame by (N,), or that of one sample (2, 1) in its place."""
        self._open.fade(fade, None if instead is None else torch.from_numpy(instead) / self._gain)

    @property
    def open_is_finite(self) -> bool:
        """True when every sample of the open frame is a number."""
        return self._open.is_finite

    def change_vocoder(self, vocoder: Vocoder, reason: str = "") -> None:
        """Cross-fade to a vocoder prepared for this preset, two heads and this rate; the culture goes on.

        One that comes during a change waits until it is over; of several waiting, the last.
        """
        self._tell(ChangeVocoder(vocoder.name, reason), self.frame)
        self.vocoders.change(vocoder if self.morph is None else self.morph.partner.beside(vocoder), self.controls)

    def begin_morph(self, partner: Partner) -> None:
        """Play a second preset, prepared for this one, its seed and rate, beside it by the control `morph`. One that
        was there before is left at once: let it end first."""
        morphing.begin_morph(self, partner)
        self._tell(partner.event, self.frame)

    def _run(self, n_frames: int, *, keep_open: bool = False) -> tuple[int, Tensor]:
        """Frames through which the same vocoders run, up to the first in which notes are due; how many, and their
        sound. With `keep_open` the arpeggiator has not played to the end of the last."""
        most_voices = self.most_voices()
        if most_voices != self._played_with:
            self._played_with = most_voices
            self.voices.obey(self.controls, most_voices)
        morphing.prepare_frames(self)
        offsets = self.vocoders.offsets
        columns = torch.full((len(offsets), 2, self.preset.mel.n_mels, n_frames), LOG_MEL_FLOOR)
        drone, second = (DroneFrames(each, torch.ones(2, n_frames)) for each in (columns, columns.clone()))
        frames: list[FrameOfVoices] = []
        notes: list[Event] = []
        while len(frames) < n_frames and not notes and (not frames or next_share(self) >= 1):
            i, spread = len(frames), self.playhead.place.width
            drone.ratios[:, i], second.ratios[:, i] = self._next_frame()
            grid, places = self.played.heard(), [self.playhead.ago(ago) for ago in offsets]
            drone.air.append(self.reader.air)
            second.air.append(morphing.second_air(self))
            if self.drone:
                morphing.read_drone(self, places, drone.columns[..., i], second.columns[..., i])
            lead_s = self.vocoders.onset_lead_s
            now = None if self.voices.silent else self.voices.frame(self.reader, grid, places, lead_s)
            follow_level(self, drone.columns[0, ..., i], second.columns[0, ..., i], now)
            frames.append(FrameOfVoices(spread, self.drone, now, *morphing.drone_now(self), drone_sides(self)))
            self.drone_level = self.drone_level.passed()
            self.playhead.advance(self.values)
            notes = self.agenda.notes(self.frame - 1)
        sound = sound_of_all(self.vocoders, frames, drone, second)
        for event in notes:
            # What comes late is done at once.
            self._note(event.action, event.share if event.frame == self.frame - 1 else 0.0, sound)
        if not keep_open:
            self._play_steps(1.0, sound)
        return len(frames), sound

    def _note(self, event: AnyAction, share: float, sound: Tensor) -> None:
        """Obey a note event at `share` of the frame that ends `sound` (2, N), which what begins is added to."""
        assert isinstance(event, NoteEvent)
        self._play_steps(share, sound)
        self._tell(event, self.frame - 1, share)
        self._reached = max(self._reached, share)
        for voiced in heard(self, event, share):
            self._play(voiced, share, sound)

    def _play_steps(self, until: float, sound: Tensor) -> None:
        """Let the arpeggiator play before `until` of the frame that ends `sound`, and never before what is done."""
        while (share := max(next_share(self), self._reached)) < until:
            self._reached = share
            for event in self.arpeggiator.play_next():
                self._play(event, share, sound)

    def _play(self, event: NoteEvent, share: float, sound: Tensor) -> None:
        """Let the voices obey."""
        places = [self.playhead.ago(ago) for ago in self.vocoders.offsets]
        lead_s = self.vocoders.onset_lead_s
        for voice in self.voices.handle(event, share, self.reader, self.played.heard(), places, lead_s):
            add_to_the_end(sound, self.vocoders.strike(voice.slot, voice.number, voice.share, voice.onsets))

    def _levelled(self, sound: Tensor) -> NDArray[np.float32]:
        return (sound * self._gain).numpy().astype(np.float32, copy=False)

    def move_to_rate(self, out_rate_hz: int, vocoder: Vocoder, spare: Vocoder | None) -> None:
        """Go on at another output rate, with vocoders prepared for it; in silence only. The culture knows no rate."""
        self.vocoders.restart(self.controls)
        self.out_rate_hz = out_rate_hz
        self.vocoders = VocoderSlot(vocoder, out_rate_hz, self.playhead)
        self.vocoders.spare = spare
        if self.morph is not None:
            morphing.move_morph(self)
        self.warm_up()

    def warm_up(self, n_frames: int = 8) -> None:
        """Let the vocoder start as if the column under the playhead had been sounding: no click at the start.

        It takes as long as the sound it makes: not for the engine's loop.
        """
        morphing.warm_up(self, n_frames)

    def restart(self) -> None:
        """Go on from silence, as a reseeded culture does; quick. A change of vocoders is over."""
        self.vocoders.restart(self.controls)

    def state(self, *, with_history: bool = False) -> InstrumentState:
        """What the future depends on, between two frames.

        `with_history` adds what undo goes back to, up to 24 MB of copies: not for the engine's loop.
        """
        return saved(self, with_history=with_history)

    def resume(self, state: InstrumentState) -> None:
        """Go on from a state of an instrument of the same preset; this one was made with the state's seed."""
        restore(self, state)
        self.warm_up()

    def let_go(self) -> None:
        """Nobody touches it any more: hand, keys and pedals are lifted; the drone stays as it is."""
        self.do(Hand(False))
        nothing = torch.zeros(2, 0)
        for channel in range(N_CHANNELS):
            for pedal in PEDALS:
                self._note(ChannelExpression(channel, pedal, 0.0), 0.0, nothing)
        self._note(AllNotesOff(), 0.0, nothing)

    def flush(self) -> NDArray[np.float32]:
        """The sound still inside the vocoder, (2, N); nothing may be processed after it."""
        return self._levelled(self.vocoders.flush())

    def _next_frame(self) -> tuple[float, float]:
        """Do what is due and let the culture live; the pitch ratio, and that of a second preset."""
        self.played.advance()
        for event in self.agenda.due(self.frame):
            # What comes late is done at once.
            self.do(event.action, event.share if event.frame == self.frame else 0.0)
        move_controls(self)
        evolve(self)
        self.reader.advance(self.controls["tilt_db"], self.added("tilt_db"))
        morphing.pass_frame(self)
        self.log_ratio = self.pitch.toward(self.log_ratio, self.asked_log_ratio())
        self.frame += 1
        self._reached = 0.0
        return morphing.drone_ratios(self)

    def _tell(self, action: AnyAction, frame: int, share: float = 0.0) -> None:
        if self.listener is not None:
            self.listener(LoggedEvent(frame, action, share))

    def rescue(self) -> str:
        """Reseed a culture that is not well; why, or "" when it is well."""
        ailment = self.culture.ailment()
        if ailment:
            self.do(Rescue(ailment))
        return ailment

    def view(self, *, hidden: bool = False, out_delay_s: float = 0.0) -> View:
        """A copy of what there is to see; with `hidden`, which costs 0.4 ms, the hidden channels too.

        `out_delay_s` passes between the vocoder and the ear.
        """
        return view_of(self, hidden=hidden, out_delay_s=out_delay_s)
