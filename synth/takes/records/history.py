"""What undo goes back to, as bytes and back: kept beside a take in which something was undone.

Axes: `C` channels, `M` mel bands, `T` frames.
"""

import json
import zlib
from dataclasses import replace

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from synth.culture.culture import CultureState
from synth.culture.undo_states import HISTORY_BYTES, HistoryState
from synth.saved_arrays import fitted
from synth.takes.companion import Beginning

_KEY = "petrichord_history"
_NUMBERS = ("steps", "weather_clock", "gestures", "grown_at")
_MOST_BYTES = 2 * HISTORY_BYTES
_TENSORS = ("state", "rest", "frozen")
_SECOND = ".second"
"""What the state of a culture on a second plate is kept as, beside the first one's."""


def history_bytes(history: HistoryState) -> bytes:
    """Deflated; up to 24 MB of states come out at about their size, for noise does not deflate."""
    states = {f"past.{i}": state for i, state in enumerate(history.past)}
    states |= {f"undone.{i}": state for i, state in enumerate(history.undone)}
    states |= {f"{key}{_SECOND}": state.second for key, state in states.items() if state.second is not None}
    arrays = {f"{key}.{name}": getattr(state, name).numpy() for key, state in states.items() for name in _TENSORS}
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    numbers = {key: {name: getattr(state, name) for name in _NUMBERS} for key, state in states.items()}
    return zlib.compress(save_arrays(whole, {_KEY: json.dumps(numbers)}), 1)


def history_from_bytes(packed: bytes, beginning: Beginning) -> HistoryState:
    """The states again, of the culture that a beginning has; `ValueError` or `KeyError` for what cannot be one."""
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(packed, _MOST_BYTES)
        arrays = load_arrays(raw)
    except (zlib.error, SafetensorError) as error:
        raise ValueError("history") from error
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    numbers = json.loads(header["__metadata__"][_KEY])
    read = {}
    for key, told in numbers.items():
        if set(told) != set(_NUMBERS) or not all(0 <= told[name] < 2**53 for name in _NUMBERS):
            raise ValueError(key)
        now = beginning.state.culture
        if key.endswith(_SECOND):
            if now.second is None:
                raise ValueError(key)
            now = now.second
        state, rest, frozen = (
            torch.from_numpy(fitted(arrays, f"{key}.{name}", tuple(getattr(now, name).shape))) for name in _TENSORS
        )
        read[key] = CultureState(state, rest, frozen, **told)
    whole = {
        key: replace(state, second=read.get(f"{key}{_SECOND}")) for key, state in read.items() if _SECOND not in key
    }
    past = tuple(whole[f"past.{i}"] for i in range(sum(key.startswith("past.") for key in whole)))
    undone = tuple(whole[f"undone.{i}"] for i in range(len(whole) - len(past)))
    return HistoryState(past, undone)
