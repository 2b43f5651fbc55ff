"""A preset's trim: what the spectral vocoder must be given more or less of in each row, so that its sound has the
average spectrum it should; and the noise that rows are given where no trim is enough.

Rows between partials hold what leaks from them, and what is noise in one row is heard in its neighbours: raised by
itself, a row beside a partial becomes noise that is heard two rows further, 8 dB too loud in a choir. So the answer of
all rows to each of them is measured, and all are solved for together; rows that nothing can lower, the skirts of
partials that beat, do not drag the others along, and partials themselves count most. Beside trimming each row by what
it lacks, this takes the average spectrum's error of 24 s of that choir from 0.83 to 0.66 dB, of a flute from 0.44 to
0.35, and leaves their partials where they were, or nearer.

Where a partial explains much of a row and gives little of it, no trim helps: what is left is a small share of noise.
Rows of a voice beside its partials were 2 to 5 dB too soft with all the trim there is, as many as made 0.3 of its
average spectrum's error of 0.5 dB. They get a larger share of noise, as far as the recording has it there.

Axes: `M` mel bands, `n` frames.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import DB_PER_NEPER, log_mel, log_mel_from_grid
from synth.presets.model import LOOP_FRAMES, Preset
from synth.vocoder.spectral.vocoder import MOST_TRIM_DB
from training.analysis.data import RANGE_DB, resampled, uncut
from training.analysis.noise_share import LARGEST_SHARE
from training.analysis.vocoding import vocoded

_TRIM_FRAMES, _PROBE_FRAMES = 4 * LOOP_FRAMES, 2 * LOOP_FRAMES
_FEWEST_LOOPS = 4
_PLAYED_HZ = 44100
"""Partials above the mel's range sound at the rate of a device and not at the mel's own: at that, two rows of a bell
below 8 kHz were 3 and 7 dB louder than as it is played."""
_STRIDE, _PROBE_DB = 7, 1.5
"""Every seventh row is moved at once: a row is heard in three on either side of it."""
_ROUNDS, _STEPS = 2, (1.0, 0.6)
"""The vocoder is not linear: its answer is measured twice, and shorter steps are tried as well."""
_REWEIGHTINGS, _NEAR_DB, _RIDGE = 4, 0.3, 0.05
_MASKED_DB, _MOST_WEIGHT = 20.0, 4.0
"""A row so far below one that is heard in it counts once, a partial's own four times."""
_LACKS_DB, _MOST_NOISE_DB, _FILLS = 0.5, 9.0, 3
"""Rows that lack more than this are filled with noise, in so many steps, and by this much at most: a peak that is none
of the preset's partials must not become a band of noise."""

Rows = npt.NDArray[np.float64]


def with_trim(preset: Preset, frames: Tensor, most_noise: Tensor | None = None) -> Preset:
    """The preset with the trim, and in rows that no trim can fill with the noise share, with which the sound of
    `frames` (1, M, n) has their average spectrum; what the culture lacks of its recording is made up for as well.

    No row becomes noise to more than its `most_noise` (M,); without that the noise share stays what it was. Rows below
    the range are left alone.
    """
    floor = (preset.reference_db - RANGE_DB) / DB_PER_NEPER
    recorded = log_mel_from_grid(preset.quantiles, preset.reference_db).clamp(min=floor).mean(dim=1)
    level = frames[0].clamp(min=floor)
    last = level[:, -_TRIM_FRAMES:].mean(dim=1)
    wanted, given = (rows.double().numpy() * DB_PER_NEPER for rows in (last + lacking(level, recorded), last))

    def heard(trim_db: Rows, share: Rows | None, n_frames: int) -> Rows:
        sound = vocoded(_trimmed(preset, trim_db, share), frames[:, :, -n_frames:], _PLAYED_HZ)[0]
        sound = resampled(sound, _PLAYED_HZ, preset.mel.rate_hz)
        rows = uncut(log_mel(torch.from_numpy(sound)[None], preset.mel)[0], preset.mel)
        return np.asarray(rows.clamp(min=floor).mean(dim=1).double().numpy() * DB_PER_NEPER)

    if preset.noise_share is None or most_noise is None:
        return _trimmed(preset, _solved(lambda trim, n=_TRIM_FRAMES: heard(trim, None, n), wanted), None)
    share, most = preset.noise_share.double().numpy(), most_noise.double().numpy()
    trim = _solved(lambda trim, n=_TRIM_FRAMES: heard(trim, share, n), wanted, rounds=1)
    trim, fuller = _filled(lambda trim, share: heard(trim, share, _TRIM_FRAMES), trim, share, most, wanted, given)
    trim = _solved(lambda trim, n=_TRIM_FRAMES: heard(trim, fuller, n), wanted, trim, _ROUNDS - 1)
    return _trimmed(preset, trim, fuller)


def _trimmed(preset: Preset, trim_db: Rows, share: Rows | None) -> Preset:
    noise = preset.noise_share if share is None else torch.from_numpy(share).float()
    return replace(preset, trim_db=torch.from_numpy(trim_db).float(), noise_share=noise)


