"""MIDI clock: 24 ticks in a beat, with the jitter of their way here, become a tempo and the song's position.

One port leads: the first that ticks, until it falls silent. What the instrument was told is remembered, and it is told
again only where its own straight line through the beats has left the measured one, at most four times in a beat and at
least once in a bar.
"""

from dataclasses import dataclass

from synth.instrument.note_events import SongPosition
from synth.instrument.parameters.table import PARAMETERS
from synth.midi.messages import RealTime, SongPointer
from synth.midi.tick_filter import TickFilter

TICKS_PER_BEAT = 24
TICK, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC
CLOCK_STATUSES = frozenset((TICK, START, CONTINUE, STOP))
SILENT_S = 1.0
"""A clock that sends nothing for so long has vanished: the slowest that is followed ticks eight times in it."""
_TICKS_PER_SIXTEENTH = 6
_TICKS_TO_BELIEVE = 6
"""Before the first tempo is told."""
_TICKS_TO_JUDGE = 48
"""Before a tempo is held to be one that cannot be followed."""
_BETWEEN_TICKS = 6
_AT_LEAST_TICKS = 4 * TICKS_PER_BEAT
_TEMPO_SHARE = 1e-3
"""Tempos closer than this are the same."""
_PHASE_S = 1e-3
"""Positions closer than this are the same."""
_TOLERANCE = 0.02
"""A clock so far beyond the range is taken for its end: the ticks of an exact 300 bpm never measure as exactly that."""


@dataclass(frozen=True)
class TempoFound:
    """The clock runs at this tempo."""

    bpm: float


@dataclass(frozen=True)
class SongMoved:
    """The song was at a position at a moment of `time.monotonic`."""

    position: SongPosition
    at_s: float


@dataclass(frozen=True)
class ClockTrouble:
    """Why a clock is not followed, in a sentence."""

    sentence: str


ClockNews = TempoFound | SongMoved | ClockTrouble


@dataclass
class _Told:
    """What the instrument knows, as far as the clock has told it."""

    bpm: float
    is_sure: bool = False
    """False until a tempo was told: then `bpm` is a guess."""
    beats: float = 0.0
    at_s: float = 0.0
    runs: bool = False

    def beats_at(self, now_s: float) -> float:
        return self.beats + (now_s - self.at_s) * self.bpm / 60

    def move(self, beats: float, at_s: float, *, runs: bool) -> SongMoved:
        """Tell a position."""
        self.beats, self.at_s, self.runs = beats, at_s, runs
        return SongMoved(SongPosition(beats, runs), at_s)


