"""What the engine's own queue carries, besides the instrument's actions."""

from concurrent.futures import Future
from dataclasses import dataclass

from synth.engine.protocol import Capture
from synth.instrument.events import Action
from synth.instrument.instrument import Instrument
from synth.vocoder.contract import Vocoder


@dataclass(frozen=True)
class PlayCommand:
    on: bool


@dataclass(frozen=True)
class FarewellCommand:
    """Fade out, and quickly: the engine closes."""


@dataclass(frozen=True)
class SwapCommand:
    instrument: Instrument
    reason: str


@dataclass(frozen=True)
class ChangeCommand:
    vocoder: Vocoder
    reason: str
    spare: Vocoder | None
    preset: str


@dataclass(frozen=True)
class CaptureCommand:
    answer: Future[Capture]


Command = Action | PlayCommand | FarewellCommand | SwapCommand | ChangeCommand | CaptureCommand
