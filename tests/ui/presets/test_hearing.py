"""A preset is heard without being loaded: by mouse, key and menu; another, Esc or loading ends it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from synth.errors import PresetError
from synth.output.preview import Cancelled
from tests.doubles.engine import FakeEngine
from ui.presets.hearing import Hearing, prepared
from ui.presets.row import Zones
from ui.shell.main_window import MainWindow

RIGHT, CTRL_SHIFT = Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class Stage:
    """Prepares a second of a constant per preset, at once or when it is let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.given_up: list[str] = []
        self.let = threading.Event()
        self.let.set()

    def prepare(self, path: Path, rate_hz: int, cancelled: Callable[[], bool]) -> np.ndarray:
        self.begun.append(path.stem)
        while not self.let.wait(0.005):
            if cancelled():
                self.given_up.append(path.stem)
                raise Cancelled
        if path.stem == "ocean":
            raise PresetError("ocean.safetensors is not a preset.")
        return np.full((rate_hz, 2), 0.1 * (1 + ["cello", "violin"].index(path.stem)), np.float32)


@pytest.fixture
def stage(library: MainWindow) -> Iterator[Stage]:
    made = Stage()
    library.desk.hearing._prepare = made.prepare
    yield made
    made.let.set()


def listen(engine: FakeEngine, seconds: float = 0.1) -> float:
    """What is heard of a silent instrument in so much time: the level at its end."""
    out = engine.audition.process(np.zeros((2, round(seconds * 48000)), np.float32))
    return float(out[0, -1])


def choose(win: MainWindow, row: int) -> None:
    win.presets.list.setCurrentRow(row)
    win.presets.list.setFocus()


def test_a_key_lets_the_chosen_preset_be_heard_and_nothing_is_loaded(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot
) -> None:
    playing, swapped = library.presets.playing, len(engine.swapped)
    choose(library, 2)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    assert listen(engine) == pytest.approx(0.2)
    item = library.presets.list.all_items()[2]
    said = int(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert item.data(said).startswith("being heard") and library.presets.list.rows.heard == library.desk.hearing.path
    # To its end: then nothing is marked any more.
    listen(engine, 0.2)
    qtbot.wait(60)
    listen(engine, 1.0)
    qtbot.waitUntil(lambda: library.desk.hearing.path is None, timeout=5000)
    assert library.presets.list.rows.heard is None and "being heard" not in item.data(said)
    assert (library.presets.playing, len(engine.swapped)) == (playing, swapped)


@pytest.mark.parametrize("how", ["key", "menu key", "escape"])
def test_the_same_again_or_escape_ends_it(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot, how: str
) -> None:
    choose(library, 2)
    QTest.keyClick(library, Qt.Key.Key_H, CTRL_SHIFT)
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    assert listen(engine) == pytest.approx(0.2)
    if how == "key":
        QTest.keyClick(library.presets.list, RIGHT)
    elif how == "menu key":
        QTest.keyClick(library, Qt.Key.Key_H, CTRL_SHIFT)
    else:
        QTest.keyClick(library, Qt.Key.Key_Escape)
    assert library.desk.hearing.path is None
    assert listen(engine) == 0 and engine.audition.idle


def test_another_one_takes_its_place_also_while_the_first_is_prepared(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot
) -> None:
    stage.let.clear()
    choose(library, 2)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: stage.begun == ["violin"], timeout=5000)
    choose(library, 0)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: stage.begun == ["violin", "cello"], timeout=5000)
    assert stage.given_up == ["violin"]
    stage.let.set()
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    assert listen(engine) == pytest.approx(0.1)
    choose(library, 2)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: len(stage.begun) == 3, timeout=5000)
    qtbot.waitUntil(lambda: library.desk.hearing._timer.isActive(), timeout=5000)
    assert listen(engine) == pytest.approx(0.2)


def test_a_click_on_the_picture_lets_it_be_heard_and_loads_nothing(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot
) -> None:
    presets = library.presets
    asked: list[Path] = []
    presets.chosen.connect(asked.append)
    rect = presets.list.visualItemRect(presets.list.all_items()[2])
    at = Zones.of(rect, presets.list.rows.low).picture.center().toPoint()
    QTest.mouseClick(presets.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    assert asked == [] and stage.begun == ["violin"]


def test_what_was_heard_before_is_heard_at_once(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot
) -> None:
    choose(library, 2)
    for _ in range(2):
        QTest.keyClick(library.presets.list, RIGHT)
        qtbot.waitUntil(lambda: library.desk.hearing._timer.isActive(), timeout=5000)
        QTest.keyClick(library.presets.list, RIGHT)
        listen(engine)
    assert stage.begun == ["violin"]


def test_loading_a_preset_ends_it(library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot) -> None:
    choose(library, 2)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    with qtbot.waitSignal(library.loader.loaded, timeout=20_000):
        QTest.keyClick(library.presets.list, Qt.Key.Key_Return)
    assert library.desk.hearing.path is None
    assert listen(engine) == 0


def test_one_that_cannot_be_read_is_said_and_what_plays_goes_on(
    library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot
) -> None:
    choose(library, 1)
    with qtbot.waitSignal(library.desk.hearing.failed, timeout=5000):
        QTest.keyClick(library.presets.list, RIGHT)
    assert library.banner.text == "ocean.safetensors is not a preset."
    assert library.desk.hearing.path is None and engine.audition.idle
    assert library.presets.list.currentRow() == 1


def test_it_is_as_loud_as_the_volume_says(library: MainWindow, engine: FakeEngine, stage: Stage, qtbot: QtBot) -> None:
    library.controls.knobs["volume_db"].set_amount(-6.0)
    choose(library, 2)
    QTest.keyClick(library.presets.list, RIGHT)
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    assert listen(engine) == pytest.approx(0.2 * 10 ** (-6 / 20), rel=1e-4)


def test_a_worker_waits_while_the_sound_is_close_to_breaking(qtbot: QtBot, library: MainWindow) -> None:
    engine = FakeEngine()
    engine.pressed = True
    asked = threading.Event()

    def prepare(path: Path, rate_hz: int, cancelled: Callable[[], bool]) -> np.ndarray:
        asked.set()
        assert not cancelled()
        return np.ones((10, 2), np.float32)

    hearing = Hearing(engine, lambda: 0.0, library, prepare)
    hearing.toggle(Path("a.safetensors"))
    assert asked.wait(5)
    qtbot.wait(50)
    assert engine.audition.idle
    engine.pressed = False
    qtbot.waitUntil(lambda: not engine.audition.idle, timeout=5000)
    hearing.close()


def test_a_real_preset_is_prepared_at_the_engine_s_rate(library: MainWindow) -> None:
    path = library.presets.all_paths()[0]
    samples = prepared(path, 22050, lambda: False)
    assert samples.shape[1] == 2 and samples.any()
    with pytest.raises(PresetError, match="There is no preset"):
        prepared(path.with_name("gone.safetensors"), 22050, lambda: False)
