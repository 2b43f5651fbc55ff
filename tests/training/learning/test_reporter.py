"""What a training tells, and what happens when nobody listens any more."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from training.learning.reporter import Reporter


@contextmanager
def unread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meanwhile the reader of standard output has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    # Not as a fixture: pytest puts its own output in place again before the test begins.
    with monkeypatch.context() as patch, os.fdopen(writing, "w") as output:
        patch.setattr(sys, "stdout", output)
        yield
        # What it could not write would raise again when it is closed.
        os.dup2(nowhere := os.open(os.devnull, os.O_WRONLY), writing)
        os.close(nowhere)


def test_an_attached_training_speaks_on_into_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reporter = Reporter(Path("x.safetensors"), json_lines=True, attached=True)
    with unread(monkeypatch):
        for _ in range(3):
            reporter.say("stopped", message="its state is written next")


def test_any_other_training_ends_by_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with unread(monkeypatch), pytest.raises(BrokenPipeError):
        Reporter(Path("x.safetensors"), json_lines=True).say("progress")
