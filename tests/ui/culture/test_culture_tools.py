"""Freeze brush, shapes, undo keys, hidden channels and the recovery curve, as a hand meets them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from scipy.stats import wasserstein_distance

from synth.automaton.gestures import SHAPES, Gesture, Shape, footprint
from synth.instrument.events import Redo, ReseedAll, ThawAll, Touch, Undo, View
from synth.mel import FORMATS
from synth.presets.model import LOOP_FRAMES
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from ui.culture.brushes import Brush
from ui.culture.hidden_colours import HiddenPainter
from ui.culture.recovery import Recovery, distance_db
from ui.look.colour_map import CulturePainter
from ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def _at(win: MainWindow, column: float, row: float) -> QPoint:
    return win.culture.position_of(column, row).toPoint()


def _gestures(engine: FakeEngine) -> list[Gesture]:
    return [action.gesture for action in engine.sent(Touch) if isinstance(action, Touch)]


def test_the_freeze_brush_freezes_and_its_other_side_thaws(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_5)
    for button in (LEFT, RIGHT):
        QTest.mouseClick(win.culture.viewport(), button, pos=_at(win, 100, 20))
    QTest.keyClick(win, Qt.Key.Key_B, CTRL)
    QTest.keyClick(win.culture, Qt.Key.Key_Return)
    QTest.keyClick(win.culture, Qt.Key.Key_Return, SHIFT)
    assert [gesture.kind for gesture in _gestures(engine)] == ["freeze", "thaw", "freeze", "thaw"]


@pytest.mark.parametrize(("key", "shape"), list(zip((Qt.Key.Key_6, Qt.Key.Key_7, Qt.Key.Key_8), SHAPES, strict=True)))
def test_shapes_have_keys_and_are_sent(win: MainWindow, engine: FakeEngine, key: Qt.Key, shape: Shape) -> None:
    QTest.keyClick(win, key)
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=_at(win, 100, 20))
    (gesture,) = _gestures(engine)
    assert gesture.shape == shape
    assert win.brushes.shapes[shape].isChecked()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_outline_on_screen_is_what_will_be_touched(win: MainWindow, shape: Shape) -> None:
    """Pixels that change when the cursor comes are those of the gesture's footprint."""
    win._timer.stop()
    overlay = win.culture._overlay
    overlay.brush = Brush(kind="reseed", radius_frames=20, radius_rows=10, shape=shape)
    overlay.pressed = True
    overlay.cursor = None
    plain = _cells(win)
    overlay.cursor = (60.0, 40.0)
    overlay.update()
    drawn = np.abs(_cells(win) - plain).max(-1) > 6
    touched = footprint(overlay.brush.at(60, 40), 80, 172).numpy() > 0.5
    # The outline is a pen's width thick: a row more on both sides, which for a line is 344 of 13 760 cells.
    assert (drawn != touched).mean() < 0.03
    assert 0.02 < touched.mean() < 0.5


def _cells(win: MainWindow) -> np.ndarray:  # type: ignore[type-arg]
    """The colour at each cell's centre, (M, T, 3)."""
    image = win.culture.grab().toImage()
    found = np.zeros((80, 172, 3))
    for row in range(80):
        for column in range(172):
            colour = image.pixelColor(_at(win, column, row))
            found[row, column] = colour.red(), colour.green(), colour.blue()
    return found


def test_a_drag_along_a_stripe_touches_once() -> None:
    assert Brush(shape="stripe", radius_rows=1).distance(0, 70) == 0
    assert Brush(shape="line", radius_frames=1).distance(100, 0) == 0
    assert Brush(radius_rows=10).distance(0, 20) == 2


def test_strength_has_keys(win: MainWindow) -> None:
    for _ in range(4):
        QTest.keyClick(win, Qt.Key.Key_Comma)
    weaker = win.hand.brush.strength
    QTest.keyClick(win, Qt.Key.Key_Period)
    assert 0.5 < weaker < win.hand.brush.strength < 1


def test_undo_redo_and_thaw_have_keys_and_are_offered_when_there_is_something(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    assert not any(button.isEnabled() for button in (win.brushes.undo, win.brushes.redo, win.brushes.thaw))
    QTest.keyClick(win, Qt.Key.Key_5)
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=_at(win, 100, 20))
    # A key pressed before the window has looked again is not lost.
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    assert engine.actions[-1] == Undo()
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL | SHIFT)
    assert engine.actions[-1] == Redo()
    qtbot.waitUntil(lambda: win.brushes.undo.isEnabled() and win.brushes.thaw.isEnabled(), timeout=2000)
    QTest.keyClick(win, Qt.Key.Key_U, CTRL)
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL | SHIFT)
    assert engine.actions[-4:] == [ThawAll(), Undo(), Undo(), Redo()]


