"""Whatever is dropped on the window is taken, offered, or answered with a sentence."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest

from synth.presets.file import save_preset
from tests.doubles.samples import live_preset
from tests.ui.hands.mouse_and_keys import drop, quote
from tests.ui.trainer.stage import LONG, Stage
from ui.shell.drops import is_droppable, local_path, sort_out


def _offered(stage: Stage) -> list[str]:
    offered = stage.sheet.start.offered
    return [offered.item(i).text() for i in range(offered.count())] if offered.isVisible() else []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "letter.pdf",
            "“letter.pdf” is neither a preset (.safetensors), nor a bank (.zip), nor a recording, nor a MIDI file",
        ),
        ("song.mod", "“song.mod” is neither"),
        ("no suffix", "“no suffix” is neither"),
    ],
)
def test_a_file_that_is_neither_is_told_so(stage: Stage, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).touch()
    assert drop(stage.win, tmp_path / name)
    assert words in stage.win.banner.text
    assert not stage.desk.opened


@pytest.mark.parametrize("link", ["https://example.org/bell.wav", "ftp://example.org/x", "mailto:a@example.org"])
def test_a_link_is_told_to_be_downloaded_first(stage: Stage, link: str) -> None:
    assert drop(stage.win, QUrl(link))
    assert f"“{link}” is a link" in stage.win.banner.text


def test_text_is_told_to_be_no_file(stage: Stage) -> None:
    data = QMimeData()
    data.setText("a bell")
    assert is_droppable(data)
    assert "Text cannot be dropped" in sort_out(data).refusals[0]


def test_several_recordings_are_offered_and_one_is_chosen_by_a_key(stage: Stage, recording: Path) -> None:
    others = [recording.with_name(name) for name in ("b.m4a", "c.flac")]
    for path in others:
        path.touch()
    assert drop(stage.win, recording, *others)
    assert _offered(stage) == ["a note.wav", "b.m4a", "c.flac"]
    assert stage.sheet.start.offered.hasFocus()
    QTest.keyClick(stage.sheet.start.offered, Qt.Key.Key_Return)
    stage.qtbot.waitUntil(lambda: stage.sheet.choose.recording == recording, timeout=LONG)


def test_a_folder_is_looked_into(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "field"
    folder.mkdir()
    for name in ("one.wav", "two.mp3", "notes.txt", ".hidden.wav"):
        (folder / name).touch()
    assert drop(stage.win, folder)
    assert _offered(stage) == ["one.wav", "two.mp3"]


def test_a_folder_of_one_recording_opens_it(stage: Stage, recording: Path) -> None:
    folder = recording.parent / "one"
    folder.mkdir()
    recording.rename(folder / recording.name)
    assert drop(stage.win, folder)
    assert stage.sheet.choose.title.text() == recording.name


def test_an_empty_folder_is_told_so(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert drop(stage.win, tmp_path / "empty")
    assert "The folder “empty” holds neither" in stage.win.banner.text


def test_of_several_presets_none_vanishes(stage: Stage, tmp_path: Path) -> None:
    dropped = [tmp_path / f"dropped {i}.safetensors" for i in range(3)]
    for i, path in enumerate(dropped):
        save_preset(replace(live_preset(seed=20 + i, n_frames=64), name=f"Dropped {i}"), path)
    with stage.qtbot.waitSignal(stage.win.loader.loaded, timeout=LONG):
        assert drop(stage.win, *dropped)
    kept = tmp_path / "home" / "presets"
    assert len(list(kept.glob("*.safetensors"))) == 3
    assert sorted(p.read_bytes() for p in kept.iterdir()) == sorted(p.read_bytes() for p in dropped)


def test_a_preset_a_recording_and_strangers_together_are_each_answered(
    stage: Stage, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(stage.win.banner, "say", lambda text, **_: said.append(text))
    preset = recording.with_name("x.safetensors")
    save_preset(live_preset(seed=9, n_frames=64), preset)
    with stage.qtbot.waitSignal(stage.win.loader.loaded, timeout=LONG):
        strangers = [recording.with_name(name) for name in ("letter.pdf", "b.doc")]
        assert drop(stage.win, preset, recording, *strangers, QUrl("https://example.org/"))
    assert stage.sheet.choose.recording == recording
    assert any("is a link" in text and "1 more" in text for text in said)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_arrives_whole(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 100%.wav")
    assert local_path(QUrl.fromEncoded(b"file://" + quote(path))) == path
    data = QMimeData()
    data.setUrls([QUrl.fromEncoded(b"file://" + quote(path))])
    assert sort_out(data).recordings == (path,)
