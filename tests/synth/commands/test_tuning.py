"""`--tuning` and `--keyboard-map` as their user meets them: the pitch that is heard, and one sentence for bad files."""

from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from synth.commands.cli import main
from synth.device import devices
from synth.engine.engine import Engine
from synth.instrument.instrument import Instrument
from synth.presets import library
from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset

RATE = 44100
KEY = 62
MIDDLE_C = 440 * 2 ** (-9 / 12)
EQUAL_HZ = 440 * 2 ** ((KEY - 69) / 12)
FIVE_STEPS_HZ = MIDDLE_C * 2 ** (2 / 5)
"""Key 62 is two steps of five to the octave above middle C."""
MAPPED_HZ, MAPPED_EQUAL_HZ = 320.0 * 2 ** (1 / 5), 320.0 * 2 ** (1 / 12)
"""It is one step above key 61, at which the map begins the scale with 320 Hz."""

LIVING_HZ = 0.4
"""Within 0.74 s a living culture's levels move, and its peak with them: over three seeds by up to 0.21 Hz without
weather, 0.38 with it. The wrong key, scale or map is off by 8 Hz and more."""


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "steady.safetensors"
    save_preset(steady_preset(), path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A scale of five equal steps, a keyboard map, two damaged files, and a MIDI file of one note of 1.5 s."""
    steps = "".join(f" {240.0 * i:.1f}\n" for i in range(1, 6))
    (tmp_path / "five.scl").write_text(f"! five.scl\nfive equal steps\n 5\n{steps}")
    (tmp_path / "map.kbm").write_text("! map.kbm\n0\n0\n127\n61\n61\n320.0\n0\n")
    (tmp_path / "bad.scl").write_text("a scale\n 2\n perhaps\n 2/1\n")
    (tmp_path / "bad.kbm").write_text("0\n0\n127\n60\n69\nloud\n12\n")
    track = mido.MidiTrack([mido.Message("note_on", note=KEY), mido.Message("note_off", note=KEY, time=1440)])
    mido.MidiFile(tracks=[track]).save(tmp_path / "note.mid")
    return {path.name: str(path) for path in tmp_path.iterdir()}


def heard_hz(sound: NDArray[np.float64], near_hz: float) -> float:
    """The frequency of the strongest peak within 2 % of `near_hz`, from 0.3 s after the note's onset on.

    A parabola through the logarithm of a Blackman window 0.74 s long finds a peak to 0.01 Hz.
    """
    begin = int(np.argmax(np.abs(sound[:, 0]) > 1e-3)) + round(0.3 * RATE)
    x = sound[begin : begin + 32768, 0]
    assert len(x) == 32768
    n = 4 * len(x)
    spectrum = np.log(np.abs(np.fft.rfft(x * np.blackman(len(x)), n)) + 1e-12)
    low, high = (round(near_hz * factor * n / RATE) for factor in (0.98, 1.02))
    k = low + int(spectrum[low:high].argmax())
    assert spectrum[k] > spectrum.max() - np.log(10), "a partial that is heard"
    a, b, c = spectrum[k - 1 : k + 2]
    return float((k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / n)


@pytest.mark.parametrize(
    ("options", "expected_hz"),
    [
        ([], EQUAL_HZ),
        (["--tuning", "five.scl"], FIVE_STEPS_HZ),
        (["--tuning", "five.scl", "--keyboard-map", "map.kbm"], MAPPED_HZ),
        (["--keyboard-map", "map.kbm"], MAPPED_EQUAL_HZ),
    ],
)
def test_a_rendered_note_has_the_pitch_of_its_tuning(
    preset: Path, files: dict[str, str], tmp_path: Path, options: list[str], expected_hz: float
) -> None:
    out = tmp_path / "out.wav"
    given = [files.get(option, option) for option in options]
    calm = ["--set", "weather_depth=0", "--set", "width=0"]
    assert main(["render", str(preset), "--midi", files["note.mid"], "-o", str(out), *calm, *given]) == 0
    assert heard_hz(sf.read(out)[0], expected_hz) == pytest.approx(expected_hz, abs=LIVING_HZ)


def test_what_is_played_is_tuned_and_so_is_a_preset_that_comes_by_a_program_change(
    preset: Path, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note first, then the change; the piece ends 3 s after it."""
    monkeypatch.setattr(devices, "list_devices", list)
    monkeypatch.setattr(library, "entries", lambda: [SimpleNamespace(name=str(preset))])
    came: list[Instrument] = []
    swap = Engine.swap

    def watched(engine: Engine, instrument: Instrument, reason: str = "") -> None:
        came.append(instrument)
        swap(engine, instrument, reason)

    monkeypatch.setattr(Engine, "swap", watched)
    piece, take = mido.MidiFile(files["note.mid"]), tmp_path / "take.wav"
    piece.tracks[0].append(mido.Message("program_change", program=0, time=10))
    piece.save(files["note.mid"])
    command = ["play", str(preset), "--midi", files["note.mid"], "--record", str(take), "--tuning", files["five.scl"]]
    assert main(command) == 0
    sound, rate = sf.read(take)
    assert rate == RATE
    assert heard_hz(sound, FIVE_STEPS_HZ) == pytest.approx(FIVE_STEPS_HZ, abs=LIVING_HZ)
    assert [instrument.voices.tuning.name for instrument in came] == ["five"]
    assert came[0].voices.tuning.key_hz[KEY] == pytest.approx(FIVE_STEPS_HZ, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tuning", "bad.scl"], "“bad.scl”, line 3: “perhaps” is neither a number of cents with a point nor a ratio"),
        (["--tuning", "gone.scl"], "gone.scl” cannot be read: No such file"),
        (["--tuning", "."], "cannot be read: Is a directory"),
        (["--tuning", "note.mid"], "“note.mid”"),
        (["--tuning", "five.scl", "--keyboard-map", "bad.kbm"], "“bad.kbm”, line 6: “loud” should be the reference"),
        (["--tuning", "five.scl", "--keyboard-map", "gone.kbm"], "gone.kbm” cannot be read: No such file"),
    ],
)
@pytest.mark.parametrize("command", ["render", "play"])
def test_a_bad_file_is_one_sentence(
    preset: Path,
    files: dict[str, str],
    tmp_path: Path,
    command: str,
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.wav"
    where = ["-o", str(out)] if command == "render" else ["--record", str(out)]
    given = [files.get(option, option) for option in options]
    assert main([command, str(preset), "--midi", files["note.mid"], *where, *given]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("options", [["--tuning", "five.scl"], ["--keyboard-map", "map.kbm"]])
@pytest.mark.parametrize("command", ["render", "play"])
def test_a_tuning_without_notes_is_one_sentence(
    preset: Path,
    files: dict[str, str],
    tmp_path: Path,
    command: str,
    options: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = ["-o", str(tmp_path / "out.wav")] if command == "render" else ["--minutes", "0.01"]
    assert main([command, str(preset), *where, *(files.get(option, option) for option in options)]) == 2
    told = capsys.readouterr().err
    assert "tune notes, and there are none: name a MIDI file with --midi FILE.mid" in told and told.count("\n") == 1


@pytest.mark.parametrize("options", [["--tuning", "five.scl"], ["--keyboard-map", "map.kbm"]])
def test_a_take_has_its_own_tuning(
    files: dict[str, str], tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [files.get(option, option) for option in options]
    out = tmp_path / "again.wav"
    assert main(["render", str(tmp_path / "take.petrichord.safetensors"), "-o", str(out), *given]) == 2
    told = capsys.readouterr().err
    assert f"A take is rendered as it was played: leave {options[0]} out" in told and told.count("\n") == 1
