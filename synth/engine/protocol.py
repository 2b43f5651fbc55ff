"""What the window and the command ask of the engine, and what it reports.

All methods return at once and may be called from any thread; nothing here computes sound on the caller's thread.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from synth.culture.culture import CultureState
from synth.device.outputs import Output
from synth.instrument.events import Action, View
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import Partner
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.state import InstrumentState
from synth.output.audition import Audition
from synth.presets.model import Preset
from synth.presets.routes import Region, Routes
from synth.takes.part import WHOLE, Part
from synth.takes.wav import SampleFormat
from synth.vocoder.contract import Vocoder

Remedy = Literal["", "output", "folder", "vocoder", "log"]


@dataclass(frozen=True)
class Notice:
    """A sentence for the user; the window shows it in a banner."""

    serial: int
    """Counts notices; a later one has a higher number."""
    text: str
    urgent: bool = False
    remedy: Remedy = ""
    """Where the user can do something about it."""


@dataclass(frozen=True)
class Status:
    """How the engine is, for the status line and the meters."""

    playing: bool = False
    preset: str = ""
    device: str = ""
    """Name of the output, or why there is none."""
    rate_hz: int = 0
    latency_s: float = 0.0
    """From a gesture to its sound at the device."""
    device_s: float = 0.0
    """The part of it that the device's own queue takes; 0 without a device."""
    resting: bool = False
    """True while nothing sounds and nothing is computed ahead; Play, and whatever else is asked, ends it at once."""
    load: float = 0.0
    """Share of a block's duration that computing it took, smoothed; 1 is the limit."""
    steps_per_second: float = 0.0
    slowed: bool = False
    """True while the culture evolves more slowly than asked because the machine cannot keep up."""
    underruns: int = 0
    rescues: int = 0
    peak_db: tuple[float, float] = (-120.0, -120.0)
    """Left and right peak of the latest tenths of a second (`sent_sound.PEAK_S`), dBFS."""
    loudness_lufs: float = -120.0
    """Short-term loudness of what was sent: the last three seconds (EBU R 128)."""
    clipped: int = 0
    """Samples at or beyond full scale since the start."""
    limiting_db: float = 0.0
    """By how much the limiter turned the sound down at most in the latest tenths of a second."""
    recording: Path | None = None
    """File being written."""
    recording_s: float = 0.0
    armed: bool = False
    """True while recording waits for the first sound."""
    last_take: Path | None = None
    """File finished last."""
    take: Path | None = None
    """Take being played in place of the culture."""
    take_s: tuple[float, float] = (0.0, 0.0)
    """Where it is, and its length."""
    morph: str = ""
    """Name of the second preset that is played beside the first, "" without one."""
    vocoder: str = ""
    """Its name and why it was chosen."""
    notices: tuple[Notice, ...] = ()
    """The latest few, oldest first."""


@dataclass(frozen=True)
class Capture:
    """What plays at one moment, to be kept as a preset."""

    preset: Preset
    state: CultureState
    instrument: InstrumentState | None = None
    """To go on from here; `state` is its culture."""
    partner: Preset | None = None
    """The second preset of a morph."""


@dataclass(frozen=True)
class Present:
    """The instrument that was asked for last, for whoever prepares something to be played beside it."""

    preset: Preset
    out_rate_hz: int
    setup: Setup


class EngineControl(Protocol):
    """The running engine as its users see it."""

    @property
    def audition(self) -> Audition:
        """What lays other sound over the instrument's."""
        ...

    @property
    def pressed(self) -> bool:
        """True while the sound is close to breaking: whoever can wait with their work should."""
        ...

    def start(self) -> None:
        """Open the device and start the threads; without a device, a clocked silent sink and a notice."""
        ...

    def close(self) -> None:
        """Fade out, finish the take, stop every thread; at most about two seconds."""
        ...

    def play(self) -> None: ...
    def stop(self) -> None: ...

    def send(self, action: Action) -> None:
        """Control change, gesture, reseed, undo or hand; due at the next block."""
        ...

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str = "") -> None:
        """Play these in order, a constant time after `arrived_s` by `time.monotonic`; a time ahead is kept exactly.

        `source` names a keyboard or a file: events of one source never overtake each other.
        """
        ...

    @property
    def controls(self) -> ParameterValues:
        """Every control's value, of the preset that was asked for last."""
        ...

    @property
    def routes(self) -> Routes:
        """What moves which control, of the preset that was asked for last."""
        ...

    @property
    def region(self) -> Region:
        """What the sources that follow the culture follow of it, of the preset that was asked for last."""
        ...

    def swap(self, instrument: Instrument, reason: str = "") -> None:
        """Cross-fade to a prepared instrument; `reason` says why its vocoder was chosen."""
        ...

    def change_vocoder(
        self, vocoder: Vocoder, reason: str = "", spare: Vocoder | None = None, preset: str = ""
    ) -> None:
        """Cross-fade to a vocoder prepared for the present instrument (`prepare.ready_vocoder`); the culture goes on.

        `spare` takes over when it cannot keep up. Nothing happens when another preset than the one named plays by then.
        """
        ...

    @property
    def present(self) -> Present:
        """What a second preset must be prepared for now."""
        ...

    def morph(self, partner: Partner) -> None:
        """Play a second preset beside the first by the control `morph`; one that is there already ends before.

        Nothing happens when another instrument plays by then than the one it was prepared for. `EndMorph` ends it.
        """
        ...

    def record(
        self, path: Path | None = None, sample_format: SampleFormat | None = None, *, wait: bool = False
    ) -> None:
        """Start a take; None names one after the date and preset in the user's music folder.

        It begins with the next block that is computed, some hundredths of a second ahead of what is heard: from there
        on it can be rendered again. With `wait` it begins with the first sound or with Play, whichever comes first, and
        loses no sample of it.
        """
        ...

    def stop_recording(self) -> None:
        """End the take, or wait for sound no longer."""
        ...

    def play_take(self, path: Path, part: Part = WHOLE) -> None:
        """Play a file, or a part of it, in place of the culture, which lives on unheard; a failure is a notice."""
        ...

    def stop_take(self) -> None: ...

    def set_device(self, name: str | None) -> None:
        """Move to another output; None is the system's default."""
        ...

    def set_output(self, output: Output) -> Future[str]:
        """Move to this device, rate and buffer; the culture goes on. Answers "" or why it cannot be, in a sentence."""
        ...

    def test_tone(self) -> None:
        """A short quiet tone, left and then right, over whatever is sent to the device."""
        ...

    def view(self, *, hidden: bool = False) -> View | None:
        """The latest look at the culture, or None before the first; `hidden` asks that the next looks carry the
        hidden channels."""
        ...

    def sound(self, n_samples: int) -> NDArray[np.float32]:
        """The latest sound really sent to the device, (N, 2), oldest first: a copy, as long as is kept."""
        ...

    def capture(self) -> Future[Capture]:
        """The culture as it is at the next block; never answered by an engine that has stopped."""
        ...

    def status(self) -> Status: ...
