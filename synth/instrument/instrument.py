"""The instrument without a device: culture → playhead → log-mel frames → vocoder → stereo.

One frame at a time, in this order: events due, automaton steps by accumulator, read, vocode. Offline rendering and
the real-time engine run this same code, so a render is what was played. The playhead runs ahead of the sound by the
vocoder's lookahead: gestures and evolution are heard that much later, the place and the note are not. Axes: `B` = 2
heads (left, right), `M` mel bands, `n` frames, `N` samples.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.culture.culture import Culture, LiveCulture
from synth.culture.failover import ShelteredCulture
from synth.culture.hidden_channels import HiddenChannels
from synth.culture.regrowth import RegrowingCulture
from synth.culture.undo_states import History, HistoryState
from synth.culture.undoable import UndoableCulture
from synth.instrument.column_reader import Reader
from synth.instrument.events import (
    Action,
    AnyAction,
    ChangePreset,
    ChangeVocoder,
    Event,
    Evolve,
    Hand,
    HoldDrone,
    LimitEvolution,
    LoggedEvent,
    OwnAction,
    Redo,
    Rescue,
    ReseedAll,
    SetParameter,
    ThawAll,
    Touch,
    Tune,
    Undo,
    View,
)
from synth.instrument.note_events import PEDALS, AllNotesOff, ChannelExpression, NoteEvent
from synth.instrument.parameters.glide import Glide, frames_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues, pitch_ratio
from synth.instrument.playhead import Playhead
from synth.instrument.schedule import Agenda
from synth.instrument.state import InstrumentState
from synth.instrument.tuning import equal_temperament
from synth.instrument.vocoder_slot import Voicing
from synth.instrument.voice_player import VoicePlayer
from synth.instrument.voice_sound import FrameOfVoices, sound_of
from synth.instrument.voices.allocator import N_CHANNELS
from synth.instrument.voices.bank import BankState
from synth.instrument.voices.notes import MOST_VOICES
from synth.mel import LOG_MEL_FLOOR
from synth.presets.file import preset_bytes
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder


@dataclass(frozen=True)
class Setup:
    """How a culture starts and computes."""

    seed: int = 0
    grown: bool = True
    dtype: torch.dtype = torch.float32
    """Of the matrix products on the processor; a graphics card computes in float32."""
    device: str = "cpu"
    """Where a live culture lives; should that be lost, it moves to the processor."""


def make_culture(preset: Preset, setup: Setup) -> Culture:
    """The culture a preset's rule calls for."""
    if isinstance(preset.rule, LiveRule):
        home = LiveCulture(preset, setup.seed, grown=setup.grown, dtype=setup.dtype)
        if setup.device == "cpu":
            return home
        return ShelteredCulture(LiveCulture(preset, setup.seed, grown=setup.grown, device=setup.device), home)
    return RegrowingCulture(preset, setup.seed, grown=setup.grown)


