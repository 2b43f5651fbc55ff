"""What a take began with, in a file beside it: `NAME.petrichord.safetensors` next to `NAME.wav`.

It holds the whole preset as it was (a preset can be changed or thrown away later) and the instrument's state to the
bit: all that is needed to go on from there. Validated like a preset: nothing is unpickled, and what is wrong is one
sentence.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from synth.errors import PresetError, RecordingError, UsageError
from synth.instrument.instrument import Instrument
from synth.instrument.state import InstrumentState
from synth.loading.prepare import ready_instrument
from synth.presets.file import preset_bytes, preset_from_bytes
from synth.presets.model import Preset
from synth.presets.schema import Fields
from synth.storage import write_bytes_whole
from synth.takes.schema_1 import migrated
from synth.takes.state_record import arrays_of, read_state, told_of

COMPANION_SUFFIX = ".petrichord.safetensors"
_KEY = "petrichord_take"
_SCHEMA_VERSION = 2
_MAX_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Beginning:
    """A preset and the state of an instrument that plays it."""

    preset: Preset
    state: InstrumentState
    rate_hz: int = 0
    vocoder: str = ""


def companion_of(take: Path) -> Path:
    """The file that belongs to a take."""
    return take.with_name(take.stem + COMPANION_SUFFIX)


def save_beginning(beginning: Beginning, path: Path) -> None:
    """Write it whole or not at all; `OSError` when it cannot be written."""
    raw = preset_bytes(beginning.preset)
    arrays = {"preset": np.frombuffer(raw, np.uint8), **arrays_of(beginning.state)}
    write_bytes_whole(path, save_arrays(arrays, {_KEY: json.dumps(_description(beginning, raw))}))


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
    except (SafetensorError, UsageError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise RecordingError(f"{path.name} is damaged: this take cannot be continued; its sound is whole.") from error


def ready_to_continue(path: Path, rate_hz: int) -> tuple[Beginning, Instrument, str]:
    """An instrument that goes on from where a take began, nothing held, and why its vocoder was chosen; slow."""
    beginning = load_beginning(path)
    state = beginning.state
    instrument, reason = ready_instrument(beginning.preset, rate_hz, state.controls, seed=state.seed)
    with torch.no_grad():
        instrument.resume(state)
    # Whoever held it then does not hold it now.
    instrument.let_go()
    return beginning, instrument, reason


def _description(beginning: Beginning, raw: bytes) -> dict[str, object]:
    return {
        "schema_version": _SCHEMA_VERSION,
        "preset": beginning.preset.name,
        "preset_path": beginning.preset.source_path,
        "preset_sha256": hashlib.sha256(raw).hexdigest(),
        "rate_hz": beginning.rate_hz,
        "vocoder": beginning.vocoder,
        **told_of(beginning.state),
    }


def _read(path: Path) -> Beginning:
    if path.stat().st_size > _MAX_BYTES:
        raise RecordingError(f"{path.name} is larger than what a take begins with can be; it is something else.")
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    told = Fields(path.name, dict(json.loads(header["__metadata__"][_KEY])))
    arrays = load_arrays(raw)
    if told.integer("schema_version", 1, _SCHEMA_VERSION) == 1:
        told, arrays = migrated(told, arrays)
    inside = arrays["preset"].tobytes()
    if hashlib.sha256(inside).hexdigest() != told.text("preset_sha256"):
        raise ValueError("preset")
    preset = preset_from_bytes(inside, Path(told.text("preset_path") or path.name))
    state = read_state(told, arrays, preset)
    return Beginning(preset, state, told.integer("rate_hz", 0, 10**6), told.text("vocoder"))


def recorded_volume_db(take: Path) -> float:
    """The volume a take was recorded at; 0 dB where nothing that can be read lies beside it."""
    try:
        with open(companion_of(take), "rb") as file:
            header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _MAX_BYTES)))
        return float(json.loads(header["__metadata__"][_KEY])["controls"]["volume_db"])
    except (OSError, KeyError, ValueError, TypeError, RecursionError):
        return 0.0
