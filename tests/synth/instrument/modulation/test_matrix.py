"""The matrix against a plain loop over routes and voices, in Python's own numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.instrument.modulation.matrix import matrix_of
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.modulation.sources import SOURCES, is_per_voice
from synth.instrument.modulation.targets import PER_VOICE, modulatable
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from tests.synth.instrument.test_events import ROUTES, UNIT

V = 5
MANY = st.lists(st.tuples(st.integers(1, 40), ROUTES), max_size=12, unique_by=lambda placed: placed[0])
CONTROLS = st.dictionaries(st.sampled_from([row.id for row in modulatable()]), UNIT, max_size=8).map(
    lambda given: ParameterValues({id: PARAMETERS[id].from_normalised(share) for id, share in given.items()})
)
RUNS = st.fixed_dictionaries({f"lfo{n}_run": st.sampled_from([0.0, 1.0]) for n in (1, 2, 3)})
SOURCE_VALUES = st.fixed_dictionaries({id: st.lists(UNIT, min_size=V + 1, max_size=V + 1) for id in SOURCES})


def added(route: Route, u: float) -> float:
    """What one route adds, from its description."""
    bend = {"linear": lambda x: x, "exponential": lambda x: x**2, "s": lambda x: 3 * x**2 - 2 * x**3}[route.curve]
    if route.polarity == "unipolar":
        return route.depth * bend(u)
    b = 2 * u - 1
    return route.depth * math.copysign(bend(abs(b)), b)


def plays(place: int, route: Route) -> bool:
    """Switched on, one of the first 32, and of kinds that this version knows."""
    row = PARAMETERS.get(route.parameter)
    known = row is not None and row.modulatable and route.source in SOURCES
    return route.enabled and place <= 32 and known and "to come" not in route.polarity + route.curve


def expected(
    routes: list[tuple[int, Route]], controls: ParameterValues, sources: dict[str, list[float]], voice: int | None
) -> dict[str, float]:
    """Of one voice, or with None of all together; sources of voices come after the common one, the last note's is the
    first of them."""
    sums: dict[str, float] = {}
    for place, route in sorted(routes, key=lambda placed: placed[0]):
        if not plays(place, route):
            continue
        row = PARAMETERS[route.parameter]
        sums.setdefault(row.id, row.to_normalised(controls[row.id]))
        own = is_per_voice(SOURCES[route.source], controls)
        if not own:
            sums[row.id] += added(route, sources[route.source][0])
        elif row.id in PER_VOICE and voice is not None:
            sums[row.id] += added(route, sources[route.source][1 + voice])
        elif row.id not in PER_VOICE:
            sums[row.id] += added(route, sources[route.source][1])
    return {id: PARAMETERS[id].from_normalised(min(max(share, 0.0), 1.0)) for id, share in sums.items()}


@given(MANY, CONTROLS, RUNS, SOURCE_VALUES)
def test_the_matrix_is_a_plain_loop_over_routes_and_voices(
    routes: list[tuple[int, Route]],
    given_controls: ParameterValues,
    runs: dict[str, float],
    sources: dict[str, list[float]],
) -> None:
    controls = given_controls.with_values(runs)
    matrix = matrix_of(Routes(tuple(sorted(routes, key=lambda placed: placed[0]))), controls)
    own = matrix.last_sources | matrix.voice_sources
    assert all(is_per_voice(SOURCES[id], controls) for id in own)
    assert not any(is_per_voice(SOURCES[id], controls) for id in matrix.common_sources)
    common = {id: sources[id][0] for id in matrix.common_sources}
    together = matrix.values(controls, common, {id: sources[id][1] for id in own})
    # Sums of a dozen doubles in another order, of which an exponential makes ratios.
    assert together == pytest.approx(expected(routes, controls, sources, None), rel=1e-9, abs=1e-9)
    apart = matrix.voice_values(controls, common, {id: np.array(sources[id][1:]) for id in own})
    for voice in range(V):
        by_hand = expected(routes, controls, sources, voice)
        found = {id: float(values[voice]) for id, values in apart.items()}
        assert found == pytest.approx({id: by_hand[id] for id in found}, rel=1e-9, abs=1e-9)
    told_apart = {r.parameter for at, r in routes if plays(at, r) and r.source in own and r.parameter in PER_VOICE}
    assert set(apart) == told_apart & set(together)


def test_a_full_depth_moves_a_parameter_over_its_range_and_no_further() -> None:
    matrix = matrix_of(Routes(((1, Route("macro1", "tilt_db", 1.0)), (2, Route("macro2", "attack_s", 0.5)))), CALM)
    low = matrix.values(CALM.with_value("tilt_db", -6.0), {"macro1": 1.0, "macro2": 1.0}, {})
    assert low["tilt_db"] == 6.0
    # Half of the range along the curve, by ratio: from 1 ms to 10 s is 80 dB.
    assert matrix.values(CALM.with_value("attack_s", 0.001), {"macro1": 0.5, "macro2": 1.0}, {}) == pytest.approx(
        {"tilt_db": 6.0, "attack_s": 0.1}
    )


CALM = ParameterValues()
