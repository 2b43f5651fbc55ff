"""A preset with everything a preset can have, and changes to a preset's file."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from synth.presets.model import HighBand, Preset, Vibrato
from tests.doubles.samples import live_preset


def full_preset() -> Preset:
    """The live test preset with a value in each optional field."""
    plain = live_preset()
    assert plain.partials is not None
    return replace(
        plain,
        partials=replace(
            plain.partials,
            linewidth_hz=torch.rand(19),
            shimmer=torch.rand(19, 5),
            shimmer_shared=torch.rand(5),
            tremolo_db=torch.randn(19, 2),
        ),
        high_band=HighBand(torch.linspace(8000, 20_000, 7), torch.randn(6, 81), torch.rand(6)),
        decay_db_per_s=torch.randn(80),
        trim_db=torch.randn(80),
        noise_share=torch.rand(80),
        attack=(30 * torch.randn(65, 80)).half().float(),
        release_db_per_s=-100 * torch.rand(80),
        vibrato=Vibrato(5.0, 20.0, 3.0, 0.4, 0.2),
        metrics={"ltas_db": 0.5},
        recipe={"name": "live", "iterations": 3},
        settings={"width": 0.4},
        region_s=(0.5, 3.5),
    )


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change a preset's header (tensor table, description) and keep its data."""
    raw = path.read_bytes()
    (n,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + n])
    description = json.loads(header["__metadata__"]["petrichord"])
    change(header, description)
    header["__metadata__"]["petrichord"] = json.dumps(description)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + n :])


def set_field(name: str, value: object) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """A change for `rewrite`: this field of the description, `group.field` where it lies in a group."""

    def change(_: dict[str, Any], description: dict[str, Any]) -> None:
        *path, last = name.split(".")
        for key in path:
            description = description[key]
        description[last] = value

    return change
