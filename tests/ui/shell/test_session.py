"""The last state comes back: what was stored, what of it can be used, and what the command line overrides."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.modulation.sources import SOURCES
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import save_preset
from synth.presets.routes import CURVES, POLARITIES, Region, Route, Routes
from synth.storage import write_whole
from tests.doubles.cultures import steady_preset
from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import build, preset_files, window
from tests.ui.settings.test_store import JSON
from ui.controls.motion.model import Motion
from ui.controls.states import LETTERS, Snapshot, States, Variation
from ui.shell.main_window import MainWindow
from ui.shell.session_keeper import SessionKeeper, put_back, taken_down
from ui.window.geometry import fitted
from ui.window.session import QUIET_DB, Browser, BrushState, Geometry, Session, SessionFile, as_json

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
CONTROLS = st.builds(
    ParameterValues,
    **{id: st.floats(0, 1).map(p.from_normalised) for id, p in PARAMETERS.items()},
)
SIDES = st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda pair: pair[0] < pair[1])
MOTIONS = st.builds(
    lambda routes, sides, names: Motion(Routes(tuple(sorted(routes.items()))), Region(*sides[0], *sides[1]), names),
    st.dictionaries(
        st.integers(1, 40),
        st.builds(
            Route,
            st.sampled_from([*SOURCES, "of a later version"]),
            st.sampled_from([*PARAMETERS, "later too"]),
            st.floats(-1, 1),
            st.sampled_from([*POLARITIES, "tripolar"]),
            st.sampled_from(CURVES),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.tuples(SIDES, SIDES),
    st.tuples(TEXT, TEXT, TEXT, TEXT),
)
PIXELS = st.integers(-5000, 5000)
SESSIONS = st.builds(
    Session,
    preset=st.none() | st.just(Path("/presets/violin.safetensors")),
    controls=CONTROLS,
    states=st.permutations(LETTERS).flatmap(
        lambda order: st.builds(
            States,
            st.just(order[0]),
            st.just(order[1]),
            st.dictionaries(st.sampled_from(order[1:]), st.builds(Snapshot, CONTROLS, st.none() | MOTIONS), max_size=1),
            st.dictionaries(st.sampled_from(LETTERS), TEXT.filter(bool)),
        )
    ),
    variations=st.lists(
        st.builds(
            Variation,
            st.integers(1, 99),
            TEXT,
            st.just({"width": 0.5, "tilt_db": -1.5, "frozen": True}),
            st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    geometry=st.none() | st.builds(Geometry, PIXELS, PIXELS, st.integers(1, 8000), st.integers(1, 8000), st.booleans()),
    brush=st.builds(BrushState, TEXT, TEXT, st.floats(0.1, 1e4), st.floats(0.1, 1e4), st.floats(0, 1), st.booleans()),
    browser=st.builds(Browser, TEXT, st.lists(TEXT).map(tuple), st.booleans()),
    octave=st.integers(0, 8),
    page=TEXT,
    motion=st.none() | MOTIONS,
)
NESTED = st.dictionaries(
    st.sampled_from(
        [
            *("preset", "controls", "other", "letter", "geometry", "brush", "browser", "octave", "page", "later"),
            *("back", "states", "state_names", "state_C", "variations", "motion", "state_motions"),
        ]
    ),
    JSON | st.dictionaries(st.sampled_from([*PARAMETERS, "x", "kind", "strength", "tags", "later"]), JSON),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


@SHARED
@given(SESSIONS)
def test_what_is_stored_comes_back(path: Path, session: Session) -> None:
    SessionFile(path).write(session)
    found = SessionFile(path)
    assert (found.session, found.problems) == (session, [])
    path.unlink()


@SHARED
@example({"preset": float("nan")})
@given(JSON | NESTED)
def test_any_json_gives_a_usable_session_and_sentences(path: Path, content: object) -> None:
    write_whole(path, content)
    found = SessionFile(path)
    assert len(found.session.controls) == len(PARAMETERS)
    json.dumps(as_json(found.session)).encode()
    for sentence in found.problems:
        assert sentence.endswith(".")
        assert "\n" not in sentence
    unread = not isinstance(content, dict) or bool(found.problems)
    assert unread or found.session.controls["volume_db"] <= PARAMETERS["volume_db"].maximum
    found.write(found.session)
    assert SessionFile(path).problems == []


@SHARED
@given(st.binary(max_size=100))
def test_any_bytes_give_a_usable_session(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert len(SessionFile(path).session.controls) == len(PARAMETERS)


@SHARED
@given(SESSIONS, st.sampled_from(sorted(PARAMETERS)), JSON)
def test_a_damaged_control_costs_only_itself_and_is_never_louder(
    path: Path, session: Session, name: str, damage: object
) -> None:
    content = as_json(session)
    content["controls"][name] = damage
    write_whole(path, content)
    found = SessionFile(path)
    expected = dict(session.controls)
    if found.problems:
        expected[name] = QUIET_DB if name == "volume_db" else PARAMETERS[name].default
    else:
        expected[name] = float(damage) if not isinstance(damage, bool) else damage  # type: ignore[arg-type]
    assert dict(found.session.controls) == expected
    assert replace(found.session, controls=session.controls) == session
    path.unlink()


@pytest.mark.parametrize("content", ["", "[]", '{"controls": 3}', '{"controls": {"volume_db": "loud"}}'])
def test_a_volume_that_cannot_be_read_starts_softly(path: Path, content: str) -> None:
    path.write_text(content)
    found = SessionFile(path)
    assert found.session.controls["volume_db"] == QUIET_DB
    assert any("volume" in sentence for sentence in found.problems)


def test_the_first_start_of_all_is_as_loud_as_it_should_be(path: Path) -> None:
    found = SessionFile(path)
    assert found.session.controls["volume_db"] == 0
    assert found.problems == []


def test_a_session_of_two_control_states_is_read(path: Path) -> None:
    """As it was written while there were two, of which the second did not play."""
    content = {"controls": {"width": 0.25}, "letter": "B", "other": {"width": 0.75, "volume_db": -6.0}}
    path.write_text(json.dumps(content))
    found = SessionFile(path)
    wanted = States("B", "A", {"A": Snapshot(ParameterValues(width=0.75, volume_db=-6.0))})
    assert (found.session.states, found.problems) == (wanted, [])


def test_a_state_that_is_damaged_costs_its_field_alone_and_is_never_louder(path: Path) -> None:
    session = Session(states=States("A", "C", {"C": Snapshot(ParameterValues(width=0.5, volume_db=3.0))}))
    content = as_json(session)
    content["state_C"]["volume_db"] = "loud"
    path.write_text(json.dumps(content))
    found = SessionFile(path)
    assert found.session.states.stored["C"].values == ParameterValues(width=0.5, volume_db=QUIET_DB)
    assert any("state_C.volume_db" in sentence for sentence in found.problems)


# The window


@pytest.fixture
def second(qtbot: QtBot, qapp: QApplication, tmp_path: Path, win: MainWindow) -> MainWindow:
    """Another window of the same user, nothing loaded yet."""
    made = window(preset_files(tmp_path), FakeEngine(), tmp_path / "home")
    qtbot.addWidget(made)
    return made


def handled(win: MainWindow, qtbot: QtBot) -> Session:
    """After a hand has been everywhere."""
    win.controls.knobs["volume_db"].setValue(3)
    win.controls.knobs["width"].setValue(7)
    win.controls.knobs["playhead_speed"].setValue(1)
    win.controls.note.setValue(57)
    win.controls.freeze.click()
    win.controls.follow.click()
    win.control_desk.copy()
    win.controls.knobs["tilt_db"].setValue(2)
    win.control_desk.switch()
    win.control_desk.vary()
    win.control_desk.name_state("B", "calm")
    win.brushes.choose("noise")
    win.brushes.choose_shape("stripe")
    win.brushes.resize_brush(31.5, 7.25)
    win.brushes.strength.setValue(43)
    win.brushes.hidden.click()
    qtbot.waitUntil(lambda: "test" in win.presets.tags.chips, timeout=20_000)
    win.presets.tags.choose("test")
    win.presets.search.setText("o")
    win.presets.tags.favourites.click()
    win.presets.sort.choose("lively")
    win.presets.sort.grouped.trigger()
    win.dock.shift_octave(-2)
    win.controls.pages.show_page("envelope")
    win.controls.motion.add("lfo1", "tilt_db")
    win.controls.motion.set_region(Region(0.25, 0.5, 0.1, 0.9))
    win.controls.motion.name_macro("macro2", "Wind")
    win.resize(1111, 777)
    return taken_down(win)


def test_another_window_becomes_what_this_one_was(win: MainWindow, second: MainWindow, qtbot: QtBot) -> None:
    wanted = handled(win, qtbot)
    assert wanted.brush == BrushState("noise", "stripe", 31.5, 7.25, 0.43, True, 22.0, 1.5, 0.5)
    assert wanted.browser == Browser("o", ("test",), True, False, "lively", True)
    assert wanted.preset is not None
    loaded = build(wanted.preset, wanted.controls)
    put_back(second, wanted, loaded, whole=True)
    second.setGeometry(win.geometry())
    assert taken_down(second) == wanted
    qtbot.waitUntil(lambda: second.presets.tags.chosen == {"test"}, timeout=20_000)
    assert taken_down(second) == wanted
    assert second.presets.paths() == win.presets.paths()
    assert second.controls.knobs["volume_db"].value() == 3
    assert second.controls.note.value() == 57
    assert second.controls.freeze.isChecked()
    assert second.dock.octave.text() == win.dock.octave.text()
    assert second.hand.brush == win.hand.brush
    assert second.controls.pages.pages["envelope"].isVisibleTo(second)
    assert (second.control_desk.letter, second.control_desk.other) == ("B", win.control_desk.other)
    assert second.header.compare.states["B"].accessibleName() == "State B, calm"
    assert [variation.before for variation in second.control_desk.variations] == [True, False]
    assert second.control_desk.other != second.controls.controls
    second.control_desk.switch()
    win.control_desk.switch()
    assert second.controls.controls == win.controls.controls
    second.close()


def test_a_preset_that_was_asked_for_keeps_the_room_and_sets_the_rest(
    win: MainWindow, second: MainWindow, tmp_path: Path
) -> None:
    wanted = replace(taken_down(win), controls=ParameterValues(volume_db=-20, width=0.1, steps_per_frame=3))
    preset = replace(steady_preset(), settings={"width": 0.9, "volume_db": 12.0})
    asked = save_preset(preset, tmp_path / "asked.safetensors")
    put_back(second, wanted, build(asked, wanted.controls), whole=False)
    assert second.controls.controls == ParameterValues(volume_db=-20, width=0.9)
    assert second.presets.playing == asked
    second.close()


def test_words_of_another_version_leave_the_brush_as_it_is(win: MainWindow, second: MainWindow) -> None:
    last = taken_down(win)
    assert last.preset is not None
    stored = replace(last, brush=BrushState(kind="spray", shape="star", strength=0.5))
    put_back(second, stored, build(last.preset, last.controls), whole=True)
    assert (second.brushes.brush.kind, second.brushes.brush.shape) == ("erase", "round")
    assert second.brushes.brush.strength == 0.5
    second.close()


def test_the_session_is_written_when_something_has_changed(win: MainWindow, path: Path) -> None:
    keeper = SessionKeeper(win, SessionFile(path), path.with_name("culture.safetensors"))
    keeper.note()
    win.controls.knobs["width"].setValue(7)
    keeper.close()
    assert SessionFile(path).session == taken_down(win)
    assert SessionFile(path).session.controls["width"] == win.controls.knobs["width"].amount()


def test_a_session_that_cannot_be_written_is_said_once(win: MainWindow, path: Path, qtbot: QtBot) -> None:
    path.mkdir()
    keeper = SessionKeeper(win, SessionFile(path), path.with_name("culture.safetensors"))
    win.banner.dismiss()
    for value in (7, 9):
        win.controls.knobs["width"].setValue(value)
        keeper.note()
    qtbot.waitUntil(lambda: "cannot be written" in win.banner.text, timeout=5000)
    keeper.close()
    assert len([sentence for sentence in win.banner.urgent if "cannot be written" in sentence]) == 1


@given(x=PIXELS, y=PIXELS, width=st.integers(1, 9000), height=st.integers(1, 9000))
def test_the_window_is_always_where_it_can_be_seen(qapp: QApplication, x: int, y: int, width: int, height: int) -> None:
    room = QGuiApplication.primaryScreen().availableGeometry()
    placed = fitted(Geometry(x, y, width, height))
    assert room.contains(placed)
    asked = QRect(x, y, width, height)
    if room.contains(asked) and width >= 1024 and height >= 640:
        assert placed == asked
