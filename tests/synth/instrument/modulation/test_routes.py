"""Routes: typed, written and read again, kept where they are a later version's, refused in one sentence."""

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import PresetError, UsageError
from synth.instrument.as_preset import as_preset
from synth.instrument.events import SetRegion, SetRoute
from synth.instrument.instrument import Instrument
from synth.instrument.modulation.routes import (
    Region,
    Route,
    Routes,
    natural_route,
    parse_route,
    playable,
    routes_of,
    told_of_routes,
    trouble_with,
    trouble_with_all,
)
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.modulation.targets import PER_VOICE, how_it_is_moved
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import METADATA_KEY, preset_bytes, preset_from_bytes
from synth.presets.schema import Fields
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from tests.synth.instrument.test_events import REGIONS, ROUTES

PLACED = st.dictionaries(st.integers(1, 40), ROUTES, max_size=6).map(
    lambda routes: Routes(tuple(sorted(routes.items())))
)
PRESET = live_preset()
FILE = Path("routed.safetensors")
GOOD = {"place": 1, "source": "lfo1", "parameter": "tilt_db", "depth": 0.5}


@given(PLACED)
def test_routes_come_back_from_json(routes: Routes) -> None:
    told = json.loads(json.dumps({"routes": told_of_routes(routes)}))
    assert routes_of(Fields("file", told)) == routes


@given(PLACED, st.integers(1, 32), st.none() | ROUTES)
def test_a_route_at_one_place_leaves_the_others(routes: Routes, place: int, route: Route | None) -> None:
    wanted = {at: kept for at, kept in routes if at != place} | ({} if route is None else {place: route})
    changed = routes.with_route(place, route)
    assert dict(changed) == wanted
    assert [at for at, _ in changed] == sorted(wanted)
    assert changed.at(place) == route
    free = changed.free_place()
    assert free is not None
    assert changed.at(free) is None
    assert all(changed.at(before) is not None for before in range(1, free))


@given(PLACED)
def test_what_is_of_a_later_version_is_not_played_and_told(routes: Routes) -> None:
    for route in playable(routes):
        assert route.enabled
        assert PARAMETERS[route.parameter].modulatable
        assert route.source in SOURCES
        assert "to come" not in route.polarity + route.curve
    assert bool(trouble_with_all(routes)) == any(place > 32 or trouble_with(route) for place, route in routes)


@settings(max_examples=20)
@given(PLACED, REGIONS)
def test_a_preset_keeps_routes_that_it_cannot_play(routes: Routes, region: Region) -> None:
    preset = replace(PRESET, routes=routes, region=region)
    read = preset_from_bytes(preset_bytes(preset), FILE)
    again = as_preset(read, CULTURE, ParameterValues(), "again")
    for kept in (read, again):
        assert (kept.routes, kept.region) == (routes, region)


CULTURE = Instrument(PRESET, SpectralVocoder(PRESET.mel), 44100).state().culture


def with_description(raw: bytes, **more: Any) -> bytes:
    """A preset's file with other fields in its description, as another version could have written it."""
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    told = {**json.loads(header["__metadata__"][METADATA_KEY]), **more}
    header["__metadata__"][METADATA_KEY] = json.dumps(told)
    changed = json.dumps(header).encode()
    changed += b" " * (-len(changed) % 8)
    return struct.pack("<Q", len(changed)) + changed + raw[8 + length :]


def test_a_preset_without_routes_is_the_file_it_was_and_has_none() -> None:
    raw = preset_bytes(PRESET)
    assert b"routes" not in raw
    assert b"followed_region" not in raw
    assert (preset_from_bytes(raw, FILE).routes, preset_from_bytes(raw, FILE).region) == (Routes(), Region())


def test_a_route_may_leave_out_what_is_usual() -> None:
    read = preset_from_bytes(with_description(preset_bytes(PRESET), routes=[GOOD]), FILE)
    assert dict(read.routes) == {1: Route("lfo1", "tilt_db", 0.5, "unipolar", "linear", True)}


