"""What the instrument's parameters say about the arpeggiator."""

from collections.abc import Mapping

from synth.instrument.parameters.note_lengths import beats_of
from synth.instrument.parameters.tempo_rows import ARPEGGIO_MODES
from synth.instrument.tempo.arpeggiator import ArpeggioSettings


def arpeggio_settings(values: Mapping[str, float]) -> ArpeggioSettings:
    """The arpeggiator's side of all parameter values."""
    return ArpeggioSettings(
        on=bool(values["arp_on"]),
        mode=ARPEGGIO_MODES[int(values["arp_mode"])],
        beats=beats_of(values["arp_rate"]),
        gate=values["arp_gate"],
        octaves=round(values["arp_octaves"]),
        swing=values["arp_swing"],
        latch=bool(values["latch"]),
    )