class Instrument:
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
        setup = setup or Setup()
        self.preset, self.out_rate_hz = preset, out_rate_hz
        self._seed, self.setup = setup.seed, setup
        self.controls = controls or ParameterValues()
        self._played = UndoableCulture(make_culture(preset, setup))
        self.playhead = Playhead(preset.n_frames, self.controls, preset.mel.frames_per_second)
        self.voicing = Voicing(vocoder, out_rate_hz, self.playhead)
        self.frame = 0
        self.rescues = 0
        self.evolution_limit = 1.0
        """Share of the asked evolution speed the machine can afford; `LimitEvolution` moves it."""
        self.listener: Callable[[LoggedEvent], None] | None = None
        """Told of every event when it is done, with the frame before which it was: together they are a log."""
        self._accumulator = 0.0
        self._description: ChangePreset | None = None
        self._hidden = HiddenChannels(preset.state)
        self._agenda = Agenda(preset.mel.n_mels, preset.n_frames)
        self._gain = 10 ** (preset.gain_db / 20)
        self._reader = Reader(preset, self.controls["tilt_db"])
        self._pitch = Glide(frames_of(PARAMETERS["note"].smoothing_s, preset.mel.frames_per_second))
        self._log_ratio = self._asked_log_ratio()
        self.drone = True
        """True while the voice at the preset's own pitch is held."""
        self.voices = VoicePlayer(preset, setup.seed, self.controls)
        """What notes are played with."""
        self._played_with = 0
        vocoder.prepare(preset, out_rate_hz, n_heads=2, seed=setup.seed)

    @property
    def culture(self) -> Culture:
        return self._played.culture

    @property
    def history(self) -> History:
        """What undo and redo go back to."""
        return self._played.history

    @property
    def pending(self) -> tuple[Event, ...]:
        """Events that are not done yet, in order."""
        return self._agenda.pending

    @property
    def vocoder(self) -> Vocoder:
        return self.voicing.vocoder

    @property
    def delay_s(self) -> float:
        """From a column being read to its sound."""
        return self.voicing.delay_s

    def schedule(self, events: Iterable[Event]) -> None:
        """Queue events by frame; those already due happen at the next frame."""
        self._agenda.add(events)

    def send(self, action: Action) -> None:
        """Queue one action for the next frame."""
        self.schedule([Event(self.frame, action)])

    def do(self, action: Action, share: float = 0.0) -> None:
        """Do this now, between two frames and before anything that is queued; a note's at `share` of the next one."""
        self._tell(action, share)
        if isinstance(action, NoteEvent):
            self.voices.handle(action, share, self.playhead.place, self.voicing.onset_lead_s)
        else:
            self._act(action)

    def process(self, n_frames: int) -> NDArray[np.float32]:
        """The next `n_frames` frames at the preset's −23 LUFS, (2, N) float32; equal for any split into blocks."""
        sounds, done = [], 0
        while done < n_frames:
            n = self.voicing.unchanged_for(n_frames - done)
            sounds += self._run(n)
            done += n
            self.voicing.passed(n, self.controls)
        return (torch.cat(sounds, dim=1) * self._gain).numpy().astype(np.float32, copy=False)

    @property
    def changing(self) -> bool:
        """True while two vocoders run."""
        return self.voicing.changing

    def change_vocoder(self, vocoder: Vocoder, reason: str = "") -> None:
        """Cross-fade to a vocoder prepared for this preset, two heads and this rate; the culture goes on.

        One that comes during a change waits until it is over; of several waiting, the last.
        """
        self._tell(ChangeVocoder(vocoder.name, reason))
        self.voicing.change(vocoder, self.controls)

    def description(self) -> ChangePreset:
        """What is played, by name and content; slow at first (100 ms), then kept."""
        if self._description is None:
            self._description = ChangePreset(self.preset.name, hashlib.sha256(preset_bytes(self.preset)).hexdigest())
        return self._description

    def read_trouble(self) -> str:
        """A sentence when a device was lost since it was last asked, else ""; something else plays on by then."""
        trouble, self.voicing.trouble = self.voicing.trouble, ""
        if isinstance(self.culture, ShelteredCulture) and self.culture.trouble:
            trouble, self.culture.trouble = f"{self.culture.trouble} {trouble}".strip(), ""
        return trouble

    def _run(self, n_frames: int) -> list[Tensor]:
        """Sound of frames through which the same vocoders run, in parts."""
        most_voices = self._most_voices()
        if most_voices != self._played_with:
            self._played_with = most_voices
            self.voices.obey(self.controls, most_voices)
        offsets = self.voicing.offsets
        columns = torch.full((len(offsets), 2, self.preset.mel.n_mels, n_frames), LOG_MEL_FLOOR)
        ratios = torch.empty(2, n_frames)
        frames = []
        for i in range(n_frames):
            spread = self.playhead.place.width
            ratios[:, i] = self._next_frame()
            grid, places = self._played.heard(), [self.playhead.ago(ago) for ago in offsets]
            if self.drone:
                for read, place in zip(columns, places, strict=True):
                    read[:, :, i] = self._reader.read(grid, place)
            lead_s = self.voicing.onset_lead_s
            notes = None if self.voices.silent else self.voices.frame(self._reader, grid, places, lead_s)
            frames.append(FrameOfVoices(spread, self.drone, notes))
            self.playhead.advance(self.controls)
        parts, start = [], 0
        for end in range(1, n_frames + 1):
            if end == n_frames or not frames[end].goes_on_from(frames[end - 1]):
                parts.append(sound_of(self.voicing, frames[start:end], columns[..., start:end], ratios[:, start:end]))
                start = end
        return parts

    def move_to_rate(self, out_rate_hz: int, vocoder: Vocoder, spare: Vocoder | None) -> None:
        """Go on at another output rate, with vocoders prepared for it; in silence only. The culture knows no rate."""
        self.voicing.restart(self.controls)
        self.out_rate_hz = out_rate_hz
        self.voicing = Voicing(vocoder, out_rate_hz, self.playhead)
        self.voicing.spare = spare
        self.warm_up()

    def warm_up(self, n_frames: int = 8) -> None:
        """Let the vocoder start as if the column under the playhead had been sounding: no click at the start.

        It takes as long as the sound it makes: not for the engine's loop.
        """
        place = self.playhead.ago(self.voicing.offsets[0])
        self.voicing.warm_up(self._reader.read(self._played.heard(), place), n_frames)

    def restart(self) -> None:
        """Go on from silence, as a reseeded culture does; quick. A change of vocoders is over."""
        self.voicing.restart(self.controls)

    def state(self, *, with_history: bool = False) -> InstrumentState:
        """What the future depends on, between two frames.

        `with_history` adds what undo goes back to, up to 24 MB of copies: not for the engine's loop.
        """
        return InstrumentState(
            frame=self.frame,
            seed=self._seed,
            culture=self.culture.save(),
            controls=self.controls,
            place=self.playhead.place,
            past=self.playhead.past,
            accumulator=self._accumulator,
            evolution_limit=self.evolution_limit,
            log_ratio=self._log_ratio,
            tilt_db=self._reader.tilt_db,
            stroke=self._played.in_stroke,
            pending=self._agenda.pending,
            fade=self._played.fade,
            change=self.voicing.change_state,
            drone=self.drone,
            voices=self.voices.save(),
            tuning=self.voices.tuning,
            history=self.history.save() if with_history else None,
        )

    def resume(self, state: InstrumentState) -> None:
        """Go on from a state of an instrument of the same preset; this one was made with the state's seed."""
        self.frame, self.controls = state.frame, state.controls
        self.culture.restore(state.culture)
        self.playhead.restore(state.place, state.past)
        self._accumulator, self.evolution_limit = state.accumulator, state.evolution_limit
        self._log_ratio = state.log_ratio
        self._reader.jump(state.tilt_db)
        self._agenda.clear()
        self._agenda.add(state.pending)
        self._played.in_stroke = state.stroke
        self._played.restore_fade(state.fade)
        self.voicing.resume_change(state.change)
        self.history.restore(state.history or HistoryState())
        self.drone = state.drone
        self.voices.tune(state.tuning or equal_temperament())
        self.voices.obey(self.controls, self._most_voices())
        self.voices.restore(state.voices or BankState())
        self.warm_up()

    def let_go(self) -> None:
        """Nobody touches it any more: hand, keys and pedals are lifted; the drone stays as it is."""
        self.do(Hand(False))
        for channel in range(N_CHANNELS):
            for pedal in PEDALS:
                self.do(ChannelExpression(channel, pedal, 0.0))
        self.do(AllNotesOff())

    def flush(self) -> NDArray[np.float32]:
        """The sound still inside the vocoder, (2, N); nothing may be processed after it."""
        return (self.voicing.flush() * self._gain).numpy().astype(np.float32, copy=False)

    def _next_frame(self) -> float:
        """Do what is due and let the culture live; the pitch ratio."""
        self._played.advance()
        for event in self._agenda.due(self.frame):
            # What comes late is done at once.
            self.do(event.action, event.share if event.frame == self.frame else 0.0)
        controls = self.controls
        if not controls["frozen"]:
            self._accumulator += controls["steps_per_frame"] * self.evolution_limit
        while self._accumulator >= 1:
            self._accumulator -= 1
            self.culture.step(controls["weather_depth"], controls["weather_speed"])
        self._reader.advance(controls["tilt_db"])
        self._log_ratio = self._pitch.toward(self._log_ratio, self._asked_log_ratio())
        self.frame += 1
        return float(2**self._log_ratio)

    def _tell(self, action: AnyAction, share: float = 0.0) -> None:
        if self.listener is not None:
            self.listener(LoggedEvent(self.frame, action, share))

    def _most_voices(self) -> int:
        """Notes the vocoders at work can play, the drone left out."""
        return max(1, min(self.voicing.max_voices - self.drone, MOST_VOICES))

    def _asked_log_ratio(self) -> float:
        """The transposition that the controls ask for, in octaves."""
        ratio = pitch_ratio(self.controls["note"], self.controls["fine_cents"], self.preset.root_hz)
        return float(np.log2(ratio))

    def _act(self, action: OwnAction) -> None:
        match action:
            case SetParameter(id, value):
                self.controls = self.controls.with_value(id, value)
                self.voices.obey(self.controls, self._most_voices())
            case Touch(gesture):
                self._played.touch(gesture, hand_down=self.playhead.hand_down)
            case ReseedAll():
                self._played.reseed()
            case ThawAll():
                self._played.thaw()
            case Undo():
                self._played.undo()
            case Redo():
                self._played.redo()
            case Rescue():
                self.culture.reseed()
                self.rescues += 1
            case LimitEvolution(share):
                self.evolution_limit = share
            case HoldDrone(on):
                self.drone = on
            case Tune(tuning):
                self.voices.tune(tuning)
            case Hand(down):
                if not down:
                    self._played.lift()
                self.playhead.hold(action)
            case Evolve(steps):
                for _ in range(steps):
                    self.culture.step(self.controls["weather_depth"], self.controls["weather_speed"])

    @property
    def steps_per_second(self) -> float:
        """What the controls ask for."""
        asked = self.controls["steps_per_frame"] * self.preset.mel.frames_per_second
        return 0.0 if self.controls["frozen"] else asked

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
        wrapped, read = self.playhead.wrapped, self.playhead.place
        heard = self.playhead.ago(self.voicing.lead_frames + round(out_delay_s * self.preset.mel.frames_per_second))
        left, right = heard.heads()
        return View(
            frame=self.frame,
            steps=self.culture.steps,
            grid=self._played.heard().numpy().astype(np.float32, copy=True),
            rest=self.culture.resting().numpy().astype(np.float32, copy=True),
            frozen=self.culture.frozen().numpy().astype(np.float32, copy=True),
            playhead=heard.position,
            heads=(wrapped(left), wrapped(right)),
            hand=heard.mix > 0,
            read=wrapped(read.main),
            undos=self.history.undos,
            redos=self.history.redos,
            hidden=self._hidden.project(self.culture.cells()).numpy() if hidden else None,
            card_lost=isinstance(self.culture, ShelteredCulture) and self.culture.is_home,
        )
