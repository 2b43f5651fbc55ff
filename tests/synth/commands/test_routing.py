"""`--route`: modulation from the command line, and what is said of routes that cannot be played."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.commands.cli import main
from synth.instrument.modulation.routes import Route, Routes
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset


def saved(folder: Path, *routes: Route) -> Path:
    preset = replace(live_preset(), routes=Routes(tuple(enumerate(routes, start=1))))
    return save_preset(preset, folder / "tone.safetensors")


def render(preset: Path, *more: str) -> NDArray[np.float64]:
    out = preset.with_suffix(".wav")
    assert main(["render", str(preset), "-o", str(out), "--seconds", "0.3", *more]) == 0
    return np.asarray(soundfile.read(out)[0])


def test_a_route_that_is_typed_is_one_that_the_preset_has(tmp_path: Path) -> None:
    fast = ("--set", "lfo1_hz=9")
    plain = render(saved(tmp_path), *fast)
    typed = render(saved(tmp_path), *fast, "--route", "lfo1 > volume_db 0.2", "--route", "random > tilt_db 0,3 s")
    own = (Route("lfo1", "volume_db", 0.2, "bipolar"), Route("random", "tilt_db", 0.3, "bipolar", "s"))
    assert np.array_equal(typed, render(saved(tmp_path, *own), *fast))
    assert np.array_equal(typed, render(saved(tmp_path, *own[:1]), *fast, "--route", "random > tilt_db 0.3 s"))
    assert not np.array_equal(typed, plain)


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("lfo1", "write SOURCE > CONTROL DEPTH"),
        ("moon > width 1", "no source “moon”"),
        ("lfo1 > width 7", "depth of 7"),
    ],
)
def test_what_is_no_route_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], route: str, words: str
) -> None:
    preset = str(saved(tmp_path))
    for command in (["render", preset, "-o", str(tmp_path / "a.wav")], ["play", preset, "--minutes", "0.01"]):
        assert main([*command, "--route", route]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1


def test_more_routes_than_places_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = saved(tmp_path, *[Route("lfo1", "width")] * 32)
    assert main(["render", str(full), "-o", str(tmp_path / "a.wav"), "--route", "lfo1 > tilt_db 1"]) == 2
    assert "more than 32" in capsys.readouterr().err


def test_a_take_has_its_routes_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = str(tmp_path / "x.petrichord.safetensors")
    assert main(["render", take, "-o", str(tmp_path / "a.wav"), "--route", "lfo1 > width 1"]) == 2
    assert "--route" in capsys.readouterr().err


def test_routes_of_a_later_version_are_told_of_and_the_rest_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known, later = Route("lfo1", "tilt_db"), Route("a_source_to_come", "tilt_db")
    sound = render(saved(tmp_path, known, later))
    said = capsys.readouterr().err
    assert "place 2 is of a later Petrichord" in said
    assert said.count("\n") == 1
    assert np.array_equal(sound, render(saved(tmp_path, known)))


def test_the_list_of_controls_tells_what_routes_move(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["tilt_db"].endswith("[routes move each voice]")
    assert lines["attack_s"].endswith("[routes move each voice, as it begins]")
    assert lines["weather_depth"].endswith("[routes move all together]")
    assert "routes move" not in lines["fade_in_s"]
