"""What the command prints: into any encoding, into streams that were closed, onto a full disk."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile as sf

from synth.commands.cli import main
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    return save_preset(live_preset(), tmp_path / "tone.safetensors")


@pytest.fixture(scope="module")
def unheard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a process without output streams has rendered a.wav and told what it `imported` and its exit
    `code`."""
    folder = tmp_path_factory.mktemp("unheard")
    preset = save_preset(live_preset(), folder / "tone.safetensors")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from synth.commands.cli import main\n"
        f"folder = Path({str(folder)!r})\n"
        f"code = main(['render', {str(preset)!r}, '-o', str(folder / 'a.wav'), '--seconds', '0.2'])\n"
        "(folder / 'code').write_text(str(code))\n"
        "(folder / 'imported').write_text(' '.join(sys.modules))\n"
    )
    (folder / "program.py").write_text(program)
    command = f"{sys.executable} {folder}/program.py >&- 2>&-"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run(command, shell=True, check=False, timeout=300, env=environment).returncode == 0
    return folder


def test_rendering_imports_neither_qt_nor_librosa_nor_training(unheard: Path) -> None:
    imported = (unheard / "imported").read_text().split()
    assert "torch" in imported
    assert not {"PySide6", "librosa", "bigvgan", "matplotlib", "training", "ui"} & set(imported)


def test_streams_that_were_closed_swallow_what_is_printed(unheard: Path) -> None:
    assert (unheard / "code").read_text() == "0"
    assert sf.info(unheard / "a.wav").frames == 8820


@pytest.mark.parametrize(("encoding", "errors"), [("cp1252", "strict"), ("ascii", "strict")])
def test_an_encoding_that_lacks_a_character_gets_another(
    encoding: str, errors: str, preset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The summary of a rendering has “×” in it."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors=errors))
    assert main(["render", str(preset), "-o", str(tmp_path / "a.wav"), "--seconds", "0.2"]) == 0
    assert (b"\xd7 real time" if encoding == "cp1252" else b"? real time") in raw.getvalue()


def test_a_locale_without_the_character_gets_another() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "synth.commands.cli", "parameters"],
        env={**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"steps_per_frame      0.00 steps ? 4.00 steps" in done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_help_is_printed_in_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    with pytest.raises(SystemExit) as stopped:
        main(["vocoder", "--help"])
    sys.stdout.flush()
    assert stopped.value.code == 0 and b"petrichord vocoder" in raw.getvalue()


def test_doctor_prints_its_arrows_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.commands.cli import prepare_streams
    from synth.commands.doctor import Finding

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    prepare_streams()
    print(Finding("audio", False, "no sound card", "play in silence"), flush=True)
    assert " ".join(raw.getvalue().decode("cp1252").split()) == "-- audio no sound card ? play in silence"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_behind_the_output_is_a_sentence() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synth.commands.cli", "presets"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"cannot be written: No space left" in done.stderr


def test_the_log_takes_names_that_are_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.log import log_unexpected

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    written = log_unexpected(ValueError(os.fsdecode(b"caf\xe9.wav")))
    assert r"caf\udce9.wav" in written.read_text(encoding="utf-8")