@pytest.mark.parametrize(
    ("routes", "field"),
    [
        ("lfo1", "routes"), ([3], "routes[0]"), ([{**GOOD, "place": 0}], "routes[0].place"),
        ([GOOD, GOOD], "routes[1].place"), ([{**GOOD, "depth": 2}], "routes[0].depth"),
        ([{**GOOD, "depth": float("nan")}], "routes[0].depth"), ([{**GOOD, "source": None}], "routes[0].source"),
        ([{**GOOD, "enabled": "yes"}], "routes[0].enabled"), ([GOOD] * 2000, "routes"),
    ],
)  # fmt: skip
def test_a_damaged_route_is_named(routes: object, field: str) -> None:
    with pytest.raises(PresetError) as refused:
        preset_from_bytes(with_description(preset_bytes(PRESET), routes=routes), FILE)
    assert f"“{field}”" in str(refused.value)
    assert "routed.safetensors" in str(refused.value)


def test_what_people_type_becomes_a_route() -> None:
    assert parse_route("lfo1 > tilt_db 0.5") == Route("lfo1", "tilt_db", 0.5, "bipolar")
    assert parse_route("velocity>tilt_db  −0,25 s") == Route("velocity", "tilt_db", -0.25, "unipolar", "s")
    assert parse_route("key > width 1 unipolar exponential") == Route("key", "width", 1.0, "unipolar", "exponential")
    assert natural_route("macro1", "volume_db").polarity == "unipolar"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lfo1", "SOURCE > CONTROL DEPTH"), ("lfo1 > tilt_db", "SOURCE > CONTROL DEPTH"),
        ("lfo9 > tilt_db 1", "lfo9"), ("lfo1 > colour 1", "colour"), ("lfo1 > latch 1", "Latch"),
        ("lfo1 > tilt_db much", "much"), ("lfo1 > tilt_db 2", "2"), ("lfo1 > tilt_db 1 upwards", "upwards"),
        ("lfo1 > fade_in_s 1", "Fade in"), ("lfo1 > unison 1", "Unison"), ("lfo1 > macro1 1", "Macro 1"), ("", ""),
    ],
)  # fmt: skip
def test_what_is_no_route_is_refused_in_one_sentence(text: str, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_route(text)
    assert named in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_an_instrument_takes_the_routes_of_its_preset_and_events_move_them() -> None:
    first, second = Route("lfo1", "tilt_db"), Route("velocity", "width")
    preset = replace(PRESET, routes=Routes(((2, first),)), region=Region(right=0.5))
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 44100)
    instrument.do(SetRoute(5, second))
    assert dict(instrument.routes) == {2: first, 5: second}
    instrument.do(SetRoute(2, None))
    assert dict(instrument.routes) == {5: second}
    assert instrument.region == Region(right=0.5)
    instrument.do(SetRegion(Region(0.9, 0.1)))
    assert instrument.state().region == Region(0.9, 0.1)
    plain = Instrument(PRESET, SpectralVocoder(preset.mel), 44100)
    assert (plain.routes, plain.region) == (Routes(), Region())


def test_times_at_start_fades_switches_counts_and_choices_are_not_moved() -> None:
    for row in PARAMETERS.values():
        if row.is_switch or row.choices or row.id.startswith("macro") or row.id in ("fade_in_s", "unison", "note"):
            assert not row.modulatable, row.id
            assert how_it_is_moved(row) == ""
    assert {id for id in PER_VOICE if not PARAMETERS[id].modulatable} == set()
    assert how_it_is_moved(PARAMETERS["attack_s"]) == "each voice, as it begins"
    assert how_it_is_moved(PARAMETERS["tilt_db"]) == "each voice"
    assert how_it_is_moved(PARAMETERS["weather_depth"]) == "all together"
