"""Files of performances: what they were in earlier versions, and what is none is refused in one sentence."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from synth.engine.takes.replay import Replay
from synth.errors import RecordingError
from synth.instrument.events import SetParameter
from synth.instrument.note_events import NoteOn
from synth.takes.companion import beginning_of, companion_of, load_beginning, save_beginning
from synth.takes.performance import events_of, load_performance
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.end_fades import as_filed, fade_length
from tests.synth.takes.played_takes import RATE, STEADY, instrument, played, rendered


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
