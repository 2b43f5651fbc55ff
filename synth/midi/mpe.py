"""MPE zones: which channels carry one note each, and which channel speaks for all of them.

MIDI Polyphonic Expression, version 1.1: the lower zone is led by channel 0 and takes its members from 1 upwards, the
upper zone by channel 15 and takes them from 14 downwards. Channels are counted from 0 here.
"""

from dataclasses import dataclass
from typing import Literal

LOWER_MASTER, UPPER_MASTER = 0, 15
MEMBER_BEND_SEMITONES, MASTER_BEND_SEMITONES = 48.0, 2.0
CONFIGURATION_RPN = 6

MpeSetting = Literal["off", "lower", "upper", "both"]
MPE_SETTINGS: tuple[MpeSetting, ...] = ("off", "lower", "upper", "both")


@dataclass(frozen=True)
class Zones:
    """Members of each zone, 0 … 15; a zone without members is off, and its channels play as plain MIDI."""

    lower: int = 0
    upper: int = 0

    def master_of(self, channel: int) -> int | None:
        """The master channel of a member; None for masters and for channels outside the zones."""
        if LOWER_MASTER < channel <= self.lower:
            return LOWER_MASTER
        if UPPER_MASTER - self.upper <= channel < UPPER_MASTER:
            return UPPER_MASTER
        return None

    def is_master(self, channel: int) -> bool:
        """True for a channel that leads a zone."""
        return (channel == LOWER_MASTER and self.lower > 0) or (channel == UPPER_MASTER and self.upper > 0)

    def members_of(self, master: int) -> range:
        """The channels that a master channel leads, in rising order."""
        if master == LOWER_MASTER:
            return range(1, 1 + self.lower)
        return range(UPPER_MASTER - self.upper, UPPER_MASTER) if master == UPPER_MASTER else range(0)

    def configured(self, master: int, members: int) -> "Zones":
        """These zones after RPN 6 with `members` on a channel; the new zone takes channels from the other one.

        A channel that cannot lead a zone, or more members than there are, changes nothing.
        """
        if master not in (LOWER_MASTER, UPPER_MASTER) or not 0 <= members <= 15:
            return self
        # Both masters and all members have 16 channels to share; a zone of 15 members leaves no other zone.
        left = max(0, 14 - members)
        if master == LOWER_MASTER:
            return Zones(members, min(self.upper, left))
        return Zones(min(self.lower, left), members)


def zones_for(setting: MpeSetting) -> Zones:
    """The zones that a setting asks for; RPN 6 can change them afterwards."""
    return {"off": Zones(), "lower": Zones(15, 0), "upper": Zones(0, 15), "both": Zones(7, 7)}[setting]
