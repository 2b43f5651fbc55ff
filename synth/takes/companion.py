"""What a take began with, in a file beside it: `NAME.petrichord.safetensors` next to `NAME.wav`.

It holds the whole preset as it was (a preset can be changed or thrown away later), the culture to the bit, seed,
step, playhead and controls: all that is needed to go on from there. Validated like a preset: nothing is unpickled, and
what is wrong is one sentence. Axes: `C` channels, `M` mel bands, `T` frames.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from synth.automaton.rules import LiveRule
from synth.culture.culture import CultureState
from synth.errors import PresetError, RecordingError
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import readable
from synth.instrument.state import Moment
from synth.loading.prepare import ready_instrument
from synth.presets.file import preset_bytes, preset_from_bytes
from synth.presets.model import Preset
from synth.presets.schema import Fields
from synth.storage import write_bytes_whole

COMPANION_SUFFIX = ".petrichord.safetensors"
_KEY = "petrichord_take"
_SCHEMA_VERSION = 1
_MAX_BYTES = 16 * 2**20
_LARGEST = {"state": 100.0, "rest": 1e4, "frozen": 1.0}
"""Cells, frames of rest and shares of ice: no culture is ever near the first two; what is, is damage."""


@dataclass(frozen=True)
class Beginning:
    """A preset and a moment of it."""

    preset: Preset
    moment: Moment
    rate_hz: int = 0
    vocoder: str = ""


def companion_of(take: Path) -> Path:
    """The file that belongs to a take."""
    return take.with_name(take.stem + COMPANION_SUFFIX)


def save_beginning(beginning: Beginning, path: Path) -> None:
    """Write it whole or not at all; `OSError` when it cannot be written."""
    culture, raw = beginning.moment.culture, preset_bytes(beginning.preset)
    arrays: dict[str, NDArray[Any]] = {"preset": np.frombuffer(raw, np.uint8)}
    for name in ("state", "rest", "frozen"):
        arrays[name] = getattr(culture, name).float().cpu().contiguous().numpy()
    write_bytes_whole(path, save_arrays(arrays, {_KEY: json.dumps(_description(beginning, raw))}), shared=True)


def load_beginning(path: Path) -> Beginning:
    """Read it again; `RecordingError` says in one sentence what is wrong with which file."""
    try:
        return _read(path)
    except FileNotFoundError as error:
        raise RecordingError(f"There is no {path.name}: what this take began with was not kept.") from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error
    except PresetError as error:
        raise RecordingError(str(error).replace("the preset cannot", "the take cannot")) from error
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise RecordingError(f"{path.name} is damaged: this take cannot be continued; its sound is whole.") from error


def ready_to_continue(path: Path, rate_hz: int) -> tuple[Beginning, Instrument, str]:
    """An instrument that goes on from where a take began, and why its vocoder was chosen; slow."""
    beginning = load_beginning(path)
    moment = beginning.moment
    instrument, reason = ready_instrument(beginning.preset, rate_hz, moment.controls, seed=moment.seed)
    with torch.no_grad():
        instrument.resume(moment)
    return beginning, instrument, reason


def _description(beginning: Beginning, raw: bytes) -> dict[str, object]:
    moment = beginning.moment
    return {
        "schema_version": _SCHEMA_VERSION,
        "preset": beginning.preset.name,
        "preset_path": beginning.preset.source_path,
        "preset_sha256": hashlib.sha256(raw).hexdigest(),
        "rate_hz": beginning.rate_hz,
        "vocoder": beginning.vocoder,
        "controls": dict(moment.controls),
        "seed": moment.seed,
        "steps": moment.culture.steps,
        "weather_clock": moment.culture.weather_clock,
        "gestures": moment.culture.gestures,
        "grown_at": moment.culture.grown_at,
        "accumulator": moment.accumulator,
        "playhead": moment.playhead,
        "width": moment.width,
        "log_ratio": moment.log_ratio,
    }


def _read(path: Path) -> Beginning:
    if path.stat().st_size > _MAX_BYTES:
        raise RecordingError(f"{path.name} is larger than what a take begins with can be; it is something else.")
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    told = Fields(path.name, dict(json.loads(header["__metadata__"][_KEY])))
    told.integer("schema_version", 1, _SCHEMA_VERSION)
    arrays = load_arrays(raw)
    inside = arrays["preset"].tobytes()
    if hashlib.sha256(inside).hexdigest() != told.text("preset_sha256"):
        raise ValueError("preset")
    preset = preset_from_bytes(inside, Path(told.text("preset_path") or path.name))
    culture = CultureState(
        **_tensors(arrays, preset),
        steps=told.integer("steps", 0, 2**53),
        weather_clock=told.number("weather_clock", 0, 1e15),
        gestures=told.integer("gestures", 0, 2**53),
        grown_at=told.integer("grown_at", 0, 2**53),
    )
    moment = Moment(
        culture,
        readable(told.mapping("controls")),
        seed=told.integer("seed", 0, 2**63 - 1),
        accumulator=told.number("accumulator", 0, 1),
        playhead=told.number("playhead", 0, preset.n_frames),
        width=told.number("width", 0, 1),
        log_ratio=told.number("log_ratio", -16, 16),
    )
    return Beginning(preset, moment, told.integer("rate_hz", 0, 10**6), told.text("vocoder"))


def _tensors(arrays: dict[str, NDArray[Any]], preset: Preset) -> dict[str, torch.Tensor]:
    """State, rest and frozen cells, of the shapes this preset's culture has."""
    C, M, T = preset.state.shape
    live = isinstance(preset.rule, LiveRule)
    shapes = {"state": (C, M, T) if live else (2, C, M, T), "rest": (M, T), "frozen": (M, T) if live else (2, M, T)}
    tensors = {}
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float32 or not (np.abs(array) <= _LARGEST[name]).all():
            raise ValueError(name)
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def recorded_volume_db(take: Path) -> float:
    """The volume a take was recorded at; 0 dB where nothing that can be read lies beside it."""
    try:
        with open(companion_of(take), "rb") as file:
            header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _MAX_BYTES)))
        return float(json.loads(header["__metadata__"][_KEY])["controls"]["volume_db"])
    except (OSError, KeyError, ValueError, TypeError, RecursionError):
        return 0.0
