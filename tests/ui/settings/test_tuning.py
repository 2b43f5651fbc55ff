"""Settings, Tuning: the user's choice comes before the preset's suggestion, is heard at once and kept."""

import json
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from synth.engine.protocol import Capture
from synth.instrument.events import Tune
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.tuning import Tuning, equal_temperament, read_tuning
from synth.presets.file import load_preset, save_preset
from synth.takes.companion import Beginning, companion_of, save_beginning
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.scene import preset_files, window
from tests.ui.hands.settings import pick, stored
from ui.settings.sheet import SettingsSheet
from ui.settings.tuning.page import TuningPage
from ui.shell.main_window import MainWindow

MIDDLE_C = 440 * 2 ** (-9 / 12)
STRETCHED = Tuning("stretched", tuple(hz**1.01 for hz in equal_temperament().key_hz))


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """Five equal steps to the octave."""
    path = tmp_path / "five.scl"
    path.write_text("five equal steps\n 5\n" + "".join(f" {240.0 * i:.1f}\n" for i in range(1, 6)))
    return path


@pytest.fixture
def white_keys(tmp_path: Path) -> Path:
    """Twelve steps of which the black keys play none, middle C at 250 Hz."""
    path = tmp_path / "white.kbm"
    degrees = "\n".join("x" if key in (1, 3, 6, 8, 10) else str(key) for key in range(12))
    path.write_text(f"12\n0\n127\n60\n60\n250.0\n12\n{degrees}\n")
    return path


@pytest.fixture
def page(win: MainWindow) -> TuningPage:
    sheet = win.settings_opener.sheet()
    sheet.open()
    sheet.turn_to(sheet.tuning)
    return sheet.tuning


def choose(page: TuningPage, button: str, path: Path) -> None:
    """Click Choose… and take this file in the dialog."""
    getattr(page, button).click()
    dialogs = [dialog for dialog in page.findChildren(QFileDialog) if dialog.isVisible()]
    dialogs[-1].fileSelected.emit(str(path))
    dialogs[-1].close()


def tuned(engine: FakeEngine) -> Tuning | None:
    """What the engine was asked for last."""
    sent = [action.tuning for action in engine.actions if isinstance(action, Tune)]
    return sent[-1] if sent else None


def in_tune(engine: FakeEngine, key: int, hz: float) -> bool:
    tuning = tuned(engine)
    return tuning is not None and tuning.key_hz[key] == pytest.approx(hz, rel=1e-9)


def test_a_scale_and_a_map_are_heard_at_once_shown_by_name_and_cleared(
    page: TuningPage, win: MainWindow, engine: FakeEngine, five: Path, white_keys: Path, qtbot: QtBot
) -> None:
    assert page.scale.text() == "none" and not page.clear_scale.isEnabled()
    choose(page, "choose_scale", five)
    # Key 62 is two of five steps above middle C.
    qtbot.waitUntil(lambda: in_tune(engine, 62, MIDDLE_C * 2 ** (2 / 5)), timeout=5000)
    assert page.scale.text() == "five.scl" and page.clear_scale.isEnabled()
    assert page.choice.currentData() == "files" and page.state.text() == "“five” plays, your choice."
    page.clear_scale.click()
    qtbot.waitUntil(lambda: in_tune(engine, 62, 440 * 2 ** (-7 / 12)), timeout=5000)
    choose(page, "choose_map", white_keys)
    qtbot.waitUntil(lambda: in_tune(engine, 62, 250 * 2 ** (2 / 12)), timeout=5000)
    assert np.isnan(tuned(engine).key_hz[61])  # type: ignore[union-attr]
    assert (page.scale.text(), page.map.text()) == ("none", "white.kbm")
    assert page.choice.currentData() == "files"
    page.clear_map.click()
    qtbot.waitUntil(lambda: in_tune(engine, 62, 440 * 2 ** (-7 / 12)), timeout=5000)
    assert page.choice.currentData() == "preset"
    assert page.state.text() == "“bronze bell” suggests no tuning: keys play 12 equal steps to the octave."


def test_keys_that_play_nothing_are_dim(page: TuningPage, win: MainWindow, white_keys: Path, qtbot: QtBot) -> None:
    picture = win.keys.grab().toImage()
    choose(page, "choose_map", white_keys)
    qtbot.waitUntil(lambda: win.keys._silent != frozenset(), timeout=5000)
    assert {key % 12 for key in win.keys._silent} == {1, 3, 6, 8, 10}
    assert "play nothing in this tuning" in win.keys.accessibleDescription()
    assert win.keys.grab().toImage() != picture


def test_what_was_chosen_comes_back_at_the_next_start(
    page: TuningPage, win: MainWindow, five: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(page, "choose_scale", five)
    found = stored(win)
    assert (found["tuning"], found["tuning_scale"], found["tuning_map"]) == ("files", str(five), None)
    engine = FakeEngine()
    again = window(preset_files(tmp_path), engine, tmp_path / "home")
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.loader.loaded, timeout=20_000):
        again.load(again.presets.paths()[0])
    qtbot.waitUntil(lambda: in_tune(engine, 62, MIDDLE_C * 2 ** (2 / 5)), timeout=5000)
    with qtbot.waitSignal(again.loader.loaded, timeout=20_000):
        again.load(again.presets.paths()[1])
    assert engine.actions[-1] == Tune(read_tuning(five)), "every preset is tuned so"
    again.close()


def suggesting(win: MainWindow, tmp_path: Path) -> Path:
    path = tmp_path / "gong.safetensors"
    save_preset(
        replace(live_preset(n_frames=64), name="Gong", tuning=STRETCHED, settings={"reference_hz": 432.0}), path
    )
    return path


