"""A performance: what a take began with and every event since, read from beside the take.

The events are lines of JSON. While a take is recorded they are appended to `NAME.petrichord.events`; when it ends they
are put into the companion, deflated. A take that a crash cut short has kept both files. Nothing that is read is
trusted: what cannot be is a `RecordingError`. Axes: `N` samples.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.culture.undo_states import HistoryState
from synth.effects import rack
from synth.errors import PetrichordError, PresetError, RecordingError
from synth.instrument.event_records import from_record
from synth.instrument.events import BeginMorph, ChangePreset, LoggedEvent
from synth.instrument.parameters.values import parameter
from synth.output import master
from synth.presets.file import preset_from_bytes
from synth.presets.schema import Fields
from synth.takes.companion import COMPANION_SUFFIX, Beginning, beginning_from_bytes, companion_of, load_with_more
from synth.takes.records.history import history_from_bytes
from synth.takes.state_record import read_pending
from synth.takes.steps import Farewell, MorphBegun, OutputTurned, PresetBegun
from synth.takes.wav import SAMPLE_FORMATS, SampleFormat

EVENTS_SUFFIX = ".petrichord.events"
EVENTS_VERSION = 2
MAX_EVENT_BYTES = 256 * 2**20
LONGEST_S = 48 * 3600
_LARGEST = 2**53
_MOST_IN_A_CHUNK = 2**16


Step = LoggedEvent | OutputTurned | Farewell | PresetBegun | MorphBegun
"""Whatever changes the sound of a take."""


@dataclass(frozen=True)
class Sent:
    """What the output made of a gap, in place of the next `taken` samples of the engine's."""

    at: int
    """Sample of the take."""
    taken: int
    sound: NDArray[np.float32]
    """(N, 2)."""


@dataclass(frozen=True)
class Performance:
    """All of a take but its samples."""

    beginning: Beginning
    mix: Mapping[str, NDArray[Any]]
    """The state of cross-fade and master: `fades.…`, `master.…` and `effects.…`."""
    outgoing: Beginning | None
    """What was fading out when it began."""
    skip: int
    """Samples between the beginning and the take's first one."""
    samples: int
    """Of the take; of one that was cut short, how many are known to have been recorded."""
    whole: bool
    """False for a take that was cut short."""
    sample_format: SampleFormat
    steps: tuple[Step, ...]
    sent: tuple[Sent, ...]
    end_fade_s: float = 0.0
    """The file's ends are faded over so long where they lie in mid-wave; 0 in takes of version 1."""

    @property
    def rate_hz(self) -> int:
        return self.beginning.rate_hz

    @property
    def exact(self) -> bool:
        """True where the state of the sound was kept: rendered at the take's rate, every sample is the take's."""
        return self.beginning.sound is not None


def events_of(companion: Path) -> Path:
    """The file that events are appended to while a take is recorded."""
    return companion.with_name(companion.name.removesuffix(COMPANION_SUFFIX) + EVENTS_SUFFIX)


def load_performance(path: Path) -> Performance:
    """The performance of a take, by the path of its companion or its WAV; `RecordingError` says what is wrong."""
    path = companion_of(path) if path.suffix.lower() == ".wav" else path
    beginning, arrays = load_with_more(path)
    if "events" in arrays:
        content, file = _inflated(arrays["events"], path.name), path.name
    else:
        content, file = _appended(events_of(path), path.name), events_of(path).name
    lines = content.split(b"\n")[:-1]
    outgoing = None
    if "outgoing" in arrays:
        outgoing = beginning_from_bytes(arrays["outgoing"].tobytes(), path.name)[0]
    reader = _Reader(file, beginning)
    for number, line in enumerate(lines, 1):
        reader.read(number, line)
    mix = {name[4:]: array for name, array in arrays.items() if name.startswith("mix.")}
    return reader.performance(mix, outgoing)


def _inflated(packed: NDArray[Any], file: str) -> bytes:
    """The lines of a finished take."""
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(packed.tobytes(), MAX_EVENT_BYTES)
    except zlib.error as error:
        raise _damaged(file) from error
    if inflate.unconsumed_tail or not inflate.eof:
        raise _damaged(file)
    return content


def _appended(path: Path, companion: str) -> bytes:
    """The lines that were written before a take was cut short; half a line at its end is left out."""
    try:
        if path.stat().st_size > MAX_EVENT_BYTES:
            raise RecordingError(f"{path.name} is larger than the events of a take can be; it is something else.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RecordingError(
            f"{companion} holds what its take began with and not what was played: it can be continued, not rendered "
            "nor gone back into."
        ) from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error


def _damaged(file: str) -> RecordingError:
    return RecordingError(f"The events in {file} are damaged: this take cannot be rendered; its sound is whole.")


