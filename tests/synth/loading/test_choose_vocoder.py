"""auto: BigVGAN where it is installed, speaks the format and keeps up; else spectral, and why."""

import json
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor

from synth.loading import calibration
from synth.loading.calibration import ENOUGH, calibration_path, measured_speed, speed_of
from synth.loading.choose_vocoder import choose_vocoder
from synth.mel import FORMATS
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.choice import Choice, choice_path, store_choice
from synth.vocoder.contract import VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save

PRESET = live_preset()


class Slow(SpectralVocoder):
    """Takes twice as long as the frames last."""

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        time.sleep(2 * voices.columns.shape[3] / self.format.frames_per_second)
        return super().process_voices(voices, spread)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)
    return save(tmp_path_factory.mktemp("bigvgan") / "base", config, package_model(config))


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(calibration, "_BUDGET_S", 0.2)


def known_speed(monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    monkeypatch.setattr(calibration, "measured_speed", lambda *_: speed)


def test_a_vocoder_that_takes_twice_its_time_measures_below_half() -> None:
    slow = measured_speed(Slow(PRESET.mel), PRESET)
    assert 0.05 < slow <= 0.5
    assert slow < ENOUGH


def test_a_speed_is_measured_once_and_kept_for_this_checkpoint_only(small: Path, tmp_path: Path) -> None:
    vocoder = SpectralVocoder(PRESET.mel)
    first = speed_of(vocoder, small, PRESET)
    assert speed_of(vocoder, small, PRESET) == first
    assert list(json.loads(calibration_path().read_text()).values()) == [first]
    other = save(tmp_path / "other", json.loads((small / "config.json").read_text()), torch.nn.Linear(2, 2))
    speed_of(vocoder, other, PRESET)
    assert len(json.loads(calibration_path().read_text())) == 2


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": "fast"}', "\0\0"])
def test_a_damaged_cache_costs_only_itself(content: str, small: Path) -> None:
    calibration_path().parent.mkdir(parents=True)
    calibration_path().write_text(content)
    speed = speed_of(SpectralVocoder(PRESET.mel), small, PRESET)
    assert list(json.loads(calibration_path().read_text()).values()) == [speed]
    assert [path.name for path in calibration_path().parent.iterdir()] == [calibration_path().name]


@pytest.mark.parametrize(
    ("choice", "speed", "expected", "says"),
    [
        (Choice(), 1.31, "bigvgan base 22 kHz", "1.3× real time here"),
        (Choice(), 1.29, "spectral", "needs 1.3×"),
        (Choice("spectral"), 9.0, "spectral", "your choice"),
        (Choice("bigvgan"), 0.5, "bigvgan base 22 kHz", "your choice"),
    ],
)
def test_speed_and_choice_decide(
    choice: Choice, speed: float, expected: str, says: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_speed(monkeypatch, speed)
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    store_choice(choice)
    vocoder, reason = choose_vocoder("auto", PRESET, live=True)
    assert vocoder.name == expected
    assert says in reason
    assert choose_vocoder("auto", PRESET)[0].name == "spectral"


@pytest.mark.parametrize(("speed", "n", "says"), [(1.31, 1, "one voice"), (2.7, 2, "2 voices"), (90.0, 4, "4 voices")])
def test_as_many_voices_as_keep_up(
    speed: float, n: int, says: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_speed(monkeypatch, speed)
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    vocoder, reason = choose_vocoder("auto", PRESET, live=True)
    assert vocoder.max_voices == n and says in reason
    vocoder.prepare(PRESET, 44100, 2)
    columns = torch.full((n, 2, 80, 2), -3.0)
    block = VoiceFrames(tuple(range(n)), columns, torch.ones(n, 2), torch.ones(n, 2, 2))
    assert vocoder.process_voices(block).shape == (2, 1024)


def test_without_weights_or_in_another_format_it_is_spectral_and_says_so(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_speed(monkeypatch, 9.0)
    assert "BigVGAN is optional" in choose_vocoder("auto", PRESET, live=True)[1]
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    vocoder, reason = choose_vocoder("auto", live_preset(fmt=FORMATS["44k128"]), live=True)
    assert vocoder.name == "spectral"
    assert reason == "auto: built in; no BigVGAN here plays 44k128"


def test_damaged_weights_are_spectral_in_words(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_bytes((small / "config.json").read_bytes())
    (broken / "bigvgan_generator.pt").write_bytes(b"no tensors")
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(broken))
    vocoder, reason = choose_vocoder("auto", PRESET, live=True)
    assert vocoder.name == "spectral"
    assert "nothing in it was run" in reason


def test_a_checkpoint_that_is_too_slow_here_is_measured_so_and_left_with_the_figure(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same stream, held up by as long as its frames last: no faster than real time, the culture not counted."""
    process = LiveBigVGANVocoder.process

    def held_up(self: LiveBigVGANVocoder, log_mel: Tensor, ratio: Tensor, spread: float = 0.0) -> Tensor:
        time.sleep(log_mel.shape[2] / self.format.frames_per_second)
        return process(self, log_mel, ratio, spread)

    monkeypatch.setattr(LiveBigVGANVocoder, "process", held_up)
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    vocoder, reason = choose_vocoder("auto", PRESET, live=True)
    assert vocoder.name == "spectral"
    assert "bigvgan base 22 kHz reaches 0." in reason
    assert "needs 1.3" in reason


def test_a_small_checkpoint_is_chosen_after_a_real_measurement(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision agrees with the speed that was measured, whatever else this machine is doing."""
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small))
    vocoder, _ = choose_vocoder("auto", PRESET, live=True)
    (speed,) = json.loads(calibration_path().read_text()).values()
    assert (vocoder.name != "spectral") == (speed >= ENOUGH)


def test_a_damaged_choice_is_told_beside_the_reason() -> None:
    choice_path().parent.mkdir(parents=True)
    choice_path().write_text("{")
    assert str(choice_path()) in choose_vocoder("auto", PRESET, live=True)[1]
