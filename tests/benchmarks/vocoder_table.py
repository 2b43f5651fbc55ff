"""How well the spectral vocoder gives back real recordings, beside Griffin-Lim.

`python -m tests.benchmarks.vocoder_table CLIPS_DIR [--json FILE]`: of every recording of the folder all is measured
that training measures (partials, how they move, vibrato, noise share, air, and the trim); its log-mel frames are
vocoded at its root and analysed again by BigVGAN's own mel function. What is left out is the loudness that follows the
vibrato: its phase is the vocoder's own, so it cannot be compared with a recording cell by cell.

Columns: L1, mean |error| in dB over cells within 60 dB of the peak, and the same for 60 iterations of Griffin-Lim;
cents of pitch error; 1/3oct, mean |error| of third-octave levels 8 to 16 kHz at 44.1 kHz where the recording has them
within 70 dB of its total; W1, distance of each row's sorted values in dB; mod, error of the rows' modulation spectra,
in dB; times real time in time of one core. Axes: `M` mel bands, `T` frames, `N` samples.
"""

import argparse
import json
import math
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr
import torch

from synth.mel import DB_PER_NEPER, FORMATS, grid_from_log_mel
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset
from training.analysis.data import Target
from training.analysis.partials import MeasuredPitch
from training.analysis.trim import with_trim
from training.learning.build import N_QUANTILES, measure_recording, with_measured
from training.learning.losses import quantiles

Doubles = npt.NDArray[np.float64]

FORMAT = FORMATS["22k80"]
OUT_HZ = 44100
FLOOR_DB = 60.0
_FADE_S = 0.02
NOISE_SHARE = 0.5
"""A recording with less of its power in partials counts as noise."""


@dataclass(frozen=True)
class Row:
    """One recording's figures; NaN where a figure does not apply."""

    clip: str
    kind: str
    root_hz: float
    n_partials: int
    l1_db: float
    griffin_lim_db: float
    cents: float
    third_octave_db: float
    row_w1_db: float
    modulation_db: float
    times_real_time: float


def log_mel_of(wave: Doubles) -> Doubles:
    """BigVGAN's own mel of (N,) samples at the format's rate, in dB, (M, T)."""
    from bigvgan.meldataset import mel_spectrogram

    f = FORMAT
    safe = torch.from_numpy(np.clip(wave, -1, 1)).float()[None]
    mel = mel_spectrogram(safe, f.n_fft, f.n_mels, f.rate_hz, f.hop, f.win, f.fmin_hz, f.fmax_hz)
    return np.asarray(mel[0].double().numpy() * DB_PER_NEPER)


def griffin_lim(mel_db: Doubles, n_samples: int) -> Doubles:
    """The baseline: librosa's mel inversion and 60 iterations."""
    from training.analysis.librosa_loops import librosa

    f = FORMAT
    linear = librosa.feature.inverse.mel_to_stft(
        10 ** (mel_db / 20), sr=f.rate_hz, n_fft=f.n_fft, power=1, fmin=f.fmin_hz, fmax=f.fmax_hz
    )
    wave = librosa.griffinlim(linear, n_iter=60, hop_length=f.hop, n_fft=f.n_fft, random_state=0)
    return np.resize(np.asarray(wave, np.float64), n_samples)


def median_pitch(wave: Doubles, near_hz: float) -> float:
    """Median f0 by YIN around a known root."""
    from training.analysis.librosa_loops import librosa

    low, high = near_hz / 1.3, near_hz * 1.3
    return float(np.median(librosa.yin(wave, fmin=low, fmax=high, sr=FORMAT.rate_hz, frame_length=4096)))


