"""Two windows at once: each writes what was changed in it, and takes nothing back that the other wrote."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.device.outputs import Output
from synth.storage import StoredObject, write_whole
from synth.takes import wav
from tests.doubles.samples import live_preset
from ui.presets.favourites import Favourites
from ui.settings.store import Settings, SettingsFile
from ui.window.session import Session, SessionFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


@pytest.mark.parametrize("stored", [None, Settings(take_format="float32", interface_scale=1.5)])
def test_each_window_changes_one_setting_and_both_are_kept(stored: Settings | None, path: Path) -> None:
    if stored is not None:
        SettingsFile(path).write(stored)
    begun = stored or Settings()
    one, other = SettingsFile(path), SettingsFile(path)
    one.write(replace(one.settings, take_wait=False))
    other.write(replace(other.settings, output=replace(other.settings.output, rate_hz=48000)))
    one.write(replace(one.settings, output=replace(one.settings.output, buffer_s=0.09)))
    assert SettingsFile(path).settings == replace(begun, take_wait=False, output=Output(rate_hz=48000, buffer_s=0.09))


def test_what_both_change_is_as_the_later_wrote_it(path: Path) -> None:
    one, other = SettingsFile(path), SettingsFile(path)
    one.write(replace(one.settings, take_format="float32"))
    other.write(replace(other.settings, take_format="pcm16"))
    one.write(replace(one.settings, take_wait=False))
    assert SettingsFile(path).settings.take_format == "pcm16"
    one.write(replace(one.settings, take_format="pcm24"))
    assert SettingsFile(path).settings.take_format == "pcm24"


def test_a_setting_that_is_changed_back_is_changed(path: Path) -> None:
    one, other = SettingsFile(path), SettingsFile(path)
    one.write(replace(one.settings, take_wait=False))
    other.write(replace(other.settings, take_format="float32"))
    one.write(replace(one.settings, take_wait=True))
    assert SettingsFile(path).settings == Settings(take_format="float32")


CHANGES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", "c"]), st.integers(0, 3)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_any_order_of_changes_leaves_the_last_of_each_field(
    tmp_path: Path, changes: list[tuple[int, str, int]]
) -> None:
    path = tmp_path / "x.json"
    path.unlink(missing_ok=True)
    begun = {"a": 0, "b": 0, "c": 0}
    windows = [(StoredObject(path, "x"), dict(begun)) for _ in range(3)]
    for file, values in windows:
        file.begin_with(dict(values))
    last = {}
    for window, name, value in changes:
        file, values = windows[window]
        changed = values[name] != value
        values[name] = value
        file.write(dict(values))
        if changed:
            last[name] = value
    after = {**begun, **json.loads(path.read_text())} if path.exists() else begun
    assert {name: after[name] for name in begun} == begun | last


def test_sessions_of_two_windows_keep_what_only_one_changed(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    SessionFile(path).write(Session(preset=tmp_path / "violin.safetensors", octave=4))
    one, other = SessionFile(path), SessionFile(path)
    one.write(replace(one.session, octave=6, controls=one.session.controls.with_value("volume_db", -9.0)))
    other.write(replace(other.session, brush=replace(other.session.brush, kind="paint")))
    after = SessionFile(path).session
    assert (after.octave, after.brush.kind, after.controls["volume_db"]) == (6, "paint", -9.0)


def test_a_culture_is_kept_by_the_window_whose_preset_plays_next(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    SessionFile(path).write(Session(preset=tmp_path / "violin.safetensors"))
    one, other = SessionFile(path), SessionFile(path)
    changed, idle = replace(one.session, preset=tmp_path / "cello.safetensors"), other.session
    one.write(changed)
    other.write(idle)
    assert one.plays(changed)
    assert not other.plays(idle), "the violin's culture would take the place of the cello's"
    assert str(SessionFile(path).session.preset).endswith("cello.safetensors")


def test_favourites_of_two_windows_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "favourites.json"
    one, other = Favourites(path), Favourites(path)
    one.set("violin", True)
    other.set("cello", True)
    one.set("choir", True)
    other.rename("cello", "my cello")
    one.set("violin", False)
    kept = Favourites(path)
    assert [name for name in ("violin", "cello", "my cello", "choir") if name in kept] == ["my cello", "choir"]


_LIKE = """
import sys
from pathlib import Path
from ui.presets.favourites import Favourites

favourites, first = Favourites(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for i in range(first, first + 25):
    favourites.set(f"preset {i}", True)
"""


def test_two_processes_that_write_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "favourites.json"
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", _LIKE, str(path), str(25 * i)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
        )
        for i in range(2)
    ]  # fmt: skip
    for window in windows:
        assert window.stdout is not None and window.stdout.readline() == "ready\n"
    for window in windows:
        assert window.stdin is not None
        window.stdin.write("go\n")
        window.stdin.flush()
    for window in windows:
        with window:
            assert window.wait(120) == 0
    kept = Favourites(path)
    assert all(f"preset {i}" in kept for i in range(50))


def test_two_takes_of_the_same_second_get_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other window makes its file between our look and our making one."""
    path, unused = tmp_path / "take.wav", wav.unused_path

    def raced(wanted: Path, first: int = 1) -> Path:
        found = unused(wanted, first)
        if found == path:
            path.touch()
        return found

    monkeypatch.setattr(wav, "unused_path", raced)
    writer = wav.new_writer(path, 44100, "pcm24")
    writer.close()
    assert writer.path == tmp_path / "take 2.wav"


def test_a_speed_that_was_measured_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.loading import calibration

    monkeypatch.setattr(calibration, "calibration_path", lambda: tmp_path / "calibration.json")
    monkeypatch.setattr(calibration, "_key", lambda folder, preset: "ours")

    def measured(*_: object) -> float:
        write_whole(tmp_path / "calibration.json", {"theirs": 3.0})
        return 2.0

    monkeypatch.setattr(calibration, "measured_speed", measured)
    assert calibration.speed_of(None, tmp_path, live_preset(n_frames=64)) == 2.0  # type: ignore[arg-type]
    assert json.loads((tmp_path / "calibration.json").read_text()) == {"ours": 2.0, "theirs": 3.0}
