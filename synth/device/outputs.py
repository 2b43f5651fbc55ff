"""An output as it is asked for: which device, at which rate, with how much sound queued in it."""

from dataclasses import dataclass

RATES_HZ = (44100, 48000, 88200, 96000)
"""Rates to choose from; above them there is nothing the ear or the presets have."""
BUFFER_S = 0.045
"""Asked of the device: with PortAudio's rounding about 56 ms of sound are queued in it."""
BUFFERS_S = (0.03, BUFFER_S, 0.06, 0.09, 0.15, 0.2)
BUFFER_RANGE_S = (0.02, 0.5)


@dataclass(frozen=True)
class Output:
    """Where the sound goes."""

    device: str | None = None
    """By its label, as `devices.choose` takes it; None is the system's default."""
    rate_hz: int | None = None
    """None is the device's own."""
    buffer_s: float = BUFFER_S
    """Sound that is queued in the device: less is quicker, more is safer."""
