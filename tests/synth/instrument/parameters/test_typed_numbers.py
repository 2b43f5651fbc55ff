"""A number is typed by comma and by point, on the command line as in the window."""

import argparse
import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from synth.commands.cli import COMMANDS, main
from synth.errors import UsageError
from synth.instrument.notation import parse_gesture
from synth.instrument.parameters.note_names import note_number
from synth.instrument.parameters.typed_numbers import (
    number,
    typed_number,
    typed_whole_number,
    whole_number,
    with_negative_values,
)
from synth.mel import FORMATS
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1.5", 1.5), ("1,5", 1.5), (",5", 0.5), ("-2,5", -2.5), ("−2,5", -2.5), ("+3", 3.0), ("1,5e-3", 0.0015),
        ("１．５", 1.5), ("١٫٥", 1.5), (" 7 ", 7.0),
    ],
)  # fmt: skip
def test_a_comma_and_a_point_are_the_same(typed: str, value: float) -> None:
    assert typed_number(typed) == number(typed) == value


@pytest.mark.parametrize("typed", ["1.234,5", "1,234.5", "1,2,3", "1 000", "", "x", "0x10", "1,5 s"])
def test_what_is_no_number_is_a_sentence(typed: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(f"“{typed}” is not a number: write one such as")):
        number(typed)


def test_whole_numbers_keep_every_digit_and_refuse_marks_between_thousands() -> None:
    assert typed_whole_number("12345678901234567891") == 12345678901234567891
    assert [whole_number(text) for text in ("48000", "-3", "48000,0", "1e3", "４８")] == [48000, -3, 48000, 1000, 48]
    for text in ("44,1", "44.1", "44,100", "²", "nan", "inf", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number: write digits alone"):
            whole_number(text)


@pytest.mark.parametrize("value", ["-2,5", "-2.5", "-,5", "-2", "-1e-3", "-1,5E+2"])
def test_every_spelling_of_a_negative_number_is_an_options_value(value: str) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tilt", type=number)
    parser.add_argument("-o", "--output")
    args = parser.parse_args(with_negative_values(["--tilt", value, "-o", "x.wav"]))
    assert (args.tilt, args.output) == (typed_number(value), "x.wav")


def test_what_is_no_negative_number_is_left_alone() -> None:
    words = ["render", "-o", "-2.wav", "--json", "-v", "--", "-2,5", "--width=1", "-3"]
    assert with_negative_values(words) == words


def test_gestures_and_notes_take_a_comma_as_well() -> None:
    fmt = FORMATS["22k80"]
    pointed = parse_gesture("2.5:paint:hz=880.5,radius_frames=10.5,shape=stripe", fmt, 172)
    assert parse_gesture("2,5:paint:hz=880,5,radius_frames=10,5,shape=stripe", fmt, 172) == pointed
    assert note_number("60,5") == 60.5
    with pytest.raises(UsageError, match="“hz=880,louder” is not one of"):
        parse_gesture("2:paint:hz=880,louder", fmt, 172)


def test_rendering_hears_a_comma_as_a_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preset = save_preset(live_preset(), tmp_path / "tone.safetensors")
    sounds = []
    for mark in ".,":
        numbers = {
            "--seconds": "0.5",
            "--tilt": "-2.5",
            "--width": "0.3",
            "--note": "60.5",
            "--steps-per-second": "8.5",
        }
        given = [word.replace(".", mark) for pair in numbers.items() for word in pair]
        more = ["--set", "volume_db=-3.5".replace(".", mark), "--gesture", "0.1:erase:row=9.5".replace(".", mark)]
        assert main(["render", str(preset), "-o", str(tmp_path / "a.wav"), *given, *more]) == 0
        sounds.append(sf.read(tmp_path / "a.wav")[0])
    assert np.array_equal(*sounds)
    with pytest.raises(SystemExit) as refused:
        main(["render", str(preset), "-o", str(tmp_path / "a.wav"), "--seconds", "1.234,5"])
    assert refused.value.code == 2
    assert "argument --seconds: “1.234,5” is not a number: write one such as 1.5 or 1,5" in capsys.readouterr().err


def numeric_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [each for below in action.choices.values() for each in numeric_options(below)]
        elif action.type in (number, whole_number, float, int):
            found.append(action)
    return found


def test_every_number_of_every_command_is_read_by_one_helper() -> None:
    options = []
    for module, _ in COMMANDS.values():
        parser = argparse.ArgumentParser()
        importlib.import_module(module).add_arguments(parser)
        options += numeric_options(parser)
    assert len(options) > 25
    assert [action.option_strings for action in options if action.type in (float, int)] == []


def test_no_program_of_ours_reads_an_option_by_python_alone() -> None:
    """`python -m training.studies.NAME` as well."""
    files = [path for package in ("synth", "training", "ui") for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 100
    for path in files:
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
                types = [ast.unparse(each.value) for each in call.keywords if each.arg == "type"]
                assert not {"float", "int"} & set(types), f"{path}:{call.lineno}"
