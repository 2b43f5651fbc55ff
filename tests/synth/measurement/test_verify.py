"""What `vocoder verify` measures, against sounds whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
import torch

from synth.commands.cli import main
from synth.measurement.reference import STEPS_PER_NEPER, Frames, culture_frames, has_note, reference_note
from synth.measurement.sound_measures import frame_rate_share_db, mel_error_db, pitch_error_cents, strongest_hz
from synth.measurement.verify import COLUMNS, compare
from synth.mel import DB_PER_NEPER, FORMATS, grid_from_log_mel, log_mel
from synth.presets import library
from synth.presets.file import save_preset
from synth.presets.library import Entry
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS
from synth.vocoder.bigvgan.offline import BigVGANVocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from tests.doubles.sounds import coloured_noise, frames_of, frequency_of, harmonics, preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save

FMT = FORMATS["22k80"]
VIOLIN = Path(__file__).parents[2] / "data" / "violin.flac"


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=32)
    return save(tmp_path_factory.mktemp("random"), config, package_model(config))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_bundled_note_is_the_recording_in_every_published_format(name: str) -> None:
    fmt = PUBLISHED[name].format
    wave, rate_hz = sf.read(VIOLIN)
    recorded = log_mel(torch.from_numpy(soxr.resample(wave, rate_hz, fmt.rate_hz, "VHQ"))[None], fmt)[0]
    note = reference_note(fmt)
    assert note.log_mel.shape == recorded.shape
    assert float((note.log_mel - recorded).abs().max()) <= 0.5 / STEPS_PER_NEPER + 1e-5
    # A violin's vibrato: a window of two seconds and a blur of ten cents see its middle within two.
    assert note.pitch_hz is not None
    assert abs(1200 * np.log2(note.pitch_hz / frequency_of(wave, rate_hz, 440))) < 2


def test_the_note_is_stored_for_what_is_published_and_nothing_else() -> None:
    assert all(has_note(known.format) for known in CHECKPOINTS)
    assert not has_note(type(FMT)(16000, 1024, 256, 1024, 80, 0.0, 8000.0))


@pytest.mark.parametrize("gain_db", [0.0, 3.0, -6.0])
def test_a_sound_that_is_louder_differs_by_as_much(gain_db: float) -> None:
    noise = coloured_noise(2, FMT.rate_hz)
    mel = frames_of(noise, FMT)[0].double().numpy()
    assert mel_error_db(noise * 10 ** (gain_db / 20), mel, FMT) == pytest.approx(abs(gain_db), abs=0.01)


@pytest.mark.parametrize("cents", [-250.0, -40.0, 0.0, 3.0, 120.0])
def test_a_tone_that_is_off_is_found_where_it_is(cents: float) -> None:
    tone = harmonics(440 * 2 ** (cents / 1200), 8, 2, FMT.rate_hz) + coloured_noise(2, FMT.rate_hz, level=0.01)
    assert pitch_error_cents(tone, FMT.rate_hz, 440) == pytest.approx(cents, abs=0.5)


def test_noise_has_no_pitch_and_neither_has_a_sound_that_should_have_none() -> None:
    assert strongest_hz(coloured_noise(2, FMT.rate_hz), FMT.rate_hz, 440) is None
    assert pitch_error_cents(harmonics(440, 8, 2, FMT.rate_hz), FMT.rate_hz, None) is None


def test_a_sound_that_repeats_every_frame_has_all_its_power_there() -> None:
    frame = np.random.default_rng(0).standard_normal(FMT.hop)
    assert frame_rate_share_db(np.tile(frame - frame.mean(), 300), FMT) > -0.1
    noise = np.random.default_rng(0).standard_normal(10 * FMT.rate_hz)
    assert frame_rate_share_db(noise, FMT) == pytest.approx(10 * np.log10(4 / FMT.frames_per_second), abs=0.2)
    assert frame_rate_share_db(harmonics(440, 8, 3, FMT.rate_hz), FMT) < -25


def test_random_weights_are_told_from_a_vocoder(random_weights: Path) -> None:
    ours, spectral = compare(reference_note(FMT), BigVGANVocoder(random_weights))
    assert ours.vocoder == "bigvgan base 22 kHz"
    assert spectral.mel_error_db < 3 < ours.mel_error_db
    assert spectral.pitch_cents is not None
    assert abs(spectral.pitch_cents) < 2
    assert spectral.frame_rate_db < -20 < ours.frame_rate_db
    assert min(ours.real_time_factor, spectral.real_time_factor) > 0


def test_a_vocoder_is_as_loud_as_itself() -> None:
    mel = frames_of(harmonics(220, 12, 2, FMT.rate_hz), FMT)[0]
    frames = Frames("harmonics", mel, preset_for(root_hz=220.0))
    first, second = compare(frames, SpectralVocoder(FMT))
    assert first.loudness_lu == second.loudness_lu == 0
    assert first.mel_error_db == second.mel_error_db
    assert first.pitch_cents is not None
    assert abs(first.pitch_cents) < 1


def test_a_presets_frames_are_its_living_culture() -> None:
    """Row by row about as loud as the recording it was trained on, whose quantiles it carries; and they move."""
    preset = library.load("cello")
    frames = culture_frames(preset, 2.0)
    assert frames.log_mel.shape == (FMT.n_mels, 172)
    recorded = preset.quantiles.mean(dim=1)
    heard = grid_from_log_mel(frames.log_mel, preset.reference_db).mean(dim=1)
    assert float((heard - recorded).abs().mean()) * 40 < 3
    assert float(frames.log_mel.std(dim=1).mean()) * DB_PER_NEPER > 1
    row = compare(frames, SpectralVocoder(FMT))[0]
    assert row.mel_error_db < 3
    assert row.pitch_cents is not None
    assert abs(row.pitch_cents) < 2


def test_verify_prints_and_writes_a_table_of_what_the_checkpoint_can_play(
    random_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = []
    for name, fmt in (("tone", FMT), ("other", FORMATS["44k128"])):
        path = save_preset(live_preset(fmt=fmt), tmp_path / f"{name}.safetensors")
        known.append(Entry(name, path, bundled=False))
    monkeypatch.setattr(library, "entries", lambda: known)
    out = tmp_path / "table.md"
    assert main(["vocoder", "verify", str(random_weights), "--seconds", "2", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert out.read_text() == text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in table[0].strip("|").split("|")] == list(COLUMNS)
    assert len({line.count("|") for line in table}) == 1
    sounds = [line.split("|")[1].strip() for line in table[2:]]
    assert sounds == ["a recorded violin note"] * 2 + ["Test tone"] * 2
    assert "has heard NVIDIA's weights through it" in text


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        (["nothing"], "nothing"),
        ([], "petrichord vocoder get"),
        (["--out", "gone/table.md"], "gone/table.md"),
        (["--seconds", "0"], "0 s"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(
    extra: list[str], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vocoder", "verify", *extra]) == 2
    error = capsys.readouterr().err
    assert names in error
    assert error.count("\n") == 1
