"""numba writes into the user's cache folder or nowhere; never into the installed package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from synth.compiled.cache import VARIABLE, cache_folder, keep_compiled_code_apart

ROOT = Path(__file__).parents[3]
COMPILE = """
from synth.vocoder.bigvgan.streaming import kernels
from synth.vocoder.bigvgan.streaming.machine import Crew, Kind, Operation, program_of
Crew(1).run([program_of([Operation(Kind.BARRIER)])], 1)
stats = kernels.run.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""

COMPILE_LITTLE = """
from synth.effects.glide import Glide
stats = Glide(8, 1)._follow.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
"""In a quarter of the time: where it is kept is settled by the same function."""


class Installed:
    """A copy of synth where packages are installed, started with a home and a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.site, self.temporary = folder / "site", folder / "tmp"
        shutil.copytree(ROOT / "synth", self.site / "synth", ignore=shutil.ignore_patterns("__pycache__"))
        self.temporary.mkdir()
        self.files = self.there()

    def there(self) -> set[Path]:
        return set(self.site.rglob("*"))

    def compile(self, cache_home: Path, program: str = COMPILE, **more: str) -> list[int]:
        """Cache hits and misses of a process that compiles, or finds compiled, what a stream runs, or a `program` of
        its own."""
        environment = {key: value for key, value in os.environ.items() if key != VARIABLE} | {
            "PYTHONPATH": str(self.site),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(cache_home),
            "HOME": str(cache_home.parent),
            "TMPDIR": str(self.temporary),
            **more,
        }
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            cwd=self.temporary,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return [int(word) for word in done.stdout.split()]


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_what_is_compiled_lies_in_the_users_cache_and_is_found_there(installed: Installed, tmp_path: Path) -> None:
    home = tmp_path / "cache"
    assert installed.compile(home) == [0, 1]
    assert list((home / "petrichord" / "compiled-2").rglob("*.nbc"))
    assert installed.compile(home) == [1, 0]
    assert installed.there() == installed.files
    assert list(installed.temporary.iterdir()) == []


@pytest.mark.parametrize("named", [False, True])
def test_without_a_folder_that_can_be_written_nothing_is_kept(
    installed: Installed, tmp_path: Path, named: bool
) -> None:
    """A file stands where the folder would be made: not even an administrator can write there."""
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    more = {VARIABLE: str(blocked / "named")} if named else {}
    assert installed.compile(blocked / "cache", COMPILE_LITTLE, **more) == [0, 1]
    assert installed.there() == installed.files
    assert list(installed.temporary.iterdir()) == []


def test_a_folder_the_user_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numba.core.config

    monkeypatch.setattr(numba.core.config, "CACHE_DIR", "")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    assert keep_compiled_code_apart() == tmp_path / "mine"
    assert str(tmp_path / "mine") == numba.core.config.CACHE_DIR


def test_the_command_settles_it_before_numba_is_imported() -> None:
    program = (
        "import sys, os; from synth.commands.cli import prepare_environment; prepare_environment(); "
        f"print('numba' in sys.modules, os.environ['{VARIABLE}'])"
    )
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"False {cache_folder()}"
