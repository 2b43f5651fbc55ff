"""What a take began with, in a file beside it: `NAME.petrichord.safetensors` next to `NAME.wav`.

It holds the whole preset as it was (a preset can be changed or thrown away later) and the instrument's state to the
bit: all that is needed to go on from there. From schema 3 on it may hold the state of the sound as well, and of a
finished take every event since (`performance`). Validated like a preset: nothing is unpickled, and what is wrong is
one sentence.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from synth.errors import PresetError, RecordingError, UsageError
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import plate_of
from synth.instrument.state import InstrumentState
from synth.loading.prepare import ready_instrument
from synth.presets.file import preset_bytes, preset_from_bytes
from synth.presets.model import Preset
from synth.presets.schema import Fields
from synth.saved_arrays import SavedArrays, part, prefixed
from synth.storage import write_bytes_whole
from synth.takes.older_schemas import from_schema_1, from_schema_2
from synth.takes.state_record import arrays_of, read_state, told_of

COMPANION_SUFFIX = ".petrichord.safetensors"
_KEY = "petrichord_take"
_SCHEMA_VERSION = 3
MAX_BYTES = 64 * 2**20
_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Beginning:
    """A preset and the state of an instrument that plays it."""

    preset: Preset
    state: InstrumentState
    rate_hz: int = 0
    vocoder: str = ""
    setup: Setup | None = None
    """How its culture is computed; None where that was not kept."""
    sound: SavedArrays | None = None
    """The state of the vocoder and of what follows it, to the bit at `rate_hz`; None where that was not kept."""
    partner: Preset | None = None
    """The second preset of a morph."""


def beginning_of(instrument: Instrument) -> Beginning:
    """What an instrument is between two frames, to the bit; quick, and its undo states are lent, not copied."""
    state = replace(instrument.state(), history=instrument.history.lend())
    return Beginning(
        instrument.preset,
        state,
        instrument.out_rate_hz,
        instrument.vocoder.name,
        instrument.setup,
        instrument.vocoders.save(),
        None if instrument.morph is None else instrument.morph.partner.preset,
    )


def companion_of(take: Path) -> Path:
    """The file that belongs to a take."""
    return take.with_name(take.stem + COMPANION_SUFFIX)


def save_beginning(beginning: Beginning, path: Path) -> None:
    """Write it whole or not at all; `OSError` when it cannot be written."""
    write_bytes_whole(path, beginning_bytes(beginning))


def beginning_bytes(beginning: Beginning, more: SavedArrays | None = None) -> bytes:
    """The file's content; `more` is kept beside it under its own names."""
    raw = preset_bytes(beginning.preset)
    arrays = {"preset": np.frombuffer(raw, np.uint8), **arrays_of(beginning.state), **(more or {})}
    if beginning.partner is not None:
        arrays["partner"] = np.frombuffer(preset_bytes(beginning.partner), np.uint8)
    if beginning.sound is not None:
        arrays |= prefixed("sound", beginning.sound)
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(save_arrays(whole, {_KEY: json.dumps(_description(beginning, raw))}))


def with_array(content: bytes, name: str, array: NDArray[np.uint8]) -> bytes:
    """The content of a companion with one more array."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return bytes(save_arrays({**load_arrays(content), name: array}, header["__metadata__"]))


def load_beginning(path: Path) -> Beginning:
    """Read it again; `RecordingError` says in one sentence what is wrong with which file."""
    return load_with_more(path)[0]


def load_with_more(path: Path) -> tuple[Beginning, SavedArrays]:
    """The beginning and every array of the file; errors as `load_beginning`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RecordingError(f"{path.name} is larger than what a take begins with can be; it is something else.")
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordingError(f"There is no {path.name}: what this take began with was not kept.") from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error
    return beginning_from_bytes(raw, path.name)


def beginning_from_bytes(raw: bytes, file: str) -> tuple[Beginning, SavedArrays]:
    """What `beginning_bytes` made, read from a file of this name; `RecordingError` says what is wrong with it."""
    try:
        return _read(raw, file)
    except PresetError as error:
        raise RecordingError(str(error).replace("the preset cannot", "the take cannot")) from error
    except (SafetensorError, UsageError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise RecordingError(f"{file} is damaged: this take cannot be continued; its sound is whole.") from error


def ready_to_continue(path: Path, rate_hz: int) -> tuple[Beginning, Instrument, str]:
    """An instrument that goes on from where a take began, nothing held, and why its vocoder was chosen; slow."""
    beginning = load_beginning(path)
    state = beginning.state
    instrument, reason = ready_instrument(
        beginning.preset, rate_hz, state.controls, seed=state.seed, partner=beginning.partner
    )
    with torch.no_grad():
        instrument.resume(state)
    # Whoever held it then does not hold it now.
    instrument.let_go()
    return beginning, instrument, reason


def _description(beginning: Beginning, raw: bytes) -> dict[str, object]:
    setup = beginning.setup
    return {
        "schema_version": _SCHEMA_VERSION,
        "preset": beginning.preset.name,
        "preset_path": beginning.preset.source_path,
        "preset_sha256": hashlib.sha256(raw).hexdigest(),
        "partner": "" if beginning.partner is None else beginning.partner.name,
        "rate_hz": beginning.rate_hz,
        "vocoder": beginning.vocoder,
        "precision": None if setup is None else str(setup.dtype).removeprefix("torch."),
        "device": None if setup is None else setup.device,
        **told_of(beginning.state),
    }


def _read(raw: bytes, file: str) -> tuple[Beginning, SavedArrays]:
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    told = Fields(file, dict(json.loads(header["__metadata__"][_KEY])))
    arrays = load_arrays(raw)
    version = told.integer("schema_version", 1, _SCHEMA_VERSION)
    if version == 1:
        told, arrays = from_schema_1(told, arrays)
    if version < 3:
        told = from_schema_2(told)
    inside = arrays["preset"].tobytes()
    if hashlib.sha256(inside).hexdigest() != told.text("preset_sha256"):
        raise ValueError("preset")
    preset = preset_from_bytes(inside, Path(told.text("preset_path") or file))
    partner = preset_from_bytes(arrays["partner"].tobytes(), Path(file)) if told.values.get("partner") else None
    state = read_state(told, arrays, preset, None if partner is None else plate_of(preset, partner))
    sound = part("sound", arrays) or None
    if (partner is None) != (state.morph is None):
        raise ValueError("partner")
    rate_hz, vocoder = told.integer("rate_hz", 0, 10**6), told.text("vocoder")
    beginning = Beginning(preset, state, rate_hz, vocoder, sound=sound, partner=partner)
    if told.values["precision"] is None:
        return beginning, arrays
    setup = Setup(state.seed, dtype=_PRECISIONS[told.text("precision")], device=told.text("device"))
    return replace(beginning, setup=setup), arrays


def recorded_volume_db(take: Path) -> float:
    """The volume a take was recorded at; 0 dB where nothing that can be read lies beside it."""
    try:
        with open(companion_of(take), "rb") as file:
            header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), MAX_BYTES)))
        return float(json.loads(header["__metadata__"][_KEY])["controls"]["volume_db"])
    except (OSError, KeyError, ValueError, TypeError, RecursionError):
        return 0.0
