"""A fading recording as a sound that does not fade, so that it can stand beside a culture that is sustained.

Shares nothing with `synth`. Axes: `N` samples, `M` mel bands, `T` frames, `K` bins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.analysis.librosa_loops import librosa
from training.evaluation.sound_metrics import Analysis, Levels, Wave

_N_FFT, _HOP = 2048, 512


@dataclass(frozen=True)
class Fading:
    """What training took out of a recording that fades."""

    trend_db: Levels
    """(M, T), 0 at the first frame."""
    heard: npt.NDArray[np.int64]
    """(M, 2): first frame and end of what of each row is the sound."""
    analysis: Analysis


def unfaded(wave: Wave, rate_hz: int, fading: Fading | None) -> Wave:
    """A recording (N,) whose rows go on at the level of their first frame, by gains on its spectrogram.

    A row that has sunk into the recording's floor is raised no further: only what was heard of it is the sound.
    """
    if fading is None:
        return wave
    analysis, T = fading.analysis, fading.trend_db.shape[1]
    last = np.clip(fading.heard[:, 1:] - 1, 0, T - 1)
    lift_db = -np.take_along_axis(fading.trend_db, np.minimum(np.arange(T)[None], last), axis=1)
    lift_db[fading.heard[:, 0] > 0] = 0.0
    spectrum = librosa.stft(wave, n_fft=_N_FFT, hop_length=_HOP)
    # Mel frame t is centred on sample (t + 1/2) · hop, frame t of librosa's on t · hop; the outermost were left out.
    edge = np.ceil((analysis.n_fft - analysis.hop) / 2 / analysis.hop)
    at = np.arange(spectrum.shape[1]) * _HOP / rate_hz * analysis.frames_per_second - 0.5 - edge
    by_row = np.stack([np.interp(at, np.arange(T), row) for row in lift_db])
    hz = np.fft.rfftfreq(_N_FFT, 1 / rate_hz)
    centres = analysis.centres_hz()
    by_bin = np.stack([np.interp(hz, centres, column) for column in by_row.T], axis=1)
    raised = librosa.istft(spectrum * 10 ** (by_bin / 20), hop_length=_HOP, length=len(wave))
    return np.asarray(raised, np.float64)