def test_a_stroke_from_press_to_release_is_one_step_of_the_real_instrument(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    view = win.culture.viewport()
    for row in (20, 60):
        QTest.mousePress(view, LEFT, pos=_at(win, 20, row))
        for column in range(20, 100, 4):
            QTest.mouseMove(view, _at(win, column, row))
        QTest.mouseRelease(view, LEFT, pos=_at(win, 99, row))
    assert len(_gestures(engine)) > 8
    instrument = engine.swapped[-1][0]
    before = instrument.culture.save()
    for action in engine.actions:
        instrument.send(action)
    # Strokes as quick as these are caught up with over some frames.
    instrument.process(len(_gestures(engine)))
    assert instrument.history.undos == 2
    assert instrument.history.undo(instrument.culture)
    assert instrument.history.undo(instrument.culture)
    assert (instrument.culture.save().state == before.state).all()


def test_hidden_channels_are_asked_for_by_a_key(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    asked: list[bool] = []
    view = engine.view
    engine.view = lambda *, hidden=False: (asked.append(hidden), view(hidden=hidden))[1]  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: len(asked) > 2, timeout=2000)
    assert not any(asked)
    QTest.keyClick(win, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: asked[-1], timeout=2000)


def test_hidden_colours_differ_in_hue_and_keep_the_brightness_of_what_is_heard() -> None:
    grid = np.linspace(-1, 1.1, 8, dtype=np.float32)[None].repeat(4, 0)
    hidden = np.zeros((4, 8, 3), dtype=np.float32)
    hidden[:, :, :2] = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], dtype=np.float32)[:, None]
    colours = HiddenPainter().colours(grid, hidden)
    luminance = (np.clip(colours / 255, 0, 1) ** 2.2) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance, axis=1) > 0).all()
    middle = colours[:, 4]
    apart = np.linalg.norm(middle[:, None] - middle[None], axis=-1) + 1e9 * np.eye(4)
    assert apart.min() > 40


def test_ice_is_blue() -> None:
    grid = np.full((1, 3), -0.5, dtype=np.float32)
    ice = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    blue = CulturePainter().pixels(grid, np.zeros_like(grid), ice)[0, :, 2].astype(int)
    assert blue[0] + 15 < blue[1] < blue[2] - 15


def test_the_distance_is_the_wasserstein_distance_of_each_row() -> None:
    rng = np.random.default_rng(1)
    quantiles = np.sort(rng.normal(0, 0.2, (6, 172)), axis=1).astype(np.float32)
    grid = rng.normal(0.1, 0.3, (6, 172)).clip(-0.9, 1).astype(np.float32)
    everything = np.ones((6, 172), dtype=bool)
    expected = np.mean([wasserstein_distance(a, b) for a, b in zip(grid, quantiles, strict=True)])
    assert distance_db(grid, everything, quantiles) == pytest.approx(40 * expected, rel=1e-4)
    some = everything.copy()
    some[:4] = False
    some[:, ::2] = False
    part = np.mean([wasserstein_distance(grid[r, 1::2], quantiles[r]) for r in (4, 5)])
    assert distance_db(grid, some, quantiles) == pytest.approx(40 * part, rel=0.1)


@pytest.mark.parametrize("fmt", ["22k80", "44k128"])
def test_recovery_follows_a_wound_until_it_has_healed(fmt: str) -> None:
    preset = live_preset(fmt=FORMATS[fmt], n_frames=LOOP_FRAMES)
    healthy, quantiles = preset.state[0].numpy(), preset.quantiles.numpy()
    recovery = Recovery()
    recovery.set_culture(quantiles, 172)
    recovery.look(healthy, 0.0)
    gesture = Gesture("erase", 80, 20)
    recovery.touch(gesture, 0.1)
    touched = footprint(gesture, *healthy.shape).numpy() > 0.5
    wounded = np.where(touched, -1, healthy).astype(np.float32)
    for k in range(40):
        recovery.look(wounded + (healthy - wounded) * np.float32(k / 40), 0.2 + 0.1 * k)
    distances = [point.distance_db for point in recovery.points]
    assert distances[0] == pytest.approx(40 * (healthy[touched] + 1).mean(), abs=2)
    assert all(b < a + 1e-4 for a, b in itertools.pairwise(distances))
    assert recovery.healing
    for k in range(10):
        recovery.look(healthy, 5 + 0.1 * k)
    assert not recovery.healing