def test_a_presets_suggestion_plays_until_the_user_chooses_otherwise(
    page: TuningPage, win: MainWindow, engine: FakeEngine, five: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(suggesting(win, tmp_path))
    played = engine.swapped[-1][0]
    assert played.voices.tuning == STRETCHED and tuned(engine) is None
    assert page.state.text() == "“Gong” suggests “stretched”, which plays."
    assert "“Gong” was saved at 432.0 Hz; yours, 440.0 Hz, holds" in page.suggested.text()
    pick(page.choice, "equal")
    assert tuned(engine) == equal_temperament()
    assert page.state.text() == "“12 equal steps” plays, your choice; “Gong” suggests “stretched”."
    choose(page, "choose_scale", five)
    qtbot.waitUntil(lambda: in_tune(engine, 62, MIDDLE_C * 2 ** (2 / 5)), timeout=5000)
    assert page.state.text() == "“five” plays, your choice; “Gong” suggests “stretched”."
    pick(page.choice, "preset")
    assert tuned(engine) == STRETCHED
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(win.presets.paths()[0])
    assert engine.swapped[-1][0].voices.tuning.sounds_as(equal_temperament()), "and is gone with the preset"
    assert page.scale.text() == "five.scl", "the file stays to be chosen again"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a scale\n 2\n perhaps\n 2/1\n", "“bad.scl”, line 3: “perhaps” is neither a number of cents"),
        ("", "“bad.scl” is no Scala scale"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_file_is_a_sentence_and_the_tuning_stays(
    content: str | None, words: str, page: TuningPage, win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.scl"
    if content is not None:
        path.write_text(content)
    choose(page, "choose_scale", path)
    qtbot.waitUntil(lambda: words in page.problem.text(), timeout=5000)
    assert page.problem.isVisible() and words in win.banner.text
    assert (
        tuned(engine) is None
        and page.state.text() == "“bronze bell” suggests no tuning: keys play 12 equal steps to the octave."
    )
    page.clear_scale.click()
    assert not page.problem.isVisible() and not win.banner.texts, "what was said of it holds no longer"


def test_the_reference_pitch_is_the_control_of_the_panel(page: TuningPage, win: MainWindow, engine: FakeEngine) -> None:
    assert (page.reference.parameter.minimum, page.reference.parameter.maximum) == (380.0, 480.0)
    page.reference.start_typing("442.5")
    editor = page.reference.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert engine.values["reference_hz"] == pytest.approx(442.5)
    assert win.controls.knobs["reference_hz"].amount() == pytest.approx(442.5)
    win.controls.knobs["reference_hz"].set_amount(415.0)
    assert page.reference.amount() == pytest.approx(415.0)
    win.controls.follow_midi({"reference_hz": 465.0})
    assert page.reference.amount() == pytest.approx(465.0)


def test_a_take_that_is_gone_on_from_keeps_its_tuning_until_one_is_chosen(
    page: TuningPage, win: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    pick(page.choice, "equal")
    preset = live_preset(seed=5, n_frames=64)
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 48000, setup=Setup(seed=3))
    instrument.do(Tune(STRETCHED))
    with torch.no_grad():
        save_beginning(Beginning(preset, instrument.state(), 48000), companion_of(tmp_path / "take.wav"))
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(companion_of(tmp_path / "take.wav"))
    assert engine.swapped[-1][0].voices.tuning == STRETCHED and tuned(engine) is None
    assert page.state.text().startswith("A take goes on in the tuning it was recorded with, “stretched”")
    pick(page.choice, "preset")
    assert tuned(engine) == equal_temperament()
    assert page.state.text() == f"“{preset.name}” suggests no tuning: keys play 12 equal steps to the octave."


def test_a_preset_that_is_saved_suggests_what_plays(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = live_preset(n_frames=64)
    instrument = Instrument(preset, SpectralVocoder(preset.mel), 48000, ParameterValues(), Setup(seed=3))

    def capture() -> "Future[Capture]":
        answer: Future[Capture] = Future()
        state = instrument.state()
        answer.set_result(Capture(preset, state.culture, state))
        return answer

    monkeypatch.setattr(engine, "capture", capture)
    folder = win.presets.librarian.folder
    for tuning, name, suggested in ((STRETCHED, "tuned", STRETCHED), (equal_temperament(), "plain", None)):
        instrument.do(Tune(tuning))
        with qtbot.waitSignal(win.presets.librarian.changed, timeout=10_000):
            win.desk._save(name, False, None)
        kept = load_preset(folder / f"{name}.safetensors")
        assert kept.tuning == suggested


def test_a_choice_that_cannot_be_read_is_what_it_is_at_first(tmp_path: Path, engine: FakeEngine, qtbot: QtBot) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    content = {"tuning": "loud", "tuning_scale": 5, "tuning_map": str(tmp_path / "gone.kbm")}
    (home / "config" / "settings.json").write_text(json.dumps(content))
    win = window(preset_files(tmp_path), engine, home)
    qtbot.addWidget(win)
    assert (win.settings.settings.tuning, win.settings.settings.tuning_scale) == ("preset", None)
    qtbot.waitUntil(lambda: "gone.kbm” cannot be read" in win.banner.text, timeout=5000)
    win.close()


def test_the_sheet_has_the_page(sheet: SettingsSheet) -> None:
    assert [page.title for page in sheet.pages] == ["Audio", "MIDI", "Tuning", "Engine", "Vocoder", "General"]
