"""All that the future of an instrument depends on, between two frames.

An instrument that goes on from a state reads the same columns, at the same pitch and width, as the one that was left,
whatever was under way: a glide, a hand, a healing wound, an undo's cross-fade, a change of vocoders. The sound of the
vocoder is not part of it: phases and noise begin as if the present column had been sounding.
"""

from dataclasses import dataclass, field, replace

from synth.culture.cross_fade import FadeState
from synth.culture.culture import CultureState
from synth.culture.undo_states import HistoryState
from synth.instrument.events import Event
from synth.instrument.modulation.state import MotionState
from synth.instrument.morph.morph import MorphState
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.playing.sown_notes import SownNotesState
from synth.instrument.reading.playhead import Place
from synth.instrument.tempo.arpeggiator import ArpeggiatorState
from synth.instrument.tempo.beat_clock import BeatClock
from synth.instrument.tuning import Tuning
from synth.instrument.voices.bank_frame import BankState
from synth.presets.routes import Region, Routes


@dataclass(frozen=True)
class ChangeState:
    """A change of vocoders under way, as far as reading is concerned: the new one is the one that goes on.

    A third that waits for the end of the change is not part of it: ask for it again after resuming.
    """

    lead_frames: int
    """How many frames further ahead than the old vocoder the new one reads; negative when behind it."""
    frames_left: int


@dataclass(frozen=True)
class DroneLevel:
    """How loud the drone is, on its way to being held or at rest."""

    now: float = 1.0
    """Gain of the next frame, 0 … 1."""
    target: float = 1.0
    per_frame: float = 1.0

    @property
    def sounds(self) -> bool:
        """True in a frame in which it is heard or begins to be."""
        return self.now > 0 or self.target > 0

    def toward(self, target: float, n_frames: float) -> "DroneLevel":
        """To be there in so many frames, or with the next one."""
        if n_frames < 1:
            return DroneLevel(target, target)
        return DroneLevel(self.now, target, 1 / n_frames)

    def passed(self) -> "DroneLevel":
        """A frame later."""
        away = self.target - self.now
        return replace(self, now=self.now + min(max(away, -self.per_frame), self.per_frame)) if away else self


@dataclass(frozen=True)
class InstrumentState:
    """Made by `Instrument.state`, gone on from by `Instrument.resume`; its tensors are copies nobody writes to."""

    frame: int
    seed: int
    culture: CultureState
    """Cells, wounds that heal, frozen cells, the clocks of steps and weather."""
    controls: ParameterValues
    place: Place
    """Playhead, stereo width and hand; width and the hand's centre may be gliding."""
    past: tuple[Place, ...] = ()
    """Places read before, oldest first: a vocoder change and whoever is shown the playhead read there again."""
    accumulator: float = 0.0
    """Share of the next automaton step that is due already."""
    evolution_limit: float = 1.0
    log_ratio: float = 0.0
    """Transposition on its way to what the controls ask for, in octaves."""
    tilt_db: float = 0.0
    """Tilt on its way to the control's value, in dB per octave."""
    stroke: bool = False
    """True from a stroke's first touch to its last: further touches are no step of their own to undo."""
    pending: tuple[Event, ...] = ()
    """Events that are not done yet, in order."""
    fade: FadeState | None = None
    """The cross-fade of an undo or redo that is under way."""
    change: ChangeState | None = None
    drone: DroneLevel = DroneLevel()
    """The voice at the preset's own pitch."""
    voices: BankState | None = None
    """Notes that sound or are held, and every controller's position; None where nothing was ever played."""
    sown: SownNotesState | None = None
    """Cultures that notes have grown for themselves; None where no note has."""
    tuning: Tuning | None = None
    """None is equal temperament."""
    routes: Routes = field(default_factory=Routes)
    """What moves which control."""
    region: Region = field(default_factory=Region)
    """What the sources that follow the culture follow of it."""
    motion: MotionState = field(default_factory=MotionState)
    clock: BeatClock | None = None
    """The song's position; None where it was not kept: the song begins with frame 0."""
    arpeggiator: ArpeggiatorState | None = None
    """None where it was never switched on."""
    morph: MorphState | None = None
    """How a second preset sounds beside this one; None where there is none."""
    history: HistoryState | None = None
    """What undo and redo go back to; None where it was not asked for: there is nothing to undo then."""
