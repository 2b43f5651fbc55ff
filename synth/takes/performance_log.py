"""Keeps a performance beside a take while it is recorded.

The engine's thread tells what is done, the recorder's thread writes it: nobody waits. What the take began with goes
into its companion at once, events are appended to a file of lines, and the end puts the lines into the companion. So a
crash costs the last fraction of a second. Axes: `N` samples.
"""

import base64
import contextlib
import json
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.culture.undo_states import HistoryState
from synth.errors import PetrichordError
from synth.instrument.event_records import as_record
from synth.instrument.events import LoggedEvent, Redo, Undo
from synth.presets.file import preset_bytes
from synth.storage import write_bytes_whole
from synth.takes.companion import Beginning, beginning_bytes, companion_of, with_array
from synth.takes.performance import EVENTS_VERSION, MAX_EVENT_BYTES, Step, events_of
from synth.takes.records.history import history_bytes
from synth.takes.steps import Farewell, MorphBegun, OutputTurned, PresetBegun
from synth.takes.wav import END_FADE_S, SampleFormat

Notify = Callable[[str, bool], None]

_REFRESH_S = 10.0
"""While a take waits for its first sound, the state it may begin with is taken anew so often."""
_ANSWER_S = 2.0
"""An engine that has not told its state in this time has ended."""
_MOST_WAITING = 100_000
"""Steps told and not written: a disk that hangs for minutes, and no memory is taken for more."""


@dataclass(frozen=True)
class TakeStart:
    """All that the sound depends on from one sample of the engine's output on."""

    serial: int
    """Of the question this answers."""
    position: int
    """Samples that the engine had made before it."""
    playing: Beginning
    mix: Mapping[str, NDArray[Any]]
    outgoing: Beginning | None


Told = TakeStart | Step


@dataclass
class _Writing:
    """The take that is being written."""

    take: Path
    file: Any
    content: bytes
    history: HistoryState | None
    """Of the instrument that began last, until it is needed."""
    n_bytes: int = 0


