"""Fixtures that several areas share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A private sound server; a test that asks for it fails where none can be started."""
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    rig.close()
