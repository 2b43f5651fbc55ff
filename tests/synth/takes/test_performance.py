"""Performances are kept whatever happens to the program, rendered to the bit, and gone back into."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from synth.automaton.gestures import Gesture
from synth.errors import RecordingError, UsageError
from synth.instrument.events import LoggedEvent, Redo, SetParameter, Touch, Undo
from synth.instrument.note_events import NoteOff, NoteOn
from synth.takes.branch import instrument_at
from synth.takes.companion import companion_of
from synth.takes.files import rename_take
from synth.takes.performance import events_of, load_performance
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.performances import OfflineTake
from tests.doubles.samples import notebook_preset
from tests.synth.takes.played_takes import RATE, STEADY, instrument, played, rendered


@pytest.mark.parametrize("preset", [STEADY, notebook_preset()], ids=["live", "notebook"])
def test_what_was_undone_from_before_the_take_is_rendered_to_the_bit(tmp_path: Path, preset: Any) -> None:
    sound = played(tmp_path / "a.wav", preset)
    performance = load_performance(tmp_path / "a.wav")
    assert performance.whole
    assert np.abs(sound).max() > 1e-3
    assert np.array_equal(rendered(performance), sound)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.petrichord.safetensors"]


def test_a_take_that_began_among_growing_notes_is_rendered_to_the_bit(tmp_path: Path) -> None:
    playing = instrument()
    with torch.no_grad():
        for action in (SetParameter("growth", 0.9), SetParameter("growth_limit", 2.0)):
            playing.do(action)
        for note_id in (1, 2, 3):
            playing.do(NoteOn(note_id, 60 + note_id, 0.8))
            playing.process(3)
    offline = OfflineTake(tmp_path / "a.wav", playing)
    offline.play(3, [NoteOff(2), NoteOn(4, 57, 0.6)])
    offline.play(6, [SetParameter("growth", 0.4), NoteOn(5, 70, 0.6)], limit=0.4)
    offline.play(6, [NoteOff(4), NoteOn(6, 50, 0.6)])
    sound = offline.end()
    performance = load_performance(tmp_path / "a.wav")
    began = performance.beginning.state.sown
    assert began is not None and sorted(began.left) == [0] and (began.cultures.number > 0).sum() == 2
    assert np.array_equal(rendered(performance), sound)


_CHILD = """
import os, sys
from pathlib import Path
from synth.automaton.gestures import Gesture
from synth.instrument.events import SetParameter, Touch
from tests.doubles.end_fades import as_filed, fade_length
from tests.doubles.performances import OfflineTake
from tests.synth.takes.test_performance import instrument
import numpy as np
import torch
# As the tests' own: with another number of threads, products of small matrices differ in their last bits.
torch.set_num_threads(1)
take = Path(sys.argv[1])
offline = OfflineTake(take, instrument())
offline.play(3, [Touch(Gesture("noise", 60, 20))])
offline.play(3, [SetParameter("width", 0.2)])
np.save(take.with_suffix(".npy"), np.concatenate(offline.parts, axis=1).T)
os.kill(os.getpid(), 9)
"""


def test_a_take_cut_short_by_a_crash_keeps_every_event_until_then(tmp_path: Path) -> None:
    take = tmp_path / "a.wav"
    assert subprocess.run([sys.executable, "-c", _CHILD, str(take)]).returncode == -9
    performance = load_performance(take)
    assert not performance.whole
    actions = [step.action for step in performance.steps if isinstance(step, LoggedEvent)]
    assert actions == [Touch(Gesture("noise", 60, 20)), SetParameter("width", 0.2)]
    sound = np.load(take.with_suffix(".npy"))
    assert np.array_equal(rendered(performance), sound)
    take.touch()
    take = rename_take(take, "another name")
    assert load_performance(take).steps == performance.steps
    # Half a line, as a crash in the middle of writing leaves it.
    with events_of(companion_of(take)).open("ab") as file:
        file.write(b'{"frame": 9, "kind": "und')
    assert load_performance(take).steps == performance.steps


def test_too_many_events_end_the_performance_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.takes import performance_log

    offline = OfflineTake(tmp_path / "a.wav", instrument())
    monkeypatch.setattr(performance_log, "MAX_EVENT_BYTES", 500)
    offline.play(2, [SetParameter("width", k / 50) for k in range(50)])
    assert len(offline.notices) == 1
    assert "can be kept beside it no longer" in offline.notices[0]
    assert not offline.log.wanted
    offline.play(2, [SetParameter("width", 0.5)])
    offline.end()
    assert not load_performance(tmp_path / "a.wav").whole


@pytest.mark.parametrize("n_blocks", [2, 5, 9])
def test_going_back_into_a_take_finds_the_culture_of_that_moment(tmp_path: Path, n_blocks: int) -> None:
    """The oracle is a twin that was stopped there."""
    take, twin = tmp_path / "a.wav", OfflineTake(tmp_path / "b.wav", instrument())
    played(take)
    parts = [
        (3, [SetParameter("note", 57.0), Touch(Gesture("noise", 60, 20))], 1.0),
        (3, [Undo(), Undo(), SetParameter("width", 0.3)], 0.5),
        (3, [Redo(), SetParameter("tilt_db", 2.0)], 1.0),
    ]
    left = n_blocks
    for n, actions, limit in parts:
        if left > 0:
            twin.play(min(n, left), actions, limit)
            left -= n
    twin.end()
    _, branch, _ = instrument_at(take, twin.n_samples / RATE, 48000)
    then = twin.playing.current
    assert branch.out_rate_hz == 48000
    assert branch.frame == then.frame
    assert torch.equal(branch.culture.cells(), then.culture.cells())
    assert branch.controls == then.controls
    assert branch.playhead.place == then.playhead.place
    assert branch.evolution_limit == then.evolution_limit
    assert branch.history.undos == then.history.undos


def test_a_time_outside_of_the_take_is_refused(tmp_path: Path) -> None:
    sound = played(tmp_path / "a.wav")
    for seconds in (-0.1, len(sound) / RATE + 1, float("nan")):
        with pytest.raises(UsageError, match="choose a time in it"):
            instrument_at(tmp_path / "a.wav", seconds, RATE)


def test_progress_grows_to_the_whole_and_who_gives_up_is_obeyed(tmp_path: Path) -> None:
    sound = played(tmp_path / "a.wav")
    seconds, told = len(sound) / RATE, list[float]()
    instrument_at(tmp_path / "a.wav", seconds, RATE, progress=told.append)
    assert told == sorted(told) and told[0] < 0.2 and told[-1] == 1.0
    asked: list[float] = []

    def give_up() -> bool:
        asked.append(0.0)
        return len(asked) == 2

    with pytest.raises(RecordingError, match="was given up"):
        instrument_at(tmp_path / "a.wav", seconds, RATE, lambda: bool(give_up() or len(asked) > 2), asked.append)


def test_a_moment_after_a_change_to_another_vocoder_is_refused_and_one_before_is_not(tmp_path: Path) -> None:
    class Other(SpectralVocoder):
        @property
        def name(self) -> str:
            return "bigvgan_base"

    offline = OfflineTake(tmp_path / "a.wav", instrument())
    offline.play(4)
    before_s = offline.n_samples / RATE
    with torch.no_grad():
        other = Other(STEADY.mel)
        other.prepare(STEADY, RATE, n_heads=2)
    offline.playing.current.change_vocoder(other, "asked for")
    offline.play(8)
    offline.end()
    assert instrument_at(tmp_path / "a.wav", before_s, RATE)[1].frame == 4 + 8
    with pytest.raises(RecordingError, match="was played with bigvgan_base by then"):
        instrument_at(tmp_path / "a.wav", before_s + 0.1, RATE)