@dataclass
class PerformanceLog:
    """One take's: `tell` belongs to the engine's thread, `begin` to whoever begins it, the rest to the recorder's."""

    ask: Callable[[int], None]
    """Asks the engine to tell a `TakeStart` of this serial number at its next block; never waits."""
    notify: Notify
    sample_format: SampleFormat = "pcm24"
    wanted: bool = False
    """True while steps are to be told."""
    _told: deque[Told] = field(default_factory=deque)
    _kept: list[Told] = field(default_factory=list)
    _asked: int = 0
    _asked_at: float = 0.0
    _required: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: _Writing | None = None
    _silent_from: int | None = None
    _silent_to: int = 0

    def tell(self, told: Told) -> None:
        """This was done, or asked for; quick."""
        if self.wanted:
            self._told.append(told)

    def arm(self) -> None:
        """The take waits for its first sound."""
        self._ask()

    def begin(self) -> None:
        """The take begins with what the engine does next; called from any thread, never waits."""
        self._required = self._ask()

    def refresh(self) -> None:
        """The take still waits: forget what is too long ago to begin with."""
        self._collect()
        starts = [(i, told.serial) for i, told in enumerate(self._kept) if isinstance(told, TakeStart)]
        # One question at a time: an engine that rests answers when it wakes.
        if starts and starts[-1][1] == self._asked and time.monotonic() - self._asked_at > _REFRESH_S:
            self._ask()
        if len(starts) > 2:
            del self._kept[: starts[-2][0]]

    def start_at(self, position: int) -> int | None:
        """Where a take begins whose first sample may be the engine's of this position or a later one: a position.

        None while the engine has not answered yet; a number below `position` is the state to begin with.
        """
        self._collect()
        starts = [told for told in self._kept if isinstance(told, TakeStart)]
        if self._required is not None:
            starts = [start for start in starts if start.serial >= self._required][:1]
        if starts:
            before = [start for start in starts if start.position <= position]
            chosen = (before or starts[:1])[-1]
            del self._kept[: next(i for i, told in enumerate(self._kept) if told is chosen)]
            return chosen.position
        if time.monotonic() - self._asked_at < _ANSWER_S:
            return None
        self.wanted = False
        return position

    def open(self, take: Path, skip: int) -> None:
        """The take's first sample comes `skip` samples after the state `start_at` chose."""
        if not self.wanted:
            return
        start = self._kept.pop(0)
        assert isinstance(start, TakeStart)
        try:
            self._open(take, skip, start)
        except (OSError, PetrichordError) as error:
            self._give_up(take, error)

    def sent(self, at: int, taken: int, sound: NDArray[np.float32]) -> None:
        """At this sample of the take, (N, 2) was sent in place of the engine's next `taken` samples."""
        if not taken and not sound.any():
            if self._silent_from is None or self._silent_to != at:
                self._end_silence()
                self._silent_from = at
            self._silent_to = at + len(sound)
            return
        self._end_silence()
        packed = base64.b64encode(sound.astype("<f4").tobytes()).decode()
        self._append([{"kind": "sent", "at": at, "taken": taken, "sound": packed}])

    def keep(self, samples: int) -> None:
        """Write what was told so far; the take has so many samples."""
        self._write({"kind": "passed", "samples": samples})

    def end(self, samples: int) -> None:
        """The take is complete: put everything into its companion."""
        self._write({"kind": "end", "samples": samples})
        self.wanted = False
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.file.close()
            _fold(writing)
        except (OSError, PetrichordError) as error:
            self._give_up(writing.take, error)

    def _ask(self) -> int:
        with self._lock:
            self.wanted = True
            self._asked += 1
            self._asked_at = time.monotonic()
            self.ask(self._asked)
            return self._asked

    def _collect(self) -> None:
        while self._told:
            self._kept.append(self._told.popleft())

    def _open(self, take: Path, skip: int, start: TakeStart) -> None:
        playing = start.playing
        more = {f"mix.{name}": array for name, array in start.mix.items()}
        if start.outgoing is not None:
            more["outgoing"] = np.frombuffer(beginning_bytes(start.outgoing), np.uint8)
        content = beginning_bytes(playing, more)
        write_bytes_whole(companion_of(take), content)
        file = open(events_of(companion_of(take)), "wb", buffering=0)  # noqa: SIM115
        self._writing = _Writing(take, file, content, playing.state.history)
        head = {"kind": "take", "schema_version": EVENTS_VERSION, "skip": skip, "format": self.sample_format}
        of_file = {"preset": playing.preset.name, "frame": playing.state.frame, "end_fade_s": END_FADE_S}
        self._append([head | of_file])

    def _end_silence(self) -> None:
        begin, self._silent_from = self._silent_from, None
        if begin is not None:
            self._append([{"kind": "silence", "at": begin, "samples": self._silent_to - begin}])

    def _write(self, last: dict[str, Any]) -> None:
        """Everything told and kept, and one more line."""
        if self._writing is None:
            return
        if len(self._told) > _MOST_WAITING:
            self._give_up(self._writing.take, "the disk is too slow")
            return
        self._collect()
        kept, self._kept = self._kept, []
        self._end_silence()
        try:
            self._append([record for told in kept for record in self._records(told)] + [last])
        except PetrichordError as error:
            self._give_up(self._writing.take, error)

    def _records(self, told: Told) -> list[dict[str, Any]]:
        writing = self._writing
        assert writing is not None
        match told:
            case TakeStart():
                return []
            case OutputTurned(frame, controls):
                return [{"frame": frame, "kind": "output", "controls": dict(controls)}]
            case Farewell(frame):
                return [{"frame": frame, "kind": "farewell"}]
            case PresetBegun(frame, event, beginning, left):
                before = self._history([event.action for event in left])
                writing.history = beginning.state.history
                packed = base64.b64encode(beginning_bytes(beginning)).decode()
                pending = [as_record(event) for event in left]
                return [*before, {**as_record(LoggedEvent(frame, event)), "left": pending, "instrument": packed}]
            case MorphBegun(frame, event, preset):
                packed = base64.b64encode(preset_bytes(preset)).decode()
                return [{**as_record(LoggedEvent(frame, event)), "partner": packed}]
            case LoggedEvent(action=action):
                return [*self._history([action]), as_record(told)]

    def _history(self, actions: Sequence[object]) -> list[dict[str, Any]]:
        """What lies before the take, once something is undone: most takes need none of it."""
        writing = self._writing
        assert writing is not None
        history = writing.history
        if history is None or not any(isinstance(action, Undo | Redo) for action in actions):
            return []
        writing.history = None
        if not history.past and not history.undone:
            return []
        return [{"kind": "history", "data": base64.b64encode(history_bytes(history)).decode()}]

    def _append(self, records: list[dict[str, Any]]) -> None:
        writing = self._writing
        if writing is None:
            return
        lines = "".join(json.dumps(record) + "\n" for record in records).encode()
        writing.n_bytes += len(lines)
        if writing.n_bytes > MAX_EVENT_BYTES:
            self._give_up(writing.take, "there are too many")
            return
        try:
            view = memoryview(lines)
            while view:
                view = view[writing.file.write(view) :]
        except OSError as error:
            self._give_up(writing.take, error)

    def _give_up(self, take: Path, why: Exception | str) -> None:
        """Go on without; the take's sound is not concerned."""
        self.wanted = False
        writing, self._writing = self._writing, None
        self._told.clear()
        self._kept.clear()
        reason = getattr(why, "strerror", None) or str(why)
        lost = f"what it began with cannot be kept beside it ({reason}): it will not be possible to continue from it."
        if writing is not None:
            with contextlib.suppress(OSError):
                writing.file.close()
            lost = f"what is played can be kept beside it no longer ({reason}): rendering it again will end there."
        self.notify(f"“{take.stem}” is being recorded, but {lost}", False)


def _fold(writing: _Writing) -> None:
    """Put the lines into the companion and remove their file."""
    path = companion_of(writing.take)
    deflate, parts = zlib.compressobj(), []
    with events_of(path).open("rb") as file:
        while piece := file.read(2**20):
            parts.append(deflate.compress(piece))
    packed = b"".join([*parts, deflate.flush()])
    write_bytes_whole(path, with_array(writing.content, "events", np.frombuffer(packed, np.uint8)))
    events_of(path).unlink()
