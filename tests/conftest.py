"""Shared by all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from tests.rig import Rig

# Two shared cores: one torch thread as in the engine, and no deadline on single examples.
torch.set_num_threads(1)
settings.register_profile("petrichord", deadline=None)
settings.load_profile("petrichord")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A private sound server; a test that asks for it fails where none can be started."""
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    rig.close()
