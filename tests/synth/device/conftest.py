"""Fixtures for tests of the output: nobody looks at the real devices, and nobody waits long."""

import pytest

from synth.device import audio_out


@pytest.fixture
def no_rescans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "rescan", lambda: None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "_OPEN_LIMIT_S", 0.1)
    monkeypatch.setattr(audio_out, "LOOK_AGAIN_S", (0.02,))
