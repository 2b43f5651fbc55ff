"""What a take began with: gone on from, it lives the same life; damaged, it is refused in words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from synth.automaton.gestures import Gesture
from synth.errors import RecordingError
from synth.instrument.events import Hand, Touch, set_parameters
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import load_preset, save_preset
from synth.presets.model import Preset
from synth.takes.companion import (
    Beginning,
    companion_of,
    load_beginning,
    ready_to_continue,
    recorded_volume_db,
    save_beginning,
)
from synth.vocoder.contract import VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import notebook_preset

RATE = 44100
TURNED = ParameterValues(
    steps_per_frame=0.37, weather_speed=1.3, playhead_speed=-0.7, note=61, width=0.2, volume_db=-7.0
)


@pytest.fixture(scope="module", params=["live", "notebook"])
def preset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Preset:
    made = steady_preset() if request.param == "live" else notebook_preset()
    return load_preset(save_preset(made, tmp_path_factory.mktemp("p") / "one.safetensors"))


class Listening(SpectralVocoder):
    """Keeps the columns it is given."""

    heard: torch.Tensor = torch.empty(0)

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> torch.Tensor:
        self.heard = voices.columns[0].clone()
        return super().process_voices(voices, spread)


def touched(preset: Preset, seed: int = 7) -> Instrument:
    """An instrument in the middle of its life: turned, wounded, frozen, between two steps."""
    instrument = Instrument(preset, Listening(preset.mel), RATE, setup=Setup(seed=seed))
    instrument.send(Touch(Gesture("erase", 40, 30)))
    instrument.send(Touch(Gesture("freeze", 100, 50, strength=0.8)))
    instrument.process(30)
    for event in set_parameters(TURNED):
        instrument.send(event)
    instrument.process(23)
    return instrument


def read(instrument: Instrument, n_frames: int) -> list[torch.Tensor]:
    """The columns heard in the next frames, while a hand touches the culture."""
    columns = []
    for i in range(n_frames):
        if i == 20:
            instrument.send(Hand(True, 60))
            instrument.send(Touch(Gesture("noise", 60, 20)))
            instrument.send(Hand(False))
        instrument.process(1)
        assert isinstance(instrument.vocoder, Listening)
        columns.append(instrument.vocoder.heard)
    return columns


def test_a_take_continued_reads_the_same_columns_as_what_was_left(preset: Preset, tmp_path: Path) -> None:
    left = touched(preset)
    save_beginning(Beginning(preset, left.state(), RATE, "spectral"), tmp_path / "a.petrichord.safetensors")
    beginning, resumed, _ = ready_to_continue(tmp_path / "a.petrichord.safetensors", RATE)
    # Products as the one that was left makes them, whatever this machine finds faster.
    plain = Instrument(beginning.preset, Listening(preset.mel), RATE, setup=Setup(seed=beginning.state.seed))
    plain.resume(beginning.state)
    assert beginning.state.controls == TURNED == resumed.controls
    for one, other in zip(read(left, 60), read(plain, 60), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(left.culture.cells(), plain.culture.cells())


def test_continuing_twice_gives_the_same_samples(tmp_path: Path) -> None:
    left = touched(steady_preset())
    save_beginning(Beginning(left.preset, left.state()), tmp_path / "a.petrichord.safetensors")
    first, second = (ready_to_continue(tmp_path / "a.petrichord.safetensors", RATE)[1].process(20) for _ in range(2))
    assert np.abs(first).max() > 1e-3
    assert np.array_equal(first, second)


def test_a_hand_that_was_down_is_lifted_and_all_else_goes_on(tmp_path: Path) -> None:
    left = touched(steady_preset())
    left.send(Hand(True, 60))
    left.process(9)
    save_beginning(Beginning(left.preset, left.state()), tmp_path / "a.petrichord.safetensors")
    beginning, resumed, _ = ready_to_continue(tmp_path / "a.petrichord.safetensors", RATE)
    assert beginning.state.place == left.playhead.place
    assert resumed.playhead.place == replace(left.playhead.place, hand=Hand(False, 60))
    resumed.process(30)
    assert resumed.playhead.place.mix == 0


def test_it_holds_the_preset_itself_and_says_where_it_came_from(preset: Preset, tmp_path: Path) -> None:
    path = tmp_path / "a.petrichord.safetensors"
    save_beginning(Beginning(preset, touched(preset).state(), RATE, "spectral"), path)
    back = load_beginning(path)
    assert (back.preset.name, back.preset.source_path) == (preset.name, preset.source_path)
    assert (back.rate_hz, back.vocoder, back.state.seed) == (RATE, "spectral", 7)
    for ours, theirs in zip(preset.rule.state_dict().values(), back.preset.rule.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
    assert recorded_volume_db(tmp_path / "a.wav") == -7.0
    assert recorded_volume_db(tmp_path / "b.wav") == 0.0


def _with(path: Path, arrays: dict[str, object] | None = None, **told: object) -> None:
    """Write the file again with something else in it."""
    with safe_open(path, framework="np") as file:
        description = json.loads(file.metadata()["petrichord_take"])
    save_file({**load_file(path), **(arrays or {})}, path, {"petrichord_take": json.dumps({**description, **told})})


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(b"nothing of the kind"), "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "is damaged"),
        (lambda path: path.unlink(), "was not kept"),
        (lambda path: _with(path, {"state": np.zeros((16, 3, 5), np.float32)}), "is damaged"),
        (lambda path: _with(path, {"rest": np.full((80, 172), np.nan, np.float32)}), "is damaged"),
        (lambda path: _with(path, {"preset": np.zeros(900, np.uint8)}), "is damaged"),
        (lambda path: _with(path, {"way": np.full((1, 8), 1e9)}), "is damaged"),
        (lambda path: _with(path, {"way": np.full((2, 8), np.nan)}), "is damaged"),
        (lambda path: _with(path, {"way": np.zeros((0, 8))}), "is damaged"),
        (lambda path: _with(path, {"way": np.zeros((9999, 8))}), "is damaged"),
        (lambda path: _with(path, {"way": np.zeros((2, 8), np.float32)}), "is damaged"),
        (lambda path: _with(path, frame=-1), "frame.*the take cannot be used"),
        (lambda path: _with(path, tilt_db="dark"), "tilt_db.*the take cannot be used"),
        (lambda path: _with(path, stroke=1), "stroke.*the take cannot be used"),
        (lambda path: _with(path, evolution_limit=2), "evolution_limit.*the take cannot be used"),
        (lambda path: _with(path, pending={}), "is damaged"),
        (lambda path: _with(path, pending=[3]), "is damaged"),
        (lambda path: _with(path, pending=[{"frame": 3, "kind": "play"}]), "is damaged"),
        (lambda path: _with(path, pending=[{"frame": 3, "kind": "explode"}]), "is damaged"),
        (
            lambda path: _with(path, pending=[{"frame": 3, "kind": "set_parameter", "id": "width", "value": 7}]),
            "is damaged",
        ),
        (lambda path: _with(path, pending=[{"frame": 0.5, "kind": "undo"}]), "frame.*the take cannot be used"),
        (lambda path: _with(path, fade_frame=2), "is damaged"),
        (lambda path: _with(path, change=[1]), "change.*the take cannot be used"),
        (lambda path: _with(path, change=[1e9, 3]), "change.*the take cannot be used"),
        (lambda path: _with(path, seed="seven"), "seed.*the take cannot be used"),
        (lambda path: _with(path, schema_version=99), "schema_version"),
        (lambda path: path.write_bytes(bytes(65 * 2**20)), "larger"),
    ],
)
def test_what_is_not_a_beginning_is_refused_in_one_sentence(harm: object, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.petrichord.safetensors"
    live = steady_preset()
    save_beginning(Beginning(live, Instrument(live, SpectralVocoder(live.mel), RATE).state()), path)
    load_beginning(path)
    harm(path)  # type: ignore[operator]
    with pytest.raises(RecordingError, match=words):
        load_beginning(path)


def test_controls_that_are_not_known_or_out_of_range_cost_only_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.petrichord.safetensors"
    live = steady_preset()
    state = replace(Instrument(live, SpectralVocoder(live.mel), RATE).state(), controls=TURNED)
    save_beginning(Beginning(live, state), path)
    _with(path, controls={"note": 61, "width": 99.0, "frozen": True, "from_the_future": 3})
    assert load_beginning(path).state.controls == ParameterValues(note=61, frozen=True)


def test_its_name_follows_the_takes() -> None:
    assert (
        companion_of(Path("x/2026-11-25 10.11.12 violin.wav")).name
        == "2026-11-25 10.11.12 violin.petrichord.safetensors"
    )