def third_octave_error(recorded: Doubles, vocoded: Doubles) -> float:
    """Mean |error| in dB of the bands from 8 to 16 kHz that the recording fills."""
    # Cut loose at frame 0 a sound that does not start from silence begins with a click: not what is measured here.
    edge = 4 * FORMAT.hop
    n = min(len(recorded), len(vocoded))
    # Nor do sounds that are cut off within: the step of a piano is as loud from 8 kHz on as its air, and its height a
    # matter of phase. It passed for an error of 22 dB.
    fade = round(_FADE_S * OUT_HZ)
    window = np.ones(n - 2 * edge)
    window[:fade] = np.sin(np.pi / 2 * np.arange(fade) / fade) ** 2
    window[-fade:] = window[:fade][::-1]
    power = [np.abs(np.fft.rfft(wave[edge : n - edge] * window)) ** 2 for wave in (recorded, vocoded)]
    hz = np.arange(len(power[0])) * OUT_HZ / (n - 2 * edge)
    errors = []
    for low in 8000 * 2 ** (np.arange(3) / 3):
        band = (hz >= low) & (hz < low * 2 ** (1 / 3))
        level = [10 * math.log10(p[band].sum() + 1e-20) for p in power]
        if level[0] > 10 * math.log10(power[0].sum()) - 70:
            errors.append(abs(level[1] - level[0]))
    return float(np.mean(errors)) if errors else math.nan


def modulation_error(wanted: Doubles, got: Doubles, heard: npt.NDArray[np.bool_]) -> float:
    """Mean |error| in dB of the rows' modulation spectra, 0.7 to 40 Hz in octaves, over rows that are mostly heard."""
    rows = heard.mean(axis=1) > 0.5
    if not rows.any():
        return math.nan
    hz = np.fft.rfftfreq(wanted.shape[1], FORMAT.hop / FORMAT.rate_hz)
    window = np.hanning(wanted.shape[1])
    spectra = [
        np.abs(np.fft.rfft((mel[rows] - mel[rows].mean(axis=1, keepdims=True)) * window, axis=1)) ** 2
        for mel in (wanted, got)
    ]
    edges = 0.7 * 2.0 ** np.arange(7)
    bands = [(hz >= low) & (hz < 2 * low) for low in edges[:-1]]
    levels = [np.stack([10 * np.log10(s[:, b].mean(axis=1) + 1e-9) for b in bands if b.any()]) for s in spectra]
    return float(np.abs(levels[1] - levels[0]).mean())


def vocode(preset: Preset, mel_db: Doubles) -> tuple[Doubles, float]:
    """Sound at `OUT_HZ` without the vocoder's delay, (N,), and the seconds of one core it took."""
    vocoder = SpectralVocoder(FORMAT)
    vocoder.prepare(preset, OUT_HZ)
    frames = torch.from_numpy(mel_db / DB_PER_NEPER).float()[None]
    started = time.process_time()
    sound = torch.cat([vocoder.process(frames, torch.ones(1, frames.shape[2])), vocoder.flush()], dim=1)
    taken = time.process_time() - started
    return sound[0, vocoder.delay_samples :].double().numpy(), taken


def preset_of(wave: Doubles, rate_hz: int, mel_db: Doubles) -> tuple[Preset, MeasuredPitch]:
    """A culture that is the recording, with all that training would measure of it."""
    reference_db = float(mel_db.max())
    grid = grid_from_log_mel(torch.from_numpy(mel_db / DB_PER_NEPER).float(), reference_db)
    target = Target(grid, FORMAT, reference_db, (0.0, len(wave) / rate_hz), wave.astype(np.float32), rate_hz)
    measured = measure_recording(target)
    preset = live_preset(n_frames=8)
    state = torch.zeros(len(preset.state), *grid.shape)
    state[0] = grid
    preset = replace(preset, state=state, quantiles=quantiles(grid, N_QUANTILES), reference_db=reference_db)
    preset = with_measured(preset, measured)
    if preset.partials is not None:
        preset = replace(preset, partials=replace(preset.partials, tremolo_db=None))
    frames = torch.from_numpy(mel_db / DB_PER_NEPER).float()[None]
    return with_trim(preset, frames, measured.most_noise), measured.pitch


