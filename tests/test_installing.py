"""Installed over what older versions left, over itself, editable and back, by pip and without a network."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("synth", "ui", "training", "presets")


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Clone:
    """A copy of the source, without the presets' sound, of which wheels are built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.folder.mkdir()
        for name in PARTS:
            skipped = shutil.ignore_patterns("__pycache__", "*.safetensors")
            shutil.copytree(ROOT / name, self.folder / name, ignore=skipped)
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, self.folder)

    def build(self, kind: str) -> Path:
        """A wheel as pip asks for it: "wheel" or "editable"."""
        target = self.folder.parent / kind
        program = f"from setuptools import build_meta; build_meta.build_{kind}({str(target)!r})"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        run(sys.executable, "-c", program, cwd=self.folder)
        (built,) = target.glob("*.whl")
        return built


class Environment:
    """A virtual environment with nothing in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "environment"
        venv.create(self.folder, symlinks=True)
        scheme = {"base": str(self.folder), "platbase": str(self.folder)}
        self.site = Path(sysconfig.get_path("purelib", "venv", scheme))
        self.python = Path(sysconfig.get_path("scripts", "venv", scheme)) / Path(sys.executable).name

    def pip(self, *arguments: str | Path) -> None:
        run(sys.executable, "-m", "pip", "--python", self.python, *arguments, cwd=self.folder)

    def install(self, wheel: Path) -> None:
        self.pip("install", "--no-index", "--no-deps", "--force-reinstall", wheel)

    def where(self) -> Path:
        """The folder from which `synth` is imported, whole."""
        program = "import synth.errors; from synth import __version__; print(synth.__file__)"
        return Path(run(self.python, "-c", program, cwd=self.folder).strip()).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path)


def leave_caches(environment: Environment) -> Path:
    """What `petrichord bench vocoder` of the first version wrote, and its removal left."""
    cached = environment.site / "synth" / "vocoder" / "streaming" / "__pycache__" / "kernels.run-200.py311.nbi"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"compiled")
    return cached


def test_what_an_older_version_left_hides_no_installation(clone: Clone, environment: Environment) -> None:
    cached = leave_caches(environment)
    editable, wheel = clone.build("editable"), clone.build("wheel")
    for built, place in ((editable, clone.folder), (wheel, environment.site), (editable, clone.folder)):
        environment.install(built)
        assert environment.where() == place, built.name
        assert cached.exists(), "it is there all the time"
    environment.pip("uninstall", "--yes", "petrichord")
    assert list((environment.site / "synth").rglob("*.py")) == []


def test_what_the_source_no_longer_has_is_not_installed_again(clone: Clone) -> None:
    """`pip install .` in the clone, `git pull`, and `pip install .` again."""
    gone = clone.folder / "synth" / "gone.py", clone.folder / "presets" / "gone.safetensors"
    for path in gone:
        path.write_text("")
    names = {str(path.relative_to(clone.folder)) for path in gone}
    with zipfile.ZipFile(clone.build("wheel")) as wheel:
        assert names <= set(wheel.namelist())
    for path in gone:
        path.unlink()
    with zipfile.ZipFile(clone.build("wheel")) as wheel:
        assert not names & set(wheel.namelist())


def test_the_wheel_has_every_module_and_what_they_read(clone: Clone) -> None:
    with zipfile.ZipFile(clone.build("wheel")) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    here = {path.relative_to(clone.folder).as_posix() for part in PARTS for path in (clone.folder / part).rglob("*.*")}
    assert here - inside == set()
    assert inside - here == set()
