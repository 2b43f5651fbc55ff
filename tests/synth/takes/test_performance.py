"""Performances are kept whatever happens to the program, and what is none is refused in one sentence."""

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from synth.automaton.gestures import Gesture
from synth.engine.takes.replay import Replay
from synth.errors import RecordingError, UsageError
from synth.instrument.events import LoggedEvent, Redo, SetParameter, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import NoteOff, NoteOn
from synth.takes.branch import instrument_at
from synth.takes.companion import beginning_of, companion_of, load_beginning, save_beginning
from synth.takes.files import rename_take
from synth.takes.performance import Performance, events_of, load_performance
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.end_fades import as_filed, fade_length
from tests.doubles.performances import OfflineTake
from tests.doubles.samples import notebook_preset

RATE = 44100
STEADY = steady_preset()


def instrument(seed: int = 3, preset: Any = STEADY) -> Instrument:
    with torch.no_grad():
        made = Instrument(preset, SpectralVocoder(preset.mel), RATE, setup=Setup(seed=seed))
        made.send(Touch(Gesture("erase", 40, 30)))
        made.process(4)
    return made


def played(take: Path, preset: Any = STEADY) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A short take with an undo of what was done before it."""
    offline = OfflineTake(take, instrument(preset=preset))
    offline.play(3, [SetParameter("note", 57.0), Touch(Gesture("noise", 60, 20))])
    offline.play(3, [Undo(), Undo(), SetParameter("width", 0.3)], limit=0.5)
    offline.play(3, [Redo(), SetParameter("tilt_db", 2.0)])
    return offline.end()


def rendered(performance: Performance) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.concatenate(list(Replay(performance, lambda name, preset: SpectralVocoder(preset.mel)).sound()))


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


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("cells", lambda a: a * 1e4), ("cells", lambda a: a[..., :3]), ("number", lambda a: a * 0 - 7),
        ("number", lambda a: a * 0 + 5), ("steps", lambda a: a - 2**40), ("index", lambda a: a + 9),
        ("share", lambda a: a + 2), ("share", lambda a: a.astype(np.float32)), ("left_slots", lambda a: a + 64),
        ("left_slots", lambda a: a + 1),
        ("left", lambda a: a * np.nan), ("left", lambda a: a[:, :4]),
    ],
)  # fmt: skip
def test_growing_notes_that_cannot_be_are_refused_in_a_sentence(
    tmp_path: Path, name: str, harm: Callable[[Any], Any]
) -> None:
    playing = instrument()
    with torch.no_grad():
        for action in (SetParameter("growth", 1.0), SetParameter("growth_limit", 2.0)):
            playing.do(action)
        for note_id in (1, 2, 3):
            playing.do(NoteOn(note_id, 60 + note_id, 0.8))
            playing.process(2)
    path = tmp_path / "a.petrichord.safetensors"
    save_beginning(beginning_of(playing), path)
    with safe_open(path, framework="np") as opened:
        metadata = opened.metadata()
    arrays = load_file(path)
    load_beginning(path)
    save_file({**arrays, f"sown.{name}": np.ascontiguousarray(harm(arrays[f"sown.{name}"]))}, path, metadata)
    with pytest.raises(RecordingError, match="is damaged"):
        load_beginning(path)


def _lines(path: Path) -> list[dict[str, Any]]:
    packed = load_file(companion_of(path))["events"]
    return [json.loads(line) for line in zlib.decompress(packed.tobytes()).splitlines()]


def _with_lines(path: Path, content: bytes) -> None:
    file = companion_of(path)
    with safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    save_file({**load_file(file), "events": np.frombuffer(zlib.compress(content), np.uint8)}, file, metadata)


def _edited(edit: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        lines = _lines(path)
        edit(lines)
        _with_lines(path, "".join(json.dumps(line) + "\n" for line in lines).encode())

    return harm


def _event(lines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == kind)


def _packed(path: Path, raw: bytes) -> None:
    file = companion_of(path)
    with safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    save_file({**load_file(file), "events": np.frombuffer(raw, np.uint8)}, file, metadata)


def _without_events(path: Path, lines: bytes | None) -> None:
    file = companion_of(path)
    with safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    arrays = load_file(file)
    del arrays["events"]
    save_file(arrays, file, metadata)
    if lines is not None:
        events_of(file).write_bytes(lines)


def _as_version_1(lines: list[dict[str, Any]]) -> None:
    lines[0].update(schema_version=1)
    del lines[0]["end_fade_s"]


def filed(take: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    replay = Replay(load_performance(take), lambda name, preset: SpectralVocoder(preset.mel))
    return np.concatenate(list(replay.filed()))


def test_the_file_of_a_take_has_faded_ends_where_the_version_that_recorded_it_faded_them(tmp_path: Path) -> None:
    take = tmp_path / "a.wav"
    sound, n = played(take), fade_length(RATE)
    assert np.abs(sound[-1]).max() > 1e-3, "it is switched off in mid-wave"
    now = filed(take)
    assert np.array_equal(now[n:-n], sound[n:-n])
    begun = bool(np.abs(sound[0]).max() > 10 ** (-90 / 20))
    np.testing.assert_allclose(now, as_filed(sound, RATE, begin=begun), rtol=1e-5, atol=1e-9)
    _edited(lambda lines: lines[-1].update(kind="passed"))(take)
    assert np.array_equal(filed(take)[-n:], sound[-n:]), "nobody faded a take that was cut short"
    _edited(_as_version_1)(take)
    assert load_performance(take).end_fade_s == 0
    assert np.array_equal(filed(take), sound)


_CHANGE = {"frame": 99, "kind": "change_preset", "preset": "x", "sha256": "y"}


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: companion_of(path).write_bytes(b"RIFF and so on"), "is damaged"),
        (lambda path: companion_of(path).write_bytes(companion_of(path).read_bytes()[:-50]), "is damaged"),
        (lambda path: _packed(path, b"not deflated"), "events in .* are damaged"),
        (lambda path: _packed(path, zlib.compress(b"{}" * 5000)[:-9]), "events in .* are damaged"),
        # A small file that would fill the memory.
        (lambda path: _packed(path, zlib.compress(bytes(300 * 2**20), 9)), "events in .* are damaged"),
        (lambda path: _with_lines(path, b""), "events in .* are damaged"),
        (lambda path: _with_lines(path, b"\xff\xfe\n"), "Event 1 .* damaged"),
        (lambda path: _with_lines(path, b"[" * 100_000 + b"\n"), "Event 1 .* damaged"),
        (lambda path: _without_events(path, None), "can be continued, not rendered"),
        (lambda path: _without_events(path, b""), "events in .* are damaged"),
        (_edited(lambda lines: lines[0].update(schema_version=9)), "a later Petrichord: update"),
        (_edited(lambda lines: lines[0].update(frame=77)), "belongs to another take"),
        (_edited(lambda lines: lines[0].update(preset="Sea")), "belongs to another take"),
        (_edited(lambda lines: lines[0].update(format="mp3")), "Event 1 .* damaged"),
        (_edited(lambda lines: lines[0].update(skip=-1)), "skip.*the take cannot be used"),
        (_edited(lambda lines: lines[0].update(skip=10**12)), "skip.*the take cannot be used"),
        (_edited(lambda lines: lines.pop(0)), "damaged|kind"),
        (_edited(lambda lines: _event(lines, "set_parameter").update(id="loudness_of_rain")), "loudness_of_rain"),
        (_edited(lambda lines: _event(lines, "set_parameter").update(value=1e9)), "Event"),
        (_edited(lambda lines: _event(lines, "undo").update(kind="explode")), "damaged or not of this version"),
        (_edited(lambda lines: _event(lines, "undo").update(frame=0)), "due at frame 0, before the one ahead"),
        (_edited(lambda lines: _event(lines, "undo").update(frame=-3)), "frame.*the take cannot be used"),
        (_edited(lambda lines: _event(lines, "undo").update(frame="now")), "frame.*the take cannot be used"),
        (_edited(lambda lines: _event(lines, "history").update(data="AAAA")), "damaged"),
        (_edited(lambda lines: _event(lines, "history").update(data=7)), "damaged"),
        (_edited(lambda lines: lines.append({"kind": "end", "samples": 10**15})), "samples.*the take cannot be used"),
        (_edited(lambda lines: lines.append({"kind": "sent", "at": 5, "taken": 0, "sound": "AAA"})), "damaged"),
        (_edited(lambda lines: lines.append({"kind": "sent", "at": 5, "taken": 9, "sound": ""})), "taken"),
        (_edited(lambda lines: lines.append(_CHANGE)), "damaged"),
        (_edited(lambda lines: lines.append({**_CHANGE, "left": [], "instrument": "AA=="})), "is damaged"),
        (_edited(lambda lines: lines.append({"frame": 99, "kind": "output", "controls": {}})), "volume_db"),
    ],
)
def test_what_is_not_a_performance_is_refused_in_one_sentence(
    harm: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    take = tmp_path / "a.wav"
    played(take)
    load_performance(take)
    harm(take)
    with pytest.raises(RecordingError, match=words) as refused:
        load_performance(take)
    assert str(refused.value).count("\n") == 0
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "name", ["sound.vocoder.noise", "sound.vocoder.voices.levels", "mix.master.fade", "mix.fades.last"]
)
def test_a_state_of_the_sound_that_does_not_fit_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    take = tmp_path / "a.wav"
    played(take)
    file = companion_of(take)
    with safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    save_file({**load_file(file), name: np.zeros((3, 1), np.float32)}, file, metadata)
    with pytest.raises(RecordingError, match="damaged or not of this version"):
        rendered(load_performance(take))


def test_a_take_of_before_performances_says_that_it_can_only_be_continued(tmp_path: Path) -> None:
    from synth.takes.companion import Beginning, save_beginning

    save_beginning(Beginning(STEADY, instrument().state(), RATE, "spectral"), companion_of(tmp_path / "a.wav"))
    assert load_beginning(companion_of(tmp_path / "a.wav")).setup is None
    with pytest.raises(RecordingError, match="can be continued, not rendered"):
        load_performance(tmp_path / "a.wav")


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
