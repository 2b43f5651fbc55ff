"""The engine's loop: one piece of sound after another into the ring, and what is done once in a frame.

Everything here belongs to the engine's thread, but for `frames` and `out_delay_s`, which anybody may read.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from synth.device.feeding import Feeding
from synth.device.ring import Ring
from synth.engine.commands.queue import CommandQueue
from synth.engine.load import EngineLoad
from synth.engine.mixdown import CALM, QUARTERS, Mixdown, pace_for
from synth.engine.notes.note_input import NoteInput
from synth.engine.observer import Observer
from synth.engine.playing import Playing
from synth.engine.rest import Rest

_LONGEST_FRAME = 16
"""A frame that took more than so many times what it lasts was not hard to compute: the program was halted in it."""


class LaidOver(Protocol):
    """What is laid over the sound."""

    @property
    def idle(self) -> bool:
        """True while nothing of it is heard or about to be."""
        ...


class FrameLoop:
    """Computes; the engine says when."""

    def __init__(
        self,
        playing: Playing,
        mixdown: Mixdown,
        commands: CommandQueue,
        notes: NoteInput,
        ring: Ring,
        feeding: Feeding,
        load: EngineLoad,
        rest: Rest,
        observer: Observer,
        chain_delay_samples: int,
        laid_over: Sequence[LaidOver],
    ) -> None:
        self._playing, self._mixdown, self._commands, self._notes = playing, mixdown, commands, notes
        self._ring, self._feeding, self._load = ring, feeding, load
        self._rest, self._observer, self._laid_over = rest, observer, laid_over
        self._rate_hz = feeding.rate_hz
        self._chain_delay_s = chain_delay_samples / feeding.rate_hz
        self._pace = CALM
        self.frames = 0
        """Frames computed so far."""
        self.out_delay_s = 0.0
        """From a gesture to its being read, and from the vocoder's sound to the device's."""
        self._quarter = 0
        """How much of the frame that is open has been computed."""
        self._took_s, self._waited_s, self._left_s = 0.0, 0.0, 0.0
        """Time spent on the frame that is open; sound that waited as it began, and the least that did since."""
        self._silent = True
        """True while the frame that is open is silent."""

    @property
    def start_level(self) -> int:
        """The next piece is begun when so many samples wait, or fewer."""
        return round((self._pace.start_s + self._load.ahead_s) * self._rate_hz)

    def compute(self) -> None:
        """The next piece, and with the first one of a frame all of it that depends on no note."""
        start, begun_s = time.perf_counter(), time.monotonic()
        first = not self._quarter
        if first:
            self._begin_frame()
        done, span = self._quarter / QUARTERS, self._pace.span_frames
        notes = self._notes.due(begun_s, self.frames + done, span, self._playing.current)
        self._quarter += self._pace.quarters
        sound = self._mixdown.finish(notes, self._playing.take, self._quarter)
        if self._feeding.sounding:
            self._left_s = min(self._left_s, self._ring.ready / self._rate_hz + self._feeding.queued_s())
        self._ring.put(sound)
        self._rest.end()
        if first and self._quarter < QUARTERS:
            # In time for the next frame, whose first piece is as short as the others.
            self._playing.current.foresee()
        self._took_s += time.perf_counter() - start
        self._silent = self._silent and not sound.any()
        if self._quarter == QUARTERS:
            self._end_frame()

    def _begin_frame(self) -> None:
        self._took_s, self._left_s, self._silent = 0.0, float("inf"), True
        self._waited_s = self._ring.ready / self._rate_hz + self._feeding.queued_s()
        if (pace := pace_for(self._feeding.full_s)) is not self._pace:
            self._pace = pace
            self._notes.place_by(pace.span_frames, pace.jitter_s)
        self._commands.obey()
        self._mixdown.begin(lambda: self._playing.begin(self._load.evolution_limit))

    def _end_frame(self) -> None:
        self._quarter = 0
        frame_s = 1 / self._playing.current.preset.mel.frames_per_second
        took_s = min(self._took_s, _LONGEST_FRAME * frame_s)
        self._load.note(took_s, frame_s, float("inf") if self._rest.just_ended else self._left_s, self._feeding.full_s)
        delay = 0.5 * frame_s + self._waited_s + self._chain_delay_s
        self.out_delay_s += (delay - self.out_delay_s) * (0.025 if self.frames > 80 else 1.0)
        self.frames += 1
        if self._load.is_lost(excused=self._playing.excused):
            self._playing.leave_vocoder()
        self._observer.observe(self._playing.current, self.out_delay_s)
        idle = self._mixdown.closed and self._feeding.sounding and not self._playing.changing and self._silent
        idle = idle and self._notes.empty and not self._playing.current.arpeggiator.active
        self._rest.note(idle=idle and all(stage.idle for stage in self._laid_over))
