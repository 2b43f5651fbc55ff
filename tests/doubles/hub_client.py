"""What tests of the hub ask of it, and how it refuses."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.errors import VocoderUnavailable
from synth.vocoder.bigvgan import hub
from synth.vocoder.bigvgan.catalogue import FOR_CPU
from synth.vocoder.bigvgan.fetch import Patience
from synth.vocoder.bigvgan.folders import installed

NAME = FOR_CPU.name
QUICK = Patience(timeout_s=0.3, pause_s=0.01)
WEIGHTS = "bigvgan_generator.pt"


def get(progress: Callable[[int, int], None] | None = None, cancel: threading.Event | None = None) -> Path:
    return hub.install(hub.ask(FOR_CPU, timeout_s=5), progress, cancel, QUICK)


def refusal(of: Callable[[], object] = get) -> str:
    """The sentence with which it is refused; nothing is installed then."""
    with pytest.raises(VocoderUnavailable) as caught:
        of()
    assert "\n" not in str(caught.value)
    assert installed(NAME) is None
    return str(caught.value)
