"""The sound server goes away or is halted, or the player is: one sentence, no burst, and the sound comes back.

`tests.benchmarks.halts` halts them for longer, and takes the server away for longer.
"""

from pathlib import Path

import pytest

from synth.device.feeding import STALL_S
from tests.benchmarks.halts import Whose, halt, outage
from tests.doubles.rig import Rig


@pytest.mark.device
# A server that is halted for longer than `STALL_S` is given up and opened again; one halted for less is waited for.
@pytest.mark.parametrize(("whose", "seconds"), [("server", 2.0), ("server", STALL_S + 1.0), ("player", 2.0)])
def test_whoever_was_halted_goes_on_without_a_burst(rig: Rig, tmp_path: Path, whose: Whose, seconds: float) -> None:
    outcome = halt(rig, tmp_path, whose, seconds)
    assert outcome.failures() == []
    if whose == "player":
        (sentence,) = outcome.said
        assert "stood still" in sentence


@pytest.mark.device
def test_a_server_that_was_away_is_found_within_five_seconds_of_its_return(rig: Rig, tmp_path: Path) -> None:
    # Long enough that whoever doubles the time between looks comes too late.
    outcome = outage(rig, tmp_path, 9.0)
    assert outcome.failures() == []
    assert len(outcome.said) == 2
