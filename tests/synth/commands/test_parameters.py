"""`petrichord parameters`: the list and the manual's page say what the table says."""

import json
from pathlib import Path

import pytest

from synth.commands.cli import main
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS

MANUAL = Path(__file__).parents[3] / "docs" / "controls.md"


def test_the_manual_is_what_the_table_says_today(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "--markdown"]) == 0
    assert capsys.readouterr().out == MANUAL.read_text(encoding="utf-8"), (
        "write it anew: petrichord parameters --markdown > docs/controls.md"
    )


def test_the_manual_has_a_line_for_every_control_with_its_range() -> None:
    lines = [line for line in MANUAL.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    for row in (*PARAMETERS.values(), *BRUSH_PARAMETERS.values()):
        mine = [line for line in lines if line.startswith(f"| {row.label} | {row.help} |")]
        assert len(mine) == 1, row.id
        if not row.is_switch:
            assert row.text(row.minimum) in mine[0] and row.text(row.maximum) in mine[0]


def test_json_has_every_control_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in told] == [*PARAMETERS, *BRUSH_PARAMETERS]
