"""Shared by all tests."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from synth.compiled.cache import keep_compiled_code_apart
from tests.doubles.rig import Rig

# Two shared cores: one torch thread as in the engine, and no deadline on single examples.
torch.set_num_threads(1)
# Tests start some hundred programs, and each worker reads some hundred test files: where the environment forbids
# Python to keep what it has compiled, as container images do, each of them would compile every module again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Before the tests' own home is made: what is compiled is kept from one run of the tests to the next.
_KEPT = keep_compiled_code_apart()
# matplotlib reads every font of the machine where it finds no list of them, two seconds for each new home.
os.environ.setdefault("MPLCONFIGDIR", str(_KEPT.with_name("matplotlib")))
# A shell lets what it starts in the background ignore Ctrl-C, and so would every program that a test ends by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The same examples each time, so that a commit passes or does not; `--hypothesis-profile search` draws others.
settings.register_profile("petrichord", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("petrichord")


_REAL_TIME = (
    "tests/device/",
    "tests/synth/engine/",
    "tests/synth/device/",
    "tests/synth/takes/",
    "tests/synth/midi/",
)
"""Folders whose tests play through a clocked device or a JACK server, or drive an engine that runs by the clock."""
_BY_NO_CLOCK = (
    "tests/synth/engine/test_kept_culture.py",
    "tests/synth/engine/test_mixdown.py",
    "tests/synth/engine/test_transport.py",
    "tests/synth/takes/test_companion.py",
    "tests/synth/takes/test_morph_takes.py",
    "tests/synth/takes/test_older_schemas.py",
    "tests/synth/takes/test_performance.py",
    "tests/synth/takes/test_performance_files.py",
    "tests/synth/midi/test_files.py",
    "tests/synth/midi/test_messages.py",
)
"""Of these folders, files that compute and wait for nothing: 40 s that the other workers have room for."""
_CLOCK = "gw0"
"""The worker that runs them."""


def _by_the_clock(nodeid: str) -> bool:
    return nodeid.startswith(_REAL_TIME) and not nodeid.startswith(_BY_NO_CLOCK)


class _OneClock(LoadScopeScheduling):
    """Where tests run side by side: whatever runs by a clock in one worker, one at a time; every other file as a whole.

    Files keep their fixtures to themselves.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "real time" if _by_the_clock(nodeid) else nodeid.split("::")[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Real-time tests to their worker first; to the others whatever else there is, as long as it lives."""
        if "real time" in self.workqueue:
            others = any(each.gateway.id == _CLOCK for each in self.nodes) and node.gateway.id != _CLOCK
            self.workqueue.move_to_end("real time", last=others and len(self.workqueue) > 1)
        super()._assign_work_unit(node)


_PAGES = Path("/proc/self/statm")
"""Linux tells here how much memory this process holds."""
_MOST_NEW_PAGES = 400 << 20 >> 12
_least_pages = 1 << 40


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _OneClock:
    return _OneClock(config, log)


_LONG = (
    "tests/training/",
    "tests/ui/trainer/",
    "tests/ui/shell/",
    "tests/ui/settings/weights/",
    "tests/ui/window/test_small_screens.py",
    "tests/synth/commands/",
)
"""Where the longest files are: begun early, they do not run alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real-time tests begin first, because they wait more than they compute."""
    items.sort(key=lambda item: (not _by_the_clock(item.nodeid), not item.nodeid.startswith(_LONG)))


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look through it after every few tests.

    It looks when a quarter of all it knows is new: with half a million objects of torch among them, forty closed
    windows of 31 MB each waited for it. Numba is imported with the first culture, too late for this, unless here.
    """
    import synth.automaton.compiled_step  # noqa: F401

    gc.collect()
    gc.freeze()
    gc.collect()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Let no more closed windows wait for the collector than a worker has room for: 14 GB of them once stopped a
    machine."""
    global _least_pages
    if not _PAGES.exists():
        return
    pages = int(_PAGES.read_text().split()[1])
    if pages > _least_pages + _MOST_NEW_PAGES:
        gc.collect()
        pages = int(_PAGES.read_text().split()[1])
        _least_pages = pages
    _least_pages = min(_least_pages, pages)


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, presets, takes and logs of whoever runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_MUSIC_DIR"):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("HOME", str(home))
        yield


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A private sound server; a test that asks for it fails where none can be started."""
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    rig.close()