def measure_clip(path: Path, with_griffin_lim: bool = True) -> Row:
    recorded, rate_hz = sf.read(path, dtype="float64", always_2d=True)
    recorded = recorded.mean(axis=1)
    wave = soxr.resample(recorded, rate_hz, FORMAT.rate_hz)
    wave = wave[: len(wave) // FORMAT.hop * FORMAT.hop]
    wanted = log_mel_of(wave)
    preset, pitch = preset_of(recorded, rate_hz, wanted)
    sound, taken = vocode(preset, wanted)
    again = np.resize(soxr.resample(sound, OUT_HZ, FORMAT.rate_hz), len(wave))
    got = log_mel_of(again)
    heard = wanted > wanted.max() - FLOOR_DB
    kind = "noise" if pitch.tonal_share < NOISE_SHARE else "inharmonic" if pitch.inharmonic else "pitched"
    cents = math.nan
    if kind == "pitched":
        cents = 1200 * math.log2(median_pitch(again, pitch.root_hz) / median_pitch(wave, pitch.root_hz))
    baseline = math.nan
    if with_griffin_lim:
        baseline = float(np.abs(log_mel_of(griffin_lim(wanted, len(wave))) - wanted)[heard].mean())
    distances = [np.abs(np.sort(a) - np.sort(b)).mean() for a, b, h in zip(wanted, got, heard, strict=True) if h.any()]
    return Row(
        clip=path.stem,
        kind=kind,
        root_hz=pitch.root_hz,
        n_partials=len(pitch.partials.hz),
        l1_db=float(np.abs(got - wanted)[heard].mean()),
        griffin_lim_db=baseline,
        cents=cents,
        third_octave_db=third_octave_error(soxr.resample(recorded, rate_hz, OUT_HZ), sound),
        row_w1_db=float(np.mean(distances)),
        modulation_db=modulation_error(wanted, got, heard),
        times_real_time=len(wave) / FORMAT.rate_hz / taken,
    )


def summary(rows: Iterable[Row]) -> dict[str, float]:
    """The figures the project promises."""
    rows = list(rows)
    tonal = [row for row in rows if row.kind != "noise"]
    noise = [row for row in rows if row.kind == "noise"]
    l1 = np.array([row.l1_db for row in tonal])
    return {
        "tonal_l1_median_db": float(np.median(l1)),
        "tonal_l1_worst_db": float(l1.max()),
        "share_better_than_griffin_lim": float(np.mean([row.l1_db < row.griffin_lim_db for row in tonal])),
        "noise_row_w1_worst_db": max((row.row_w1_db for row in noise), default=math.nan),
        "third_octave_worst_db": float(np.nanmax([row.third_octave_db for row in rows])),
        "cents_worst": float(np.nanmax([abs(row.cents) for row in rows])),
        "modulation_median_db": float(np.nanmedian([row.modulation_db for row in rows])),
        "times_real_time_median": float(np.median([row.times_real_time for row in rows])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Vocode every recording of a folder and measure what comes back.")
    parser.add_argument("clips", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-griffin-lim", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("clip                   kind       root Hz   P    L1    GL  cents 1/3oct   W1   mod  × real time")
    rows = []
    for path in sorted(p for p in args.clips.iterdir() if p.suffix in (".flac", ".wav")):
        r = measure_clip(path, not args.no_griffin_lim)
        rows.append(r)
        print(
            f"{r.clip:22s} {r.kind:10s} {r.root_hz:7.1f} {r.n_partials:3d} {r.l1_db:5.2f} {r.griffin_lim_db:5.2f} "
            f"{r.cents:6.1f} {r.third_octave_db:6.2f} {r.row_w1_db:4.2f} {r.modulation_db:5.2f}"
            f" {r.times_real_time:6.1f}",
            flush=True,
        )
    figures = summary(rows)
    for name, value in figures.items():
        print(f"{name:32s} {value:.2f}")
    if args.json:
        args.json.write_text(json.dumps({"rows": [asdict(row) for row in rows], "summary": figures}, indent=1))


if __name__ == "__main__":
    main()
