"""The command, started again: everything is as it was left."""

import json
from pathlib import Path

import pytest

from synth.storage import write_whole
from tests.ui.hands.lives import furnish, live

_LEAVE = """
from ui.window.session import as_json
from ui.shell.session_keeper import taken_down

said.update(as_json(taken_down(window)), banner=window.banner.urgent, steps=window.engine.view().steps)
said.update(output=vars(window.settings.output), device=window.engine.status().device)
said.update(ratio=window.devicePixelRatioF(), width=window.width())
window.close()
"""


def _run(home: Path, act: str = "", preset: str = "", device: str = "") -> dict[str, object]:
    """One life of the command; `act` is what is done in its window before it is closed."""
    return live(home, act + _LEAVE, preset, device)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user with two presets."""
    furnish(tmp_path, "violin", "mine")
    return tmp_path


_ACT = """
window.controls.knobs["volume_db"].setValue(5)
window.controls.knobs["weather_depth"].setValue(9)
window.brushes.choose("paint")
window.presets.search.setText("mi")
window.dock.shift_octave(1)
window.setGeometry(40, 30, 1100, 700)
while window.engine.view().steps < 40:
    app.processEvents()
"""


def test_the_next_start_is_what_the_last_one_was_and_the_command_line_wins(home: Path) -> None:
    first = _run(home, _ACT, preset="mine")
    again = _run(home)
    for name in ("preset", "controls", "brush", "browser", "octave", "geometry"):
        assert again[name] == first[name], name
    assert str(again["preset"]).endswith("mine.safetensors")
    # Whether the engine has already said that this machine has no output is a matter of time.
    assert [text for text in list(again["banner"]) if "no sound output" not in text] == []  # type: ignore[call-overload]
    assert int(str(again["steps"])) >= int(str(first["steps"])) >= 40, "the culture began anew"
    asked = _run(home, preset="violin", device="Nowhere")
    assert str(asked["preset"]).endswith("violin.safetensors")
    assert asked["output"] == {"device": "Nowhere", "rate_hz": None, "buffer_s": 0.045}
    after = _run(home)
    assert after["output"] == {"device": None, "rate_hz": None, "buffer_s": 0.045}


def test_what_is_gone_falls_back_in_words(home: Path) -> None:
    _run(home, preset="mine")
    (home / "data" / "petrichord" / "presets" / "mine.safetensors").unlink()
    stored_before = {"output": {"device": "Studio", "rate_hz": "fast"}, "interface_scale": "huge"}
    write_whole(home / "config" / "petrichord" / "settings.json", stored_before)
    write_whole(home / "config" / "petrichord" / "vocoder.json", {"vocoder": "organ"})
    said = _run(home)
    assert str(said["preset"]).endswith("violin.safetensors")
    banner = " ".join(said["banner"])  # type: ignore[arg-type]
    assert "mine" in banner
    assert "rate_hz" in banner
    assert said["ratio"] == 1.0 and "interface_scale" in banner
    stored = json.loads((home / "config" / "petrichord" / "settings.json").read_text())
    assert stored["output"]["device"] == "Studio", "a device that is not connected today is not forgotten"


def test_the_chosen_size_holds_from_the_next_start_on(home: Path) -> None:
    write_whole(home / "config" / "petrichord" / "settings.json", {"interface_scale": 1.5})
    said = _run(home)
    assert said["ratio"] == 1.5
    assert "interface_scale" not in " ".join(said["banner"])  # type: ignore[arg-type]
