"""Note events on their way from keyboards, controllers and files into the engine's blocks.

Whoever plays hands events over with the time of their arrival. The engine places each a constant time later, so that
neither the length of its blocks nor their jitter is heard (`SampleClock`), and gives it to the instrument at its moment
inside a frame. Times inside are in ticks of a frame.
"""

import heapq
import itertools
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from synth.instrument.events import Event
from synth.instrument.note_events import ChannelDimension, ChannelExpression, NoteEvent
from synth.midi.sample_clock import SampleClock

TICKS = 1024
"""In a frame of 11.6 ms: 11 µs each."""
JITTER_S = 0.004
"""How much later than its time a span may begin before an event comes late, where a device queues much sound."""


class NoteInput:
    """`put` may be called from any thread, all else from the engine's."""

    def __init__(self, frames_per_second: float, span_frames: float, jitter_s: float = JITTER_S) -> None:
        """As in `place_by`."""
        self._fps = frames_per_second
        self._clock = SampleClock(frames_per_second * TICKS, 0)
        self.place_by(span_frames, jitter_s)
        self._arrived: SimpleQueue[tuple[Sequence[NoteEvent], float, str]] = SimpleQueue()
        self._waiting: list[tuple[int, int, NoteEvent]] = []
        """A heap by tick, and by order of arrival where ticks are equal."""
        self._order = itertools.count()
        self._channels: dict[tuple[int, ChannelDimension], ChannelExpression] = {}
        """What pedals, wheels and sliders said last: another instrument begins with it."""
        self._listener: object = None

    @property
    def late(self) -> int:
        """Events that came too late for their moment and were played a little after it."""
        return self._clock.late

    @property
    def empty(self) -> bool:
        """True when no event is still to come."""
        return not self._waiting and self._arrived.empty()

    def put(self, events: Sequence[NoteEvent], arrived_s: float, source: str = "") -> None:
        """Play these, in order, a constant time after `arrived_s` by `time.monotonic`, which may lie ahead.

        Events of one source never overtake each other."""
        self._arrived.put((events, arrived_s, source))

    def place_by(self, span_frames: float, jitter_s: float) -> None:
        """From now on events are late by so much: a span of frames that is computed at once, and the jitter of its
        beginning."""
        self._clock.latency_samples = round((span_frames + jitter_s * self._fps) * TICKS)

    def due(self, now_s: float, frame: float, n_frames: float, listener: object) -> list[Event]:
        """Events of the span of frames that begins now, frames counted from the one it begins in.

        `frame` is how many frames the engine has computed, in whole ticks as `n_frames` is; `listener` is the
        instrument that will get them: one that is new gets what the channels' controllers said before.
        """
        begin, end, first = (round(at * TICKS) for at in (frame, frame + n_frames, int(frame)))
        self._clock.observe(now_s, begin)
        with suppress(Empty):
            while True:
                events, arrived_s, source = self._arrived.get_nowait()
                tick = self._clock.place(arrived_s, source)
                for event in events:
                    heapq.heappush(self._waiting, (tick, next(self._order), event))
        due = [Event(0, event) for event in self._channels.values()] if listener is not self._listener else []
        self._listener = listener
        while self._waiting and self._waiting[0][0] < end:
            tick, _, event = heapq.heappop(self._waiting)
            if isinstance(event, ChannelExpression):
                self._channels[event.channel, event.dimension] = event
            offset = max(tick, begin) - first
            due.append(Event(offset // TICKS, event, offset % TICKS / TICKS))
        return due
