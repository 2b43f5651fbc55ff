"""What an instrument consists of: its culture, playhead, reader, vocoders and voices, and where each of them is.

`Instrument` makes sound of the parts; what acts on them, saves them or shows them stands in a file of its own.
"""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from synth.culture.culture import Culture
from synth.culture.failover import FailoverCulture
from synth.culture.hidden_channels import HiddenChannels
from synth.culture.two_plates import plates_of
from synth.culture.undo_states import History
from synth.culture.undoable import UndoableCulture
from synth.instrument.events import ChangePreset, Event, LoggedEvent
from synth.instrument.modulation.routes import trouble_with_all
from synth.instrument.morph.morph import Morph
from synth.instrument.parameters.glide import Glide, frames_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues, pitch_ratio
from synth.instrument.playing.motion import Motion
from synth.instrument.playing.schedule import Agenda
from synth.instrument.playing.voice_player import VoicePlayer
from synth.instrument.reading.column_reader import Reader
from synth.instrument.reading.playhead import Playhead
from synth.instrument.setup import Setup, make_culture
from synth.instrument.state import DroneLevel
from synth.instrument.tempo.arpeggiator import Arpeggiator
from synth.instrument.tempo.beat_clock import BeatClock, beats_per_frame
from synth.instrument.tempo.controls import arpeggio_settings
from synth.instrument.vocoder_slot import VocoderSlot
from synth.instrument.voices.notes import MOST_VOICES
from synth.presets.file import preset_bytes
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder


class InstrumentParts:
    """The parts between two frames. Not thread-safe: whoever plays the instrument owns them."""

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
        self._description: ChangePreset | None = None
        self.setup = setup
        self.controls = controls or ParameterValues()
        self.played = UndoableCulture(make_culture(preset, setup))
        self.morph: Morph | None = None
        """The second preset beside this one."""
        self.playhead = Playhead(preset.n_frames, self.controls, preset.mel.frames_per_second)
        self.vocoders = VocoderSlot(vocoder, out_rate_hz, self.playhead)
        self.frame = 0
        self.clock = BeatClock(self.asked_beats_per_frame())
        """Where the song is, in beats, at any moment."""
        self.arpeggiator = Arpeggiator(setup.seed, arpeggio_settings(self.controls))
        """Between note events and voices."""
        self.rescues = 0
        self.evolution_limit = 1.0
        """Share of the asked evolution speed the machine can afford; `LimitEvolution` moves it."""
        self.listener: Callable[[LoggedEvent], None] | None = None
        """Told of every event when it is done, with the frame before which it was: together they are a log."""
        self.accumulator = 0.0
        """Share of the next automaton step that is due already."""
        self.hidden = HiddenChannels(preset.state)
        self.agenda = Agenda(preset.mel.n_mels, preset.n_frames)
        self.reader = Reader(preset, self.controls["tilt_db"])
        self.pitch = Glide(frames_of(PARAMETERS["note"].smoothing_s, preset.mel.frames_per_second))
        """How the transposition comes to what the controls ask for."""
        self.log_ratio = self.asked_log_ratio()
        """The transposition now, in octaves."""
        self.drone_level = DroneLevel()
        """Of the voice at the preset's own pitch."""
        self.routes = preset.routes
        """What moves which control."""
        self.region = preset.region
        """What the sources that follow the culture follow of it."""
        trouble = trouble_with_all(preset.routes)
        self._untold = trouble and f"“{preset.name}”: {trouble}"
        """A sentence about routes of a later version, until somebody reads it."""
        self.motion = Motion(preset, setup.seed)
        self.values = self.controls
        """What is played: the controls, moved by routes."""
        self.output_listener: Callable[[int, Mapping[str, float]], None] | None = None
        """Told in every frame, before it is computed, what routes move the output's controls to in it."""
        self.voices = VoicePlayer(preset, setup.seed, self.controls, preset.tuning, setup.dtype)
        """What notes are played with."""
        vocoder.prepare(preset, out_rate_hz, n_heads=2, seed=setup.seed)

    def description(self) -> ChangePreset:
        """What is played, by name and content; slow at first (100 ms), then kept."""
        if self._description is None:
            self._description = ChangePreset(self.preset.name, hashlib.sha256(preset_bytes(self.preset)).hexdigest())
        return self._description

    @property
    def drone(self) -> bool:
        """True while the voice at the preset's own pitch sounds."""
        return self.drone_level.sounds

    @property
    def culture(self) -> Culture:
        return self.played.culture

    @property
    def history(self) -> History:
        """What undo and redo go back to."""
        return self.played.history

    @property
    def pending(self) -> tuple[Event, ...]:
        """Events that are not done yet, in order."""
        return self.agenda.pending

    @property
    def vocoder(self) -> Vocoder:
        return self.vocoders.vocoder

    @property
    def delay_s(self) -> float:
        """From a column being read to its sound."""
        return self.vocoders.delay_s

    @property
    def beats(self) -> float:
        """The song's position at the beginning of the frame numbered `frame`, in beats."""
        return self.clock.at(self.frame)

    @property
    def changing(self) -> bool:
        """True while two vocoders run."""
        return self.vocoders.changing

    @property
    def steps_per_second(self) -> float:
        """What the controls ask for."""
        asked = self.controls["steps_per_frame"] * self.preset.mel.frames_per_second
        return 0.0 if self.controls["frozen"] else asked

    def read_trouble(self) -> str:
        """A sentence when a device was lost since it was last asked, and at first when the preset has routes that
        cannot be played, else ""; something else plays on by then."""
        trouble, self.vocoders.trouble = self.vocoders.trouble, ""
        if self._untold:
            trouble, self._untold = f"{self._untold} {trouble}".strip(), ""
        for plate in plates_of(self.culture):
            if isinstance(plate, FailoverCulture) and plate.trouble:
                told, plate.trouble = plate.trouble, ""
                trouble = trouble if told in trouble else f"{told} {trouble}".strip()
        return trouble

    def added(self, id: str) -> float:
        """What routes add to a control in this frame."""
        return self.values[id] - self.controls[id]

    def most_voices(self) -> int:
        """Notes the vocoders at work can play, the drone left out."""
        return max(1, min(self.vocoders.max_voices - self.drone, MOST_VOICES))

    def asked_beats_per_frame(self) -> float:
        """How fast the controls ask the song to move."""
        return beats_per_frame(self.controls["tempo_bpm"], self.preset.mel.frames_per_second)

    def asked_log_ratio(self) -> float:
        """The transposition that the controls ask for, in octaves."""
        if self.morph is not None:
            return self.morph.asked_log_ratio(self.controls)
        ratio = pitch_ratio(self.controls["note"], self.controls["fine_cents"], self.preset.root_hz)
        return float(np.log2(ratio))
