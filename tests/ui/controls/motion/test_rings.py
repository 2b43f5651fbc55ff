"""A knob's ring goes exactly as far as its route moves the control."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.table import PARAMETERS
from synth.presets.routes import POLARITIES, Route, Routes
from ui.controls.motion.model import Motion
from ui.controls.panel import ControlPanel

MOVED = sorted(id for id, p in PARAMETERS.items() if p.modulatable and not p.choices)


@pytest.fixture(scope="module")
def panel(qapp: object) -> ControlPanel:
    return ControlPanel()


def expected(parameter: str, stands: float, source: float, route: Route) -> float:
    """Where the control is at a level of its source: depth is a share of the range along the curve."""
    p = PARAMETERS[parameter]
    x = 2 * source - 1 if route.polarity == "bipolar" else source
    if p.curve == "exponential":
        octaves = math.log2(p.maximum / p.minimum)
        value = stands * 2 ** (route.depth * x * octaves)
    else:
        value = stands + route.depth * x * (p.maximum - p.minimum)
    return min(max(value, p.minimum), p.maximum)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MOVED), st.floats(0, 1), st.floats(-1, 1), st.sampled_from(POLARITIES))
def test_the_ring_is_the_routes_range(
    panel: ControlPanel, parameter: str, at: float, depth: float, polarity: str
) -> None:
    knob, p = panel.knobs[parameter], PARAMETERS[parameter]
    knob.show_amount(p.from_normalised(at))
    route = Route("lfo1", parameter, depth, polarity)
    panel.motion.show_motion(Motion(Routes(((1, route),))))
    (ring,) = knob.rings
    ends = [expected(parameter, knob.amount(), source, route) for source in (0.0, 1.0)]
    wanted = sorted(p.step_of(end) / p.n_steps for end in ends)
    # The knob stands on steps; what rounding does to the end of a range moves it by one of these at most.
    assert knob.reach_of(ring) == pytest.approx(wanted, abs=1.01 / p.n_steps)


def test_a_route_that_is_off_has_no_ring_and_a_screen_reader_hears_those_that_are_on(
    panel: ControlPanel, qtbot: QtBot
) -> None:
    routes = Routes(((1, Route("lfo1", "width", 0.2)), (2, Route("key", "width", 0.3, enabled=False))))
    panel.motion.show_motion(Motion(routes))
    assert [ring.name for ring in panel.knobs["width"].rings] == ["LFO 1 +20 %"]
    assert panel.knobs["width"].accessibleDescription().endswith("moved by LFO 1 +20 %")
    panel.motion.show_motion(Motion())
    assert not panel.knobs["width"].rings
    assert "moved by" not in panel.knobs["width"].accessibleDescription()


def test_a_source_that_leaves_a_brush_size_has_no_ring_to_put_back(panel: ControlPanel) -> None:
    panel.rings.show("brush_width")
    assert not any(knob.rings for knob in panel.knobs.values())