def test_a_wound_under_ice_does_not_count_as_healing() -> None:
    preset = live_preset(n_frames=LOOP_FRAMES)
    healthy = preset.state[0].numpy()
    recovery = Recovery()
    recovery.set_culture(preset.quantiles.numpy(), 172)
    recovery.look(healthy, 0.0)
    gesture = Gesture("erase", 80, 20)
    recovery.touch(gesture, 0.0)
    ice = footprint(gesture, 80, 172).numpy()
    wounded = np.where(ice > 0.5, -1, healthy).astype(np.float32)
    recovery.look(wounded, 0.1, np.zeros_like(ice))
    assert recovery.healing
    recovery.look(wounded, 0.2, ice)
    assert not recovery.healing


def test_recovery_remembers_ten_seconds_and_lasts_as_long_as_the_wound() -> None:
    preset = live_preset(n_frames=LOOP_FRAMES)
    recovery = Recovery()
    recovery.set_culture(preset.quantiles.numpy(), 172)
    silent = np.full((80, 172), -1, dtype=np.float32)
    recovery.look(preset.state[0].numpy(), 0.0)
    recovery.touch_all(0.0)
    for k in range(300):
        recovery.look(silent, 0.1 * k)
    assert recovery.healing
    assert recovery.points[-1].at_s - recovery.points[0].at_s == pytest.approx(10, abs=0.2)
    assert len(recovery.points) <= 101


def test_the_strip_comes_with_a_wound_and_goes_with_another_culture(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    strip = win.culture.recovery
    qtbot.waitUntil(lambda: strip.recovery._latest is not None, timeout=2000)
    assert not strip.isVisible()
    QTest.keyClick(win, Qt.Key.Key_R)
    assert len(engine.sent(ReseedAll)) == 1
    qtbot.waitUntil(strip.isVisible, timeout=2000)
    assert "dB off" in strip.accessibleDescription()
    assert win.culture.rect().contains(strip.geometry())
    win.culture.set_culture(FORMATS["44k128"], 172, np.zeros((128, 32), dtype=np.float32))
    assert not strip.isVisible()


def test_a_128_row_culture_is_shown_with_ice_and_hidden_channels(win: MainWindow) -> None:
    win._timer.stop()
    win.culture.set_culture(FORMATS["44k128"], 172, np.zeros((128, 32), dtype=np.float32))
    grid = np.zeros((128, 172), dtype=np.float32)
    view = View(1, 1, grid, grid, grid + 1, 3.0, (1.0, 5.0), False, hidden=np.zeros((128, 172, 3), dtype=np.float32))
    for shown in (view, replace(view, hidden=None)):
        win.culture.show_view(shown)
        assert win.culture._image.pixmap().size().toTuple() == (172, 128)
    assert win.hand.field.n_mels == 128


@pytest.mark.parametrize("n_mels", [80, 128])
def test_a_cell_is_painted_where_the_hand_finds_it(win: MainWindow, qtbot: QtBot, n_mels: int) -> None:
    """After any change of size or format."""
    win._timer.stop()
    view = win.culture
    view.set_culture(FORMATS["22k80" if n_mels == 80 else "44k128"], 172)
    for size in ((1280, 800), (1500, 900)):
        win.resize(*size)
        qtbot.wait(50)
        for column, row in ((20, 10), (150, n_mels - 8)):
            grid = np.full((n_mels, 172), -1, dtype=np.float32)
            grid[row, column] = 1
            still = np.zeros_like(grid)
            view.show_view(View(1, 1, grid, still, still, None, (1.0, 1.0), False))
            image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
            light = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).astype(float)
            a, b = view.position_of(column - 3, row + 3), view.position_of(column + 3, row - 3)
            around = light[round(a.y()) : round(b.y()), round(a.x()) : round(b.x())]
            around = around - around.min()
            at = (around.sum(axis=0) @ np.arange(around.shape[1]), around.sum(axis=1) @ np.arange(around.shape[0]))
            found = np.array(at) / around.sum() + (round(a.x()) + 0.5, round(a.y()) + 0.5)
            cell = (b.x() - a.x()) / 6, (b.y() - a.y()) / 6
            assert np.abs((found - view.position_of(column, row).toTuple()) / cell).max() < 0.3


def test_without_room_brushes_go_without_their_names(win: MainWindow, qtbot: QtBot) -> None:
    def named() -> set[bool]:
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        return {button.toolButtonStyle() == beside for button in win.brushes.buttons.values()}

    for width, expected in ((1600, True), (1024, False), (1600, True)):
        win.resize(width, 800)
        qtbot.waitUntil(lambda expected=expected: named() == {expected}, timeout=2000)
