"""What is worked on in one process is free again when that process has ended, however it ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synth.file_lock import Claim, claimed_by

HOLD = "import sys; from pathlib import Path; from synth.file_lock import Claim; "
HOLD += "claim = Claim.of(Path(sys.argv[1])); print(claim is not None, flush=True); sys.stdin.read(); claim.release()"


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the claim until its input closes."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process


def test_a_claim_keeps_others_out_and_names_its_process(tmp_path: Path) -> None:
    path = tmp_path / "window.lock"
    assert claimed_by(path) is None
    with holder(path) as process:
        assert claimed_by(path) == process.pid
        assert Claim.of(path) is None
        assert claimed_by(path) == process.pid, "looking and asking change nothing"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert not path.exists()
    own = Claim.of(path)
    assert own is not None and claimed_by(path) == os.getpid()
    own.release()
    own.release()
    assert claimed_by(path) is None and not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_what_a_killed_process_left_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "window.lock"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert path.read_text() == str(process.pid), "left as it was"
    assert claimed_by(path) is None
    claim = Claim.of(path)
    assert claim is not None and claimed_by(path) == os.getpid()
    claim.release()


def test_of_many_who_claim_at_once_one_has_it_at_a_time(tmp_path: Path) -> None:
    """Whoever opened the file that its holder removes must not have it beside who made the next."""
    path, working, most, taken = tmp_path / "window.lock", [0], [0], [0]
    counting = threading.Lock()

    def work() -> None:
        for _ in range(60):
            claim = Claim.of(path)
            if claim is not None:
                with counting:
                    working[0] += 1
                    taken[0] += 1
                    most[0] = max(most[0], working[0])
                time.sleep(0.001)
                with counting:
                    working[0] -= 1
                claim.release()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most[0] == 1
    assert taken[0] > 20
    assert not path.exists()


def test_where_nothing_can_be_locked_nobody_is_kept_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim.of(tmp_path / "no folder" / "window.lock")
    assert claim is not None
    claim.release()

    def no_locks(*_: object, **__: object) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("synth.file_lock._locked", no_locks)
    first, second = Claim.of(tmp_path / "window.lock"), Claim.of(tmp_path / "window.lock")
    assert first is not None and second is not None
    assert claimed_by(tmp_path / "window.lock") is None
    first.release()
    second.release()
