"""The command as its user meets it: what it prints, what it writes, and one sentence with exit code 2 for the rest."""

import json
import os
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from synth.commands.cli import COMMANDS, main
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    return save_preset(live_preset(), tmp_path / "tone.safetensors")


def render(preset: Path, out: Path, *extra: str, seconds: float = 0.5) -> np.ndarray:  # type: ignore[type-arg]
    assert main(["render", str(preset), "-o", str(out), "--seconds", str(seconds), *extra]) == 0
    return np.asarray(sf.read(out)[0])


def test_render_writes_24_bit_stereo_that_a_strict_reader_opens(preset: Path, tmp_path: Path) -> None:
    render(preset, tmp_path / "a.wav", "--rate", "48000")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 3, 48000)
        assert file.getnframes() == 24000


def test_render_prints_what_it_made(preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = render(preset, tmp_path / "a.wav", "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["seconds"] == 0.5
    assert report["vocoder"] == "spectral"
    assert report["vocoder_reason"]
    # True peak is at least the sample peak, and the limiter keeps it at −1 dBTP.
    assert 20 * np.log10(np.abs(sound).max()) - 0.1 <= report["peak_dbtp"] <= -0.9
    render(preset, tmp_path / "a.wav")
    assert "0.50 s" in capsys.readouterr().out


def test_same_seed_same_file_other_seed_another(preset: Path, tmp_path: Path) -> None:
    first, again, other = (render(preset, tmp_path / "a.wav", "--seed", seed) for seed in ("1", "1", "2"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_gestures_and_controls_change_the_sound(preset: Path, tmp_path: Path) -> None:
    plain = render(preset, tmp_path / "a.wav", seconds=0.2)
    for extra in (
        ("--gesture", "0.1:erase:row=10,radius_rows=20"),
        ("--note", "C5"),
        ("--width", "0"),
        ("--steps-per-second", "0"),
        ("--playhead-speed", "-1"),
    ):
        assert not np.array_equal(plain, render(preset, tmp_path / "b.wav", *extra, seconds=0.2)), extra


def test_set_moves_any_control_as_its_own_option_does(preset: Path, tmp_path: Path) -> None:
    for option, assigned in (
        (("--width", "0.25"), "width=25 %"),
        (("--note", "C5"), "note=C5"),
        (("--steps-per-second", "0"), "frozen=on"),
        (("--tilt", "2", "--width", "0.3"), "width=0.3"),
    ):
        more = ("--set", "tilt_db=+2 dB/oct") if "--tilt" in option else ()
        by_option = render(preset, tmp_path / "a.wav", *option, seconds=0.2)
        by_set = render(preset, tmp_path / "b.wav", "--set", assigned, *more, seconds=0.2)
        assert np.array_equal(by_option, by_set), assigned


@pytest.mark.parametrize(
    ("assigned", "words"),
    [
        ("width", "lacks its value: write ID=VALUE"),
        ("colour=3", "no control “colour”: `petrichord parameters` lists"),
        ("width=300 %", "Width of 300 % is outside"),
        ("width=60", "Width of 60 × is outside its range: choose 0 to 1"),
        ("tilt_db=nan", "Tilt of nan"),
        ("frozen=perhaps", "type on or off"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(
    preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], assigned: str, words: str
) -> None:
    for command in (["render", str(preset), "-o", str(tmp_path / "a.wav")], ["play", str(preset), "--minutes", "0.01"]):
        assert main([*command, "--set", assigned]) == 2
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1


def test_without_bigvgan_weights_a_sentence_and_the_spectral_vocoder(
    preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render(preset, tmp_path / "a.wav", "--vocoder", "bigvgan", "--json")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["vocoder"] == "spectral"
    assert "No BigVGAN checkpoint" in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["render", "accordion", "-o", "x.wav"], "accordion"),
        (["render", "gone.safetensors", "-o", "x.wav"], "gone.safetensors"),
        (["render", "PRESET", "-o", "nowhere/x.wav"], "nowhere"),
        (["render", "PRESET", "-o", "x.wav", "--seconds", "-3"], "-3 s"),
        (["render", "PRESET", "-o", "x.wav", "--seconds", "1e9"], "3600"),
        (["render", "PRESET", "-o", "x.wav", "--seconds", "nan"], "nan"),
        (["render", "PRESET", "-o", "x.wav", "--rate", "7"], "7 Hz"),
        (["render", "PRESET", "-o", "x.wav", "--note", "H9"], "H9"),
        (["render", "PRESET", "-o", "x.wav", "--width", "12"], "Width"),
        (["render", "PRESET", "-o", "x.wav", "--steps-per-second", "-1"], "Evolution"),
        (["render", "PRESET", "-o", "x.wav", "--gesture", "1:tickle"], "tickle"),
        (["render", "PRESET", "-o", "."], "."),
        (["render", "PRESET", "-o", "x.wav", "--weights", "empty"], "empty"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    named: str,
    preset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([str(preset) if a == "PRESET" else a for a in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert named in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("petrichord: ")
    assert not (tmp_path / "x.wav").exists()


def test_without_a_display_a_demo_is_rendered_and_never_overwritten(preset: Path, tmp_path: Path) -> None:
    headless = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    headless["PYTHONPATH"] = str(Path(__file__).parents[3])
    (tmp_path / "petrichord-demo-1.wav").write_bytes(b"mine")
    run = subprocess.run(
        [sys.executable, "-m", "synth.commands.cli", str(preset)],
        cwd=tmp_path,
        env=headless,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "No window" in run.stdout
    assert "petrichord-demo-2.wav: 10.0 s" in run.stdout
    assert "LUFS" in run.stdout
    assert (tmp_path / "petrichord-demo-1.wav").read_bytes() == b"mine"
    assert sf.info(tmp_path / "petrichord-demo-2.wav").duration == 10


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert f"petrichord {name}" in capsys.readouterr().out


def test_the_overview_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys\n"
        "from synth.commands.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'PySide6', 'librosa', 'bigvgan', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert all(name in run.stdout for name in COMMANDS)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:  # type: ignore[type-arg]
    """What `render` makes of the preset, in 24 bits."""
    folder = tmp_path_factory.mktemp("exact")
    return render(save_preset(live_preset(), folder / "tone.safetensors"), folder / "a.wav")


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [
        ("a.wav", "WAV", "PCM_24"),
        ("a.WAVE", "WAV", "PCM_24"),
        ("a", "WAV", "PCM_24"),
        ("a.flac", "FLAC", "PCM_24"),
        ("a.aif", "AIFF", "PCM_24"),
        ("a.AIFF", "AIFF", "PCM_24"),
        ("a.ogg", "OGG", "VORBIS"),
    ],
)
def test_render_writes_the_format_that_the_name_says(
    name: str,
    container: str,
    subtype: str,
    preset: Path,
    exact: np.ndarray,  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    sound = render(preset, tmp_path / name)
    info = sf.info(tmp_path / name)
    assert (info.format, info.subtype, info.frames) == (container, subtype, 22050)
    if subtype == "PCM_24":
        # libsndfile rounds to 24 bits in each format's own way.
        assert np.abs(sound - exact).max() < 1.5 * 2**-23
    else:
        # Vorbis at its usual quality keeps this tone within a few percent.
        assert np.corrcoef(sound[4000:-4000, 0], exact[4000:-4000, 0])[0, 1] > 0.99


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.safetensors", "a.wav.bak"])
def test_a_format_that_cannot_be_written_is_refused_before_anything_is_computed(
    name: str, preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.process_time()
    assert main(["render", str(preset), "-o", str(tmp_path / name), "--seconds", "3000"]) == 2
    assert time.process_time() - began < 5.0
    assert f"ends in {Path(name).suffix}" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff.flac", b"\x83\x65.aiff"])
def test_render_writes_to_a_name_that_is_no_text(
    name: bytes, preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode(name)
    assert main(["render", str(preset), "-o", str(path), "--seconds", "0.5"]) == 0
    assert len(sf.read(os.fsencode(path))[0]) == 22050
    assert "�" in capsys.readouterr().out
