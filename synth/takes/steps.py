"""What a performance is made of besides the instrument's own events."""

from collections.abc import Mapping
from dataclasses import dataclass

from synth.errors import RecordingError, UsageError
from synth.instrument.events import BeginMorph, ChangePreset, Event
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner, make_partner
from synth.presets.model import Preset
from synth.takes.companion import Beginning


@dataclass(frozen=True)
class OutputTurned:
    """Effects and master obey these controls from here on."""

    frame: int
    controls: Mapping[str, float]


@dataclass(frozen=True)
class Farewell:
    """The quick fade-out of a program that ends."""

    frame: int


@dataclass(frozen=True)
class PresetBegun:
    """Another instrument fades in; events after it count its frames."""

    frame: int
    event: ChangePreset
    beginning: Beginning
    left: tuple[Event, ...] = ()
    """What the one that fades out still has to do."""


@dataclass(frozen=True)
class MorphBegun:
    """A second preset is played beside the first from here on."""

    frame: int
    event: BeginMorph
    preset: Preset
    """The second one."""

    def partner_of(self, instrument: Instrument, **given: int) -> Partner:
        """It, prepared for the instrument that plays as `make_partner` says; `RecordingError` where the two cannot be
        morphed."""
        try:
            return make_partner(instrument.preset, self.preset, instrument.out_rate_hz, instrument.setup, **given)
        except UsageError as error:
            raise RecordingError(f"A morph of this take cannot be played again: {error}") from error