class _Reader:
    """Reads line after line into a performance."""

    def __init__(self, file: str, beginning: Beginning) -> None:
        self._file, self._beginning = file, beginning
        self._head: Fields | None = None
        self._frame = beginning.state.frame
        self._steps: list[Step] = []
        self._sent: list[Sent] = []
        self._samples = self._sent_until = 0
        self._whole = False

    def read(self, number: int, line: bytes) -> None:
        try:
            record = json.loads(line)
            told = Fields(self._file, dict(record), f"event {number}: ")
            if self._head is None:
                self._read_head(told)
            else:
                self._read_event(number, told)
        except PresetError as error:
            raise RecordingError(str(error).replace("the preset cannot", "the take cannot")) from error
        except PetrichordError as error:
            raise RecordingError(f"Event {number} in {self._file} cannot be played: {error}") from error
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise RecordingError(
                f"Event {number} in {self._file} is damaged or not of this version: this take cannot be rendered; its "
                "sound is whole."
            ) from error

    def performance(self, mix: Mapping[str, NDArray[Any]], outgoing: Beginning | None) -> Performance:
        head = self._head
        if head is None:
            raise _damaged(self._file)
        name = head.text("format")
        return Performance(
            self._beginning,
            mix,
            outgoing,
            head.integer("skip", 0, LONGEST_S * self._beginning.rate_hz),
            self._samples,
            self._whole,
            next(known for known in SAMPLE_FORMATS if known == name),
            tuple(self._steps),
            tuple(self._sent),
            head.number("end_fade_s", 0, 0.1) if "end_fade_s" in head.values else 0.0,
        )

    def _read_head(self, told: Fields) -> None:
        if told.text("kind") != "take":
            raise ValueError("kind")
        if told.integer("schema_version", 1, _LARGEST) > EVENTS_VERSION:
            raise RecordingError(f"{self._file} was written by a later Petrichord: update this one to render it.")
        if told.text("format") not in SAMPLE_FORMATS or self._beginning.rate_hz < 8000:
            raise ValueError("format")
        told.integer("skip", 0, LONGEST_S * self._beginning.rate_hz)
        if told.text("preset") != self._beginning.preset.name or told.integer("frame", 0, _LARGEST) != self._frame:
            raise RecordingError(f"{self._file} belongs to another take: put the one that lay there back beside it.")
        self._head = told

    def _read_event(self, number: int, told: Fields) -> None:
        kind = told.text("kind")
        if kind in _ABOUT_SAMPLES:
            self._read_samples(kind, told)
            return
        if kind == "history":
            self._give_history(history_from_bytes(_bytes(told, "data"), self._last_beginning()))
            return
        frame = told.integer("frame", 0, _LARGEST)
        if frame < self._frame:
            raise RecordingError(
                f"it is due at frame {frame}, before the one ahead of it at frame {self._frame}; its sound is whole."
            )
        self._frame = frame
        self._steps.append(self._step(kind, frame, told))

    def _step(self, kind: str, frame: int, told: Fields) -> Step:
        if kind == "output":
            controls = told.group("controls")
            turned = {id: controls.number(id, -1e3, 1e3) for id in master.OBEYED}
            for id in rack.OBEYED:
                if id in controls.values:
                    turned[id] = parameter(id).check(controls.number(id, -1e6, 1e6))
            return OutputTurned(frame, turned)
        if kind == "farewell":
            return Farewell(frame)
        inside = dict(told.values)
        packed = inside.pop("instrument", None)
        inside.pop("left", None)
        event = from_record(self._file, inside)
        if isinstance(event.action, BeginMorph):
            return MorphBegun(frame, event.action, preset_from_bytes(_bytes(told, "partner"), Path(self._file)))
        if not isinstance(event.action, ChangePreset):
            return event
        if packed is None:
            raise KeyError("instrument")
        beginning = beginning_from_bytes(_bytes(told, "instrument"), self._file)[0]
        self._frame = beginning.state.frame
        return PresetBegun(frame, event.action, beginning, read_pending(told, "left"))

    def _read_samples(self, kind: str, told: Fields) -> None:
        most = LONGEST_S * self._beginning.rate_hz
        if kind in ("passed", "end"):
            self._samples = max(self._samples, told.integer("samples", 0, most))
            self._whole = self._whole or kind == "end"
            return
        at = told.integer("at", self._sent_until, most)
        if kind == "silence":
            self._sent_until = at + told.integer("samples", 0, most)
            self._sent.append(Sent(at, 0, np.broadcast_to(np.float32(0), (self._sent_until - at, 2))))
            return
        sound = np.frombuffer(_bytes(told, "sound"), "<f4").reshape(-1, 2)
        if len(sound) > _MOST_IN_A_CHUNK or not (np.abs(sound) <= 1e3).all():
            raise ValueError("sound")
        self._sent_until = at + len(sound)
        self._sent.append(Sent(at, told.integer("taken", 0, len(sound)), sound))

    def _last_beginning(self) -> Beginning:
        begun = [step for step in self._steps if isinstance(step, PresetBegun)]
        return begun[-1].beginning if begun else self._beginning

    def _give_history(self, history: HistoryState) -> None:
        """What undo went back to, of the instrument that began last."""

        def with_history(beginning: Beginning) -> Beginning:
            return replace(beginning, state=replace(beginning.state, history=history))

        for i, step in reversed(list(enumerate(self._steps))):
            if isinstance(step, PresetBegun):
                self._steps[i] = replace(step, beginning=with_history(step.beginning))
                return
        self._beginning = with_history(self._beginning)


_ABOUT_SAMPLES = ("passed", "end", "silence", "sent")


def _bytes(told: Fields, name: str) -> bytes:
    packed = told.values[name]
    if not isinstance(packed, str):
        raise ValueError(name)
    return base64.b64decode(packed, validate=True)
