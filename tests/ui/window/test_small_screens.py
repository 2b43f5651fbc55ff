"""The window on screens that people have: small ones, enlarged ones, and those met by a scale chosen elsewhere."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from synth.environment import forget_absurd_numbers, number_variable, set_if_unset
from synth.storage import write_whole
from tests.ui.hands.display import virtual_display
from tests.ui.hands.lives import furnish, live
from ui.shell.probe import look_at_display
from ui.window.geometry import SMALLEST, enlarge, environment_scale

_LOOK = """
def tell():
    frame, room = window.frameGeometry(), window.screen().availableGeometry()
    said.update(frame=frame.getRect(), room=room.getRect(), least=[window.minimumWidth(), window.minimumHeight()])
    said.update(ratio=window.devicePixelRatioF(), banner=window.banner.urgent, inside=room.contains(frame))
    window.close()

QTimer.singleShot(500, tell)
"""
ABSURD = ["", " ", "abc", "0", "-2", "nan", "inf", "1e9", "1,5", "0x10"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    furnish(tmp_path, "violin")
    return tmp_path


@pytest.mark.parametrize("value", ABSURD)
def test_an_absurd_scale_is_as_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", value)
    assert environment_scale() is None
    enlarge(1.0)
    assert "QT_SCALE_FACTOR" not in os.environ, "Qt would read it"
    monkeypatch.setenv("QT_SCALE_FACTOR", value)
    enlarge(1.5)
    assert os.environ["QT_SCALE_FACTOR"] == "1.5"


@pytest.mark.parametrize(
    ("named", "stored", "screens", "factor"),
    [
        ("", 1.0, [], 1.0),
        ("2", 1.0, [], 2.0),
        ("2", 1.0, [(3840, 2160)], 2.0),
        ("", 3.0, [(3840, 2160)], 3.0),
        # 768 over 640 and 38 for the frame.
        ("", 3.0, [(1366, 768)], 1.132),
        ("1.5", 1.0, [(1366, 768)], 1.132),
        # The system's own scale of 1.5.
        ("", 1.0, [(910, 512)], 0.755),
        ("", 2.0, [(1366, 768), (2560, 1440)], 2.0),
        ("", 1.25, [(1920, 1080)], 1.25),
    ],
)
def test_the_scale_gives_way_to_the_screen(
    named: str, stored: float, screens: list[tuple[int, int]], factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", named)
    enlarge(stored, screens)
    assert float(os.environ.get("QT_SCALE_FACTOR", "1")) == factor
    for width, height in screens[-1:]:
        assert width >= factor * SMALLEST[0] and height >= factor * SMALLEST[1]


@pytest.mark.parametrize("value", ["", "absurd", "3"])
def test_the_display_is_looked_at_without_a_scale(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("QT_SCALE_FACTOR", value)
    assert look_at_display().screens == ((800, 800),)


@pytest.mark.parametrize(
    ("variables", "stored"),
    [
        # Each source of a scale once, and a value that Qt would stumble over; what becomes of others is tested above.
        ({"QT_SCALE_FACTOR": "1.5"}, 1.0),
        ({"QT_SCREEN_SCALE_FACTORS": "1.5"}, 2.0),
        ({"QT_SCALE_FACTOR": "absurd"}, 3.0),
    ],
)
def test_on_a_small_real_screen_the_whole_window_is_on_it(variables: dict[str, str], stored: float, home: Path) -> None:
    """X server of 1366 × 768 with a window manager, as a small laptop has it."""
    assert shutil.which("openbox"), "openbox is missing: install openbox"
    write_whole(home / "config" / "petrichord" / "settings.json", {"interface_scale": stored})
    with virtual_display(1366, 768) as screen:
        manager = subprocess.Popen(["openbox"], env=screen, stderr=subprocess.DEVNULL)
        try:
            said = live(home, _LOOK, variables={**screen, **variables})
        finally:
            manager.terminate()
            manager.wait(10)
    assert said["inside"], said
    assert said["code"] == 0


_LINE = """
def tell():
    from PySide6.QtCore import QPoint, QRect
    line, room = window.status_line, window.screen().availableGeometry()
    on_screen = QRect(line.mapToGlobal(QPoint(0, 0)), line.size())
    said.update(line=on_screen.getRect(), room=room.getRect(), bar=window.frameGeometry().top() >= room.top())
    said.update(inside=room.contains(on_screen) and line.isVisible() and line.height() >= line.sizeHint().height())
    window.close()

QTimer.singleShot(700, tell)
"""


@pytest.mark.parametrize(
    ("width", "height", "stored"),
    # The second has less than the window's least height.
    [(1280, 800, (0, 30)), (1024, 600, None)],
)
def test_the_status_line_and_the_title_bar_are_on_a_small_screen(
    width: int, height: int, stored: tuple[int, int] | None, home: Path
) -> None:
    """A window of 1280 × 800 with its title bar is higher than the screen, where it was stored or begins so."""
    if stored is not None:
        geometry = {"x": stored[0], "y": stored[1], "width": 1280, "height": 800, "maximized": False}
        write_whole(home / "config" / "petrichord" / "session.json", {"geometry": geometry})
    with virtual_display(width, height) as screen:
        manager = subprocess.Popen(["openbox"], env=screen, stderr=subprocess.DEVNULL)
        try:
            said = live(home, _LINE, variables=screen)
        finally:
            manager.terminate()
            manager.wait(10)
    assert said["inside"], said
    assert said["bar"], said


@pytest.mark.parametrize("value", ["", "abc", "-1", "nan"])
def test_what_a_library_would_take_for_a_number_is_unset(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub and tqdm end the command when these are no numbers."""
    for name in ("HF_HUB_ETAG_TIMEOUT", "TQDM_MININTERVAL"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TQDM_NCOLS", "80")
    forget_absurd_numbers()
    assert "HF_HUB_ETAG_TIMEOUT" not in os.environ and "TQDM_MININTERVAL" not in os.environ
    assert os.environ["TQDM_NCOLS"] == "80"


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    set_if_unset("OMP_WAIT_POLICY", "PASSIVE")
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    set_if_unset("OMP_WAIT_POLICY", "ACTIVE")
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert number_variable("OMP_WAIT_POLICY", 0, 1) is None
