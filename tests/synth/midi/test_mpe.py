"""MPE zones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.mpe import Zones, zones_for


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(-1, 20)), max_size=6))
def test_a_channel_is_never_two_things(configurations: list[tuple[int, int]]) -> None:
    zones = Zones()
    for master, members in configurations:
        zones = zones.configured(master, members)
        assert zones.lower + zones.upper <= (14 if zones.lower and zones.upper else 15)
    lower, upper = set(zones.members_of(0)), set(zones.members_of(15))
    assert not lower & upper
    for channel in range(16):
        expected = 0 if channel in lower else 15 if channel in upper else None
        assert zones.master_of(channel) == expected
        assert not (zones.is_master(channel) and expected is not None)


def test_a_new_zone_takes_channels_from_the_other() -> None:
    zones = Zones().configured(0, 10).configured(15, 8)
    assert (zones.lower, zones.upper) == (6, 8)
    assert zones.configured(0, 15) == Zones(15, 0)
    assert zones.configured(15, 0) == Zones(6, 0)


def test_only_the_outer_channels_lead() -> None:
    assert Zones().configured(3, 5) == Zones()
    assert not Zones().is_master(0)


@pytest.mark.parametrize(
    ("setting", "lower", "upper"), [("off", 0, 0), ("lower", 15, 0), ("upper", 0, 15), ("both", 7, 7)]
)
def test_settings_name_the_zones(setting: str, lower: int, upper: int) -> None:
    assert zones_for(setting) == Zones(lower, upper)  # type: ignore[arg-type]
