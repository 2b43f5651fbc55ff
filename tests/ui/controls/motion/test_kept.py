"""What moves the controls is kept with them: in presets, control states, sessions; Revert and Vary know it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetRoute
from synth.presets.file import load_preset, save_preset
from synth.presets.routes import Region, Route, Routes
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from tests.ui.hands.scene import build
from ui.controls.motion.model import Motion
from ui.shell.main_window import MainWindow
from ui.shell.session_keeper import put_back, taken_down
from ui.window.session import Session, SessionFile, as_json

ROUTES = Routes(((2, Route("lfo1", "tilt_db", 0.25, "bipolar")), (7, Route("macro1", "width", -0.5))))
MINE = Motion(ROUTES, Region(0.1, 0.4, 0.2, 0.8), ("Wind", "", "", "Rain"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A preset that says what moves its controls."""
    said = {"routes": MINE.routes, "region": MINE.region, "macro_names": MINE.macro_names}
    return save_preset(replace(live_preset(), name="Mine", **said), tmp_path / "Mine.safetensors")


def load(win: MainWindow, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(path)


def test_a_preset_sets_what_moves_its_controls_whatever_moved_them_before(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path
) -> None:
    win.controls.motion.add("key", "width")
    load(win, own, qtbot)
    assert win.controls.motion.motion == MINE
    assert engine.routed == ROUTES and engine.followed == MINE.region
    assert not win.header.compare.revert.isEnabled()
    assert win.control_desk.history.undo_label == "", "routes of the preset before cannot come back into this one"
    win.controls.knobs["volume_db"].set_amount(-9.0)
    win.header.compare.init.click()
    load(win, win.presets.paths()[0], qtbot)
    assert win.controls.motion.motion == Motion()
    win.control_desk.undo()
    assert engine.values["volume_db"] == -9.0, "the volume is the player’s"
    assert engine.routed == Routes(), "the routes were the other preset's"


def test_revert_brings_back_the_presets_routes_and_is_offered_when_they_differ(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path
) -> None:
    load(win, own, qtbot)
    win.controls.motion.remove(7)
    win.controls.motion.add("random", "tilt_db")
    assert win.header.compare.revert.isEnabled()
    win.header.compare.revert.click()
    assert engine.routed == ROUTES
    assert win.controls.motion.motion == MINE
    assert not win.header.compare.revert.isEnabled()
    win.control_desk.undo()
    assert engine.routed.at(7) is None and engine.routed.at(1) == Route("random", "tilt_db", 0.5, "bipolar")
    win.header.compare.init.click()
    assert engine.routed == Routes() and engine.followed == Region()


def test_vary_leaves_routes_alone(win: MainWindow, engine: FakeEngine, qtbot: QtBot, own: Path) -> None:
    load(win, own, qtbot)
    win.header.compare.vary.click()
    assert engine.routed == ROUTES and not engine.sent(SetRoute)


def test_each_control_state_has_its_own_routes(win: MainWindow, engine: FakeEngine) -> None:
    book = win.controls.motion
    book.add("lfo1", "tilt_db")
    win.control_desk.switch()
    assert engine.routed == book.motion.routes != Routes(), "it begins as a copy"
    book.remove(1)
    book.add("key", "width")
    win.control_desk.switch()
    assert engine.routed == Routes(((1, Route("lfo1", "tilt_db", 0.5, "bipolar")),))
    win.control_desk.switch()
    assert engine.routed == Routes(((1, Route("key", "width", 0.5, "bipolar")),))
    win.control_desk.undo()
    assert engine.routed == book.motion.routes == Routes(((1, Route("lfo1", "tilt_db", 0.5, "bipolar")),))


def test_a_preset_of_ones_own_keeps_what_moves_its_controls(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    book = win.controls.motion
    book.add("lfo1", "tilt_db", 0.3)
    book.set_region(MINE.region)
    book.name_macro("macro1", "Wind")
    with qtbot.waitSignal(win.presets.librarian.changed, timeout=20_000):
        win.desk._save("Kept", False, None)
    kept = load_preset(win.presets.librarian.folder / "Kept.safetensors")
    assert kept.routes == engine.routed and kept.region == MINE.region
    assert kept.macro_names == ("Wind", "", "", "")
    assert not win.header.compare.revert.isEnabled(), "what plays is this preset now"


def test_a_session_goes_on_with_its_routes_and_an_old_one_with_its_presets(
    win: MainWindow, engine: FakeEngine, own: Path
) -> None:
    session = replace(taken_down(win), preset=own, motion=Motion(Routes(((1, Route("key", "width")),))))
    loaded = build(own, session.controls)
    put_back(win, session, loaded, whole=True)
    assert win.controls.motion.motion == session.motion
    assert win.header.compare.revert.isEnabled()
    put_back(win, replace(session, motion=None), loaded, whole=True)
    assert win.controls.motion.motion == MINE


def test_a_session_of_another_version_costs_only_its_routes(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    content = as_json(Session(octave=6, motion=MINE))
    content["motion"][0][0]["depth"] = 7
    path.write_text(json.dumps(content))
    found = SessionFile(path)
    assert found.session.motion is None and found.session.octave == 6
    assert len(found.problems) == 1 and "“motion”" in found.problems[0]


def test_a_route_that_was_deleted_stays_deleted_in_the_sessions_file(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.write(Session(motion=MINE))
    fewer = Session(motion=replace(MINE, routes=MINE.routes.with_route(2, None)))
    file.write(fewer)
    assert SessionFile(file.path).session == fewer
