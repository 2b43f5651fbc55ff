"""Companions written before the state was whole are read by a migration, and go on as they did then.

`tests/data/companions` holds one of them and the columns, pitch ratios and widths that the version which wrote it read
after going on from it.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from synth.errors import RecordingError
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.presets.schema import Fields
from synth.takes.companion import Beginning, load_beginning, save_beginning
from synth.takes.older_schemas import from_schema_1
from tests.synth.instrument.test_state import Ear, next_frame

FOLDER = Path(__file__).parents[2] / "data" / "companions"
OLD = FOLDER / "schema_1.petrichord.safetensors"
RATE = 44100


def going_on(beginning: Beginning) -> Instrument:
    ear = Ear(beginning.preset.mel, 0)
    instrument = Instrument(beginning.preset, ear, RATE, setup=Setup(seed=beginning.state.seed))
    with torch.no_grad():
        instrument.resume(beginning.state)
    return instrument


def rewritten(path: Path, **told: object) -> Path:
    """The old companion with other fields, at `path`."""
    with safe_open(OLD, framework="np") as file:
        description = json.loads(file.metadata()["petrichord_take"])
    save_file(load_file(OLD), path, {"petrichord_take": json.dumps({**description, **told})})
    return path


def test_it_goes_on_as_it_did_when_it_was_written() -> None:
    assert OLD.stat().st_size < 100_000
    beginning, then = load_beginning(OLD), np.load(FOLDER / "schema_1_columns.npz")
    assert beginning.state.controls == ParameterValues(
        steps_per_frame=0.37, weather_speed=1.3, playhead_speed=-0.7, note=61, fine_cents=12, width=0.2, tilt_db=2.5,
        volume_db=-7.0, fade_in_s=0.5,
    )  # fmt: skip
    instrument = going_on(beginning)
    with torch.no_grad():
        heard = [next_frame(instrument) for _ in range(then["columns"].shape[2])]
    # To the bit on the machine that wrote it; the products of another may be rounded otherwise.
    np.testing.assert_allclose(torch.cat([columns[0] for (columns, *_), _ in heard], dim=2), then["columns"], atol=1e-4)
    np.testing.assert_allclose(
        torch.cat([ratios for (_, ratios, *_), _ in heard], dim=1), then["ratios"][:1], rtol=1e-6
    )
    np.testing.assert_allclose([spread for _, spread in heard], then["spreads"], rtol=1e-12)


def test_the_migration_changes_neither_of_its_arguments() -> None:
    told = Fields("x", {"playhead": 3.0, "width": 0.5, "controls": {"tilt_db": 2.0}})
    arrays = {"rest": np.zeros((2, 2), np.float32)}
    new, way = from_schema_1(told, arrays)
    assert set(told.values) == {"playhead", "width", "controls"}
    assert set(arrays) == {"rest"}
    assert (new.values["tilt_db"], new.values["pending"], way["way"].shape) == (2.0, [], (1, 8))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ({"playhead": 1e9}, "playhead.*the take cannot be used"),
        ({"playhead": 200.0}, "is damaged"),
        ({"width": "wide"}, "width.*the take cannot be used"),
        ({"accumulator": 7}, "accumulator"),
        ({"controls": 3}, "controls.*an object"),
    ],
)
def test_what_is_wrong_in_an_old_one_is_refused_as_it_was(harm: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=words):
        load_beginning(rewritten(tmp_path / "a.petrichord.safetensors", **harm))


def test_an_old_age_goes_on_as_young(tmp_path: Path) -> None:
    """A year of steps and a weather clock of 1e12: it still lives, as fast as when it was young, and is kept whole."""
    path = rewritten(
        tmp_path / "a.petrichord.safetensors", steps=2**31, weather_clock=1e12, grown_at=2**31 - 10**6, gestures=2**31
    )
    moved = []
    for beginning in (load_beginning(OLD), load_beginning(path)):
        instrument = going_on(beginning)
        with torch.no_grad():
            grids = []
            for _ in range(200):
                instrument.process(1)
                grids.append(instrument.culture.grid().clone())
        assert instrument.culture.ailment() == ""
        moved.append(float((torch.stack(grids[1:]) - torch.stack(grids[:-1])).square().mean().sqrt()))
    young, old = moved
    assert 0.5 < old / young < 2
    assert instrument.culture.steps - 2**31 == pytest.approx(200 * 0.37, abs=1)
    save_beginning(Beginning(beginning.preset, instrument.state()), tmp_path / "b.petrichord.safetensors")
    again = going_on(load_beginning(tmp_path / "b.petrichord.safetensors"))
    with torch.no_grad():
        for _ in range(20):
            assert torch.equal(next_frame(instrument)[0][0], next_frame(again)[0][0])