def lacking(level: Tensor, recorded: Tensor) -> Tensor:
    """What rows of `level` (M, n) lack on average of `recorded` (M,), shrunk by how ill that is known: the average of a
    slow pad wanders by decibels, and to follow it trimmed a lunar pad from 0.43 to 1.18 dB."""
    loops = level.unfold(1, LOOP_FRAMES, LOOP_FRAMES).mean(dim=2) if level.shape[1] >= LOOP_FRAMES else level[:, :0]
    if loops.shape[1] < _FEWEST_LOOPS:
        return torch.zeros_like(recorded)
    off = recorded - level.mean(dim=1)
    doubt = loops.var(dim=1) / loops.shape[1]
    return off * (1 - doubt / off.square().clamp(min=1e-12)).clamp(min=0)


def _solved(heard: Callable[..., Rows], wanted: Rows, trim: Rows | None = None, rounds: int | None = None) -> Rows:
    """The trim (M,) in dB whose `heard` average spectrum is nearest to `wanted` (M,), of those that are tried from
    `trim` on."""
    trim, weight = np.zeros(len(wanted)) if trim is None else trim, _weights(wanted)
    now = heard(trim)
    for _ in range(_ROUNDS if rounds is None else rounds):
        answer = _answers(heard, trim)
        for share in _STEPS:
            step = _step(answer, wanted - now, trim, weight)
            tried = np.clip(trim + share * step, -MOST_TRIM_DB, MOST_TRIM_DB)
            then = heard(tried)
            if weight @ np.abs(wanted - then) < weight @ np.abs(wanted - now):
                trim, now = tried, then
    return trim


def _filled(
    heard: Callable[[Rows, Rows], Rows], trim: Rows, share: Rows, most: Rows, wanted: Rows, given: Rows
) -> tuple[Rows, Rows]:
    """Trim and noise share (M,), the latter larger in rows that are `heard` softer than `wanted` (M,), up to `most`.

    `given` (M,) is what the vocoder is given before the trim. A trim raises what is painted in its row as well, so what
    the share can do the trim does no longer.
    """
    most = np.minimum(np.minimum(most, share * 10 ** (_MOST_NOISE_DB / 20)), LARGEST_SHARE)
    row = 10 ** (given / 20)
    for _ in range(_FILLS):
        now = heard(trim, share)
        lacks = (wanted - now > _LACKS_DB) & (share < most)
        missing = np.maximum(10 ** (wanted / 10) - 10 ** (now / 10), 0)
        noise = np.sqrt((share * row * 10 ** (trim / 20)) ** 2 + missing)
        share = np.where(lacks, np.clip(noise / row, share, most), share)
        needed = 20 * np.log10(np.maximum(noise / np.maximum(share * row, 1e-12), 1.0))
        trim = np.where(lacks & (trim > 0), np.minimum(needed, trim), trim)
    return trim, share


def _weights(level: Rows) -> Rows:
    """How much each row (M,) counts. All alike, partials 25 dB above their surroundings were bent by 3 dB to bring down
    what they mask."""
    from scipy.ndimage import maximum_filter1d

    below = maximum_filter1d(level, _STRIDE, mode="nearest") - level
    return np.asarray(1 + (_MOST_WEIGHT - 1) * np.clip(1 - below / _MASKED_DB, 0, 1))


def _answers(heard: Callable[..., Rows], trim: Rows) -> Rows:
    """By how many dB each row is louder per dB of each row's trim, (M, M), rows more than three apart left out."""
    n = len(trim)
    before, rows = heard(trim, _PROBE_FRAMES), np.arange(n)
    # Inwards, where the trim is at its limit.
    probes = np.where(trim > 0, -_PROBE_DB, _PROBE_DB)
    answer = np.zeros((n, n))
    for first in range(_STRIDE):
        moved = np.arange(first, n, _STRIDE)
        probed = trim.copy()
        probed[moved] += probes[moved]
        change = heard(probed, _PROBE_FRAMES) - before
        nearest = moved[np.abs(rows[:, None] - moved[None]).argmin(axis=1)]
        near = np.abs(rows - nearest) <= _STRIDE // 2
        answer[rows[near], nearest[near]] = (change / probes[nearest])[near]
    return answer


def _step(answer: Rows, missing: Rows, trim: Rows, importance: Rows) -> Rows:
    """The change of trim that makes up for what is `missing` (M,), within the limits: least absolute deviations by
    least squares weighted anew (Lawson 1961), and no more trim than it is worth."""
    from scipy.optimize import lsq_linear

    step = np.zeros(len(trim))
    ridge = np.sqrt(_RIDGE)
    bounds = (-MOST_TRIM_DB - trim - 1e-6, MOST_TRIM_DB - trim + 1e-6)
    for _ in range(_REWEIGHTINGS):
        weight = np.sqrt(importance / np.maximum(np.abs(missing - answer @ step), _NEAR_DB))
        matrix = np.concatenate([weight[:, None] * answer, ridge * np.eye(len(trim))])
        step = lsq_linear(matrix, np.concatenate([weight * missing, -ridge * trim]), bounds).x
    return step
