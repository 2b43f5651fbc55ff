"""Threads that sound depends on are favoured; programs that are started beside them are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.sound_files.system_decoder import _run
from synth.thread_priority import favoured, ordinary

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems keep priorities to the process")
SAY = "import os; print(os.sched_getscheduler(0))"


def policy_of_a_child() -> int:
    return int(subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True).stdout)


def test_what_is_started_meanwhile_is_ordinary_and_the_thread_is_as_before() -> None:
    with favoured("helper"):
        own = os.sched_getscheduler(0)
        # Where this user may have real-time priority, a child would have it as well.
        assert policy_of_a_child() == own
        with ordinary():
            assert policy_of_a_child() == os.SCHED_OTHER
        assert os.sched_getscheduler(0) == own
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_the_program_that_decodes_a_recording_is_ordinary(tmp_path: Path) -> None:
    written = tmp_path / "written"
    program = "import os, sys; open(sys.argv[1], 'w').write(str(os.sched_getscheduler(0)))"
    with favoured("helper"):
        _run([sys.executable, "-c", program, str(written)], tmp_path / "song.m4a")
    assert written.read_text() == str(os.SCHED_OTHER)
