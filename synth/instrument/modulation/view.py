"""What there is to see of modulation at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MotionView:
    """Present values; what belongs to voices is told of the note that began last."""

    sources: Mapping[str, float] = field(default_factory=dict)
    """Of every source by its id, 0 … 1; culture and follower are followed while a route uses them, and 0 otherwise."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Of every parameter that a route moves now, by its id and in its unit: what is played in place of the control."""
