"""Banks made without our own writer, and what refuses one."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import PresetError
from synth.presets.about import About
from synth.presets.bank import import_bank
from synth.presets.file import preset_bytes
from tests.doubles.samples import live_preset

MB = 2**20
RAW = preset_bytes(replace(live_preset(), name="Wind/2: äé").with_about(About("pads", ("dark",), "for later")))
OTHER = preset_bytes(replace(live_preset(seed=3), name="Wind/2: äé"))
STEM = "Wind_2_ äé"


def zipped(path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> Path:
    """Made without our own writer."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, content)
    return path


def everything(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.parent.rglob("*") if path.is_file()}


def refusal(bank: Path, home: Path) -> str:
    """The sentence with which a bank is refused, nothing having been written."""
    before = everything(home)
    with pytest.raises(PresetError) as caught:
        import_bank(bank, home)
    assert everything(home) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)