class MidiClock:
    """Follows the clocks of all ports; used by one thread. Times are those of `time.monotonic`."""

    def __init__(self) -> None:
        row = PARAMETERS["tempo_bpm"]
        self._slowest, self._fastest, self._usual = row.minimum, row.maximum, row.default
        self._port: str | None = None
        self._heard_s = 0.0
        self._forget()

    @property
    def port(self) -> str | None:
        """The port whose clock leads; None while there is none."""
        return self._port

    def follow_anew(self) -> None:
        """The instrument has not listened, and must be told everything again."""
        self._told, self._must_tell, self._complained = _Told(self._usual), True, False

    def feed(self, message: RealTime | SongPointer, arrived_s: float, port: str) -> list[ClockNews]:
        """What the instrument is to be told about a message of this port; others than a clock's are passed over."""
        if isinstance(message, RealTime) and message.status not in CLOCK_STATUSES:
            return []
        if self._port not in (None, port) and arrived_s - self._heard_s < SILENT_S:
            return []
        news = self.look(arrived_s)
        self._port, self._heard_s = port, arrived_s
        match message:
            case SongPointer(sixteenths):
                self._next_tick, self._must_tell = sixteenths * _TICKS_PER_SIXTEENTH, True
            case RealTime(status) if status == TICK:
                news += self._tick(arrived_s)
            case RealTime(status) if status == STOP:
                self._runs, self._halted = False, True
                news += self._tell_halt(arrived_s)
            case RealTime(status):
                self._next_tick = 0 if status == START else self._next_tick
                self._runs, self._halted, self._must_tell = True, False, True
        return news

    def look(self, now_s: float) -> list[ClockNews]:
        """Call it often: a clock that has vanished leaves the last tempo, and one sentence."""
        if self._port is None or now_s - self._heard_s < SILENT_S:
            return []
        return self.lose(self._port, now_s)

    def lose(self, port: str, now_s: float) -> list[ClockNews]:
        """This port is gone."""
        if port != self._port:
            return []
        told, news = self._told, self._tell_halt(now_s)
        # One that was stopped and then switched off is no trouble.
        if not self._halted and not self._complained:
            if self._filter.count:
                stays = f"at {told.bpm:.1f} bpm" if told.is_sure else "as it is"
                sentence = (
                    f"The MIDI clock of “{port}” has stopped coming: the tempo stays {stays}; start the clock again or "
                    "choose the internal one."
                )
            else:
                sentence = (
                    f"“{port}” has begun a song without a MIDI clock: the tempo stays as it is; switch its clock on, "
                    "or choose the internal one."
                )
            news.append(ClockTrouble(sentence))
        self._forget()
        return news

    def let_go(self, now_s: float) -> list[ClockNews]:
        """Nobody follows any more."""
        news = self._tell_halt(now_s)
        self.follow_anew()
        return news

    def _forget(self) -> None:
        self._port = None
        self._filter = TickFilter()
        self._next_tick = 0
        """Number of the song's next tick, from 0."""
        self._runs = self._halted = False
        """True from Start or Continue to Stop; True from Stop on."""
        self._untold = 0
        """Ticks since the instrument was told something."""
        self.follow_anew()

    def _tick(self, arrived_s: float) -> list[ClockNews]:
        self._filter.tick(arrived_s)
        number = self._next_tick
        self._next_tick += self._runs
        self._untold += 1
        news: list[ClockNews] = []
        if self._filter.count >= _TICKS_TO_BELIEVE:
            bpm = 60 / (TICKS_PER_BEAT * self._filter.length_s)
            if not self._slowest * (1 - _TOLERANCE) <= bpm <= self._fastest * (1 + _TOLERANCE):
                return self._refuse(bpm, arrived_s)
            news += self._tell_tempo(min(max(bpm, self._slowest), self._fastest))
        if self._runs:
            news += self._tell_position(number / TICKS_PER_BEAT)
        if news:
            self._untold = 0
        return news

    def _tell_tempo(self, bpm: float) -> list[ClockNews]:
        told = self._told
        changed = abs(bpm - told.bpm) > _TEMPO_SHARE * told.bpm and self._untold >= _BETWEEN_TICKS
        if told.is_sure and not changed and self._untold < _AT_LEAST_TICKS:
            return []
        now_s = self._filter.at_s
        told.beats, told.at_s = told.beats_at(now_s), now_s
        told.bpm, told.is_sure = round(bpm, 1), True
        # A tempo is obeyed at the next block and a position at its sample: what lies between them is put right.
        self._must_tell = True
        return [TempoFound(told.bpm)]

    def _tell_position(self, beats: float) -> list[ClockNews]:
        told, at_s = self._told, self._filter.at_s
        apart_s = abs(beats - told.beats_at(at_s)) * 60 / told.bpm
        is_due = self._untold >= _BETWEEN_TICKS and apart_s > _PHASE_S
        if told.runs and not is_due and not self._must_tell:
            return []
        self._must_tell = False
        return [told.move(beats, at_s, runs=True)]

    def _tell_halt(self, now_s: float) -> list[ClockNews]:
        """The song stands; the instrument's own beats go on from where they are."""
        told = self._told
        return [told.move(told.beats_at(now_s), now_s, runs=False)] if told.runs else []

    def _refuse(self, bpm: float, now_s: float) -> list[ClockNews]:
        """A tempo beyond the range: the last one stays."""
        if self._filter.count < _TICKS_TO_JUDGE:
            return []
        news = self._tell_halt(now_s)
        if not self._complained:
            self._complained = True
            sentence = (
                f"The MIDI clock of “{self._port}” runs at {bpm:.0f} bpm, and tempos go from {self._slowest:g} to "
                f"{self._fastest:g} bpm: it is not followed until it does; set another tempo there."
            )
            news.append(ClockTrouble(sentence))
        return news
