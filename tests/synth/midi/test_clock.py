"""MIDI clock against clocks whose tempo and position are known: jitter, changes, ends, and what cannot be followed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest

from synth.midi.clock import (
    CONTINUE,
    SILENT_S,
    START,
    STOP,
    TICK,
    ClockNews,
    ClockTrouble,
    MidiClock,
    SongMoved,
    TempoFound,
)
from synth.midi.messages import RealTime, SongPointer
from synth.midi.tick_filter import TickFilter

JITTER_S = 0.005
PORT = "drum machine"
SEEDS = range(12)


@dataclass
class Song:
    """The song as the instrument has it: the tempo it was told, and the straight line through the last position."""

    clock: MidiClock = field(default_factory=MidiClock)
    now_s: float = 100.0
    bpm: float = 120.0
    beats: float = 0.0
    at_s: float = 0.0
    runs: bool = False
    told: list[str] = field(default_factory=list)
    news: int = 0

    def follow(self, news: Iterable[ClockNews]) -> None:
        for piece in news:
            self.news += 1
            match piece:
                case TempoFound(bpm):
                    # As the instrument does: the position goes on from where it is.
                    self.beats, self.at_s, self.bpm = self.at(self.now_s), self.now_s, bpm
                case SongMoved(position, at_s):
                    self.beats, self.at_s, self.runs = position.beats, at_s, position.runs
                case ClockTrouble(sentence):
                    self.told.append(sentence)

    def at(self, now_s: float) -> float:
        return self.beats + (now_s - self.at_s) * self.bpm / 60

    def send(self, status: int, at_s: float | None = None, port: str = PORT) -> None:
        self.now_s = self.now_s if at_s is None else at_s
        self.follow(self.clock.feed(RealTime(status), self.now_s, port))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.follow(self.clock.look(self.now_s))


def jittered(due_s: np.ndarray, seed: int, jitter_s: float = JITTER_S) -> np.ndarray:
    """Each within ± `jitter_s` of its time, and none before the one ahead of it: a cable keeps the order."""
    late = np.random.default_rng(seed).uniform(-jitter_s, jitter_s, len(due_s))
    return np.maximum.accumulate(due_s + late)


@pytest.mark.parametrize("bpm", [20.0, 61.7, 120.0, 174.0, 300.0])
def test_two_bars_of_a_jittering_clock_give_tempo_and_phase(bpm: float) -> None:
    """After two bars the tempo is within 0.5 % and the beats within 3 ms, and they stay there for eight bars more."""
    worst_tempo = worst_s = 0.0
    for seed in SEEDS:
        song = Song()
        tick_s = 60 / bpm / 24
        due_s = song.now_s + np.arange(10 * 4 * 24) * tick_s
        song.send(START)
        for number, at_s in enumerate(jittered(due_s, seed)):
            song.send(TICK, float(at_s))
            if number >= 8 * 24:
                middle_s = float(due_s[number]) + tick_s / 2
                worst_tempo = max(worst_tempo, abs(song.bpm / bpm - 1))
                worst_s = max(worst_s, abs(song.at(middle_s) - (number + 0.5) / 24) * 60 / bpm)
        assert song.runs and not song.told
    print(f"{bpm:g} bpm: {worst_tempo:.3%}, {worst_s * 1000:.2f} ms")
    assert worst_tempo < 0.005
    assert worst_s < 0.003


def test_a_clock_without_jitter_is_exact_and_tells_little() -> None:
    song = Song()
    song.send(START)
    for number in range(40 * 24):
        song.send(TICK, 100 + number * 60 / 97 / 24)
    assert song.bpm == pytest.approx(97, abs=0.05)
    assert song.at(song.now_s) == pytest.approx((40 * 24 - 1) / 24, abs=2e-4)
    # The first of both, and both again in each of ten bars.
    assert song.news <= 4 + 2 * 10


@pytest.mark.parametrize(("before", "after"), [(120, 140), (120, 60), (90, 91), (80, 240)])
def test_a_new_tempo_is_found_within_a_bar(before: float, after: float) -> None:
    """And stays found."""
    song = Song()
    due_s = np.cumsum([60 / before / 24] * (8 * 24) + [60 / after / 24] * (8 * 24)) + song.now_s
    song.send(START)
    for number, at_s in enumerate(jittered(due_s, 1)):
        song.send(TICK, float(at_s))
        if number >= 12 * 24:
            assert abs(song.bpm / after - 1) < 0.005
            assert abs(song.at(float(due_s[number])) - number / 24) * 60 / after < 0.003


def test_start_stop_continue_and_song_position() -> None:
    song = Song()

    def ticks(n: int) -> None:
        for _ in range(n):
            song.send(TICK, song.now_s + 60 / 120 / 24)

    ticks(48)
    assert song.bpm == pytest.approx(120, abs=0.05) and not song.runs
    song.send(START)
    ticks(25)
    assert song.runs and song.at(song.now_s) == pytest.approx(1.0, abs=1e-3)
    song.send(STOP)
    assert not song.runs
    ticks(24)
    song.send(CONTINUE)
    ticks(1)
    assert song.runs and song.at(song.now_s) == pytest.approx(25 / 24, abs=1e-3)
    song.send(STOP)
    # Beyond the longest song that a file or a sequencer has: the highest number there is.
    song.follow(song.clock.feed(SongPointer(16383), song.now_s, PORT))
    song.send(CONTINUE)
    ticks(1)
    assert song.at(song.now_s) == pytest.approx(16383 / 4, abs=1e-3)
    song.send(START)
    ticks(1)
    assert song.at(song.now_s) == pytest.approx(0, abs=1e-3)
    assert not song.told


def test_a_start_before_the_first_tick_is_the_first_tick() -> None:
    song = Song()
    song.send(START)
    song.send(TICK, 100.5)
    assert song.runs and song.at(100.5) == 0


def steady(song: Song, bpm: float, n: int) -> None:
    for _ in range(n):
        song.send(TICK, song.now_s + 60 / bpm / 24)


def test_a_clock_that_vanishes_leaves_its_tempo_and_one_sentence() -> None:
    song = Song()
    song.send(START)
    steady(song, 132, 96)
    song.wait(SILENT_S / 2)
    assert song.runs and not song.told
    for _ in range(5):
        song.wait(SILENT_S)
    assert song.told == [
        "The MIDI clock of “drum machine” has stopped coming: the tempo stays at 132.0 bpm; start the clock again or "
        "choose the internal one."
    ]
    assert not song.runs and song.bpm == 132
    before = song.at(song.now_s)
    song.wait(1)
    assert song.at(song.now_s) - before == pytest.approx(132 / 60)


def test_a_clock_that_was_stopped_first_is_missed_by_nobody() -> None:
    song = Song()
    song.send(START)
    steady(song, 132, 96)
    song.send(STOP)
    song.wait(2 * SILENT_S)
    assert not song.told and song.clock.port is None


def test_a_port_that_is_pulled_out_is_a_clock_that_vanished() -> None:
    song = Song()
    song.send(START)
    steady(song, 132, 96)
    song.follow(song.clock.lose("another", song.now_s))
    assert not song.told
    song.follow(song.clock.lose(PORT, song.now_s))
    assert len(song.told) == 1 and not song.runs


def test_a_song_without_a_clock_is_said() -> None:
    """A clock of 0 bpm."""
    song = Song()
    song.send(START)
    song.wait(2 * SILENT_S)
    assert song.told == [
        "“drum machine” has begun a song without a MIDI clock: the tempo stays as it is; switch its clock on, or "
        "choose the internal one."
    ]
    assert song.bpm == 120


@pytest.mark.parametrize("bpm", [10_000.0, 400.0, 12.0])
def test_a_tempo_beyond_the_range_is_not_followed_and_said_once(bpm: float) -> None:
    song = Song()
    song.send(START)
    steady(song, 150, 96)
    song.send(STOP)
    song.send(START)
    steady(song, bpm, 400)
    assert song.bpm == 150 and not song.runs
    assert song.told == [
        f"The MIDI clock of “drum machine” runs at {bpm:.0f} bpm, and tempos go from 20 to 300 bpm: it is not followed "
        "until it does; set another tempo there."
    ]
    steady(song, 100, 300)
    assert song.runs and song.bpm == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("bpm", [20.0, 300.0])
def test_the_ends_of_the_range_are_followed(bpm: float) -> None:
    song = Song()
    song.send(START)
    for at_s in jittered(100 + np.arange(400) * 60 / bpm / 24, 5):
        song.send(TICK, float(at_s))
        assert 20 <= song.bpm <= 300
    assert song.runs and not song.told


def test_ten_thousand_messages_in_a_second_tell_the_instrument_little() -> None:
    song = Song()
    statuses = [TICK, START, CONTINUE, STOP, TICK, TICK, 0xFE, 0xFD]
    rng = np.random.default_rng(3)
    for i in range(10_000):
        song.send(int(rng.choice(statuses)), 100 + i / 10_000)
    assert all(np.isfinite((song.bpm, song.beats, song.at_s)))
    assert 20 <= song.bpm <= 300 and len(song.told) <= 1
    # A position for each Start and Stop at most: these are what somebody wants.
    assert song.news < 5000


def test_a_second_clock_is_not_heard_while_the_first_one_runs() -> None:
    song = Song()
    song.send(START)
    for _ in range(96):
        steady(song, 120, 1)
        song.send(TICK, port="another")
    assert song.clock.port == PORT and song.bpm == pytest.approx(120, abs=0.05)
    song.wait(2 * SILENT_S)
    for _ in range(48):
        song.send(TICK, song.now_s + 60 / 90 / 24, port="another")
    assert song.clock.port == "another" and song.bpm == pytest.approx(90, abs=0.05)


def test_who_begins_to_listen_is_told_everything_again() -> None:
    song = Song()
    song.send(START)
    steady(song, 120, 200)
    song.bpm, song.beats, song.runs = 55.0, 7.0, False
    song.clock.follow_anew()
    steady(song, 120, 2)
    assert song.bpm == 120 and song.runs
    assert song.at(song.now_s) == pytest.approx(201 / 24, abs=1e-3)


def test_the_line_through_ticks_is_the_least_squares_line() -> None:
    """As long as it remembers them all; numpy's fit is the oracle."""
    at_s = jittered(np.arange(100) * 0.02, 7)
    line = TickFilter()
    for number, arrived_s in enumerate(at_s, 1):
        line.tick(float(arrived_s))
        if number > 2:
            slope, start = np.polyfit(np.arange(number), at_s[:number], 1)
            assert line.length_s == pytest.approx(slope, rel=1e-9)
            assert line.at_s == pytest.approx(start + slope * (number - 1), abs=1e-9)
