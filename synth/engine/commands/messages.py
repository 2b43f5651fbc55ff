"""What the engine's own queue carries, besides the instrument's actions."""

from concurrent.futures import Future
from dataclasses import dataclass

from synth.engine.protocol import Capture
from synth.instrument.events import Action, ChangePreset, Play, Stop
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.vocoder.contract import Vocoder


@dataclass(frozen=True)
class FarewellCommand:
    """Fade out, and quickly: the engine closes."""


@dataclass(frozen=True)
class SwapCommand:
    """The event, and the prepared instrument it names."""

    event: ChangePreset
    instrument: Instrument
    reason: str


@dataclass(frozen=True)
class ChangeCommand:
    """A vocoder prepared for the preset named, and why it was chosen."""

    vocoder: Vocoder
    reason: str
    spare: Vocoder | None
    preset: str


@dataclass(frozen=True)
class MorphCommand:
    """A second preset, prepared for the one that plays."""

    partner: Partner


@dataclass(frozen=True)
class TakeStartCommand:
    """Tell the take's log all that the sound depends on from here on."""

    serial: int


@dataclass(frozen=True)
class CaptureCommand:
    answer: Future[Capture]


Command = (
    Action
    | Play
    | Stop
    | FarewellCommand
    | SwapCommand
    | ChangeCommand
    | MorphCommand
    | CaptureCommand
    | TakeStartCommand
)
