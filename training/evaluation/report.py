"""The one page an engineer reads in a minute: what was grown beside what was recorded, with floors and bars.

Axes: `M` mel bands, `T` frames, `S` steps.
"""

from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.endurance import DRIFT_FROM
from training.evaluation.evaluate import Evaluation, Options, evaluate_preset
from training.evaluation.figures import Figure
from training.evaluation.grain.picture import draw_spectra, draw_spectrogram
from training.evaluation.sound_metrics import SILENT_DB, Levels, modulation_db, modulation_frames
from training.evaluation.sound_partials import HOP, RATE_HZ, partial_rows, per_second

TARGET, GROWN, LIMIT, FAINT = "#1b6ca8", "#d1495b", "#3d3d3d", "#9a9a9a"
_SHOWN_S = 4.0
_SMOOTH_STEPS = 50
_DRIFT_BAR_DB = 0.2
_PAGE_INCHES = (17.0, 14.5)
_DPI = 110


def write_report(preset: Path | str, recording: Path, folder: Path, options: Options | None = None) -> Path:
    """Evaluate, and draw the one page into `folder`; returns its path."""
    return draw(evaluate_preset(preset, recording, options), folder)


def draw(evaluation: Evaluation, folder: Path) -> Path:
    """Write `NAME-report.png` into `folder`, which is made if need be; returns its path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page

    folder.mkdir(parents=True, exist_ok=True)
    page = Page(figsize=_PAGE_INCHES, layout="constrained")
    FigureCanvasAgg(page)
    rooms: dict[str, Any] = page.subplot_mosaic(
        [
            ["target", "grown", "figures"],
            ["rows", "modulation", "figures"],
            ["drift", "recovery", "figures"],
            ["tracks", "levels", "figures"],
            ["fine target", "fine grown", "spectra"],
        ],
        width_ratios=(1, 1, 1.25),
    )
    start, end = evaluation.region_s
    judged = [f for f in evaluation.figures if f.ok is not None]
    page.suptitle(
        f"{evaluation.name}  ·  {evaluation.recording.name}, {start:.2f} to {end:.2f} s  ·  {evaluation.mel}  ·  "
        f"{sum(f.ok is True for f in judged)} of {len(judged)} bars met",
        fontsize=15,
        fontweight="bold",
    )
    _spectrograms(page, rooms["target"], rooms["grown"], evaluation)
    _row_statistics(rooms["rows"], evaluation)
    _modulation(rooms["modulation"], evaluation)
    _drift(rooms["drift"], evaluation)
    _recovery(rooms["recovery"], evaluation)
    _tracks(rooms["tracks"], evaluation)
    _second_by_second(rooms["levels"], evaluation)
    _grain(page, rooms, evaluation)
    _figures(rooms["figures"], evaluation.figures)
    path = folder / f"{evaluation.preset.stem}-report.png"
    page.savefig(path, dpi=_DPI)
    return path


def _spectrograms(page: Any, left: Any, right: Any, evaluation: Evaluation) -> None:
    fps, centres = evaluation.analysis.frames_per_second, evaluation.analysis.centres_hz()
    sound, target = evaluation.sound.sound_db, evaluation.sound.target_db
    n = min(target.shape[1], sound.shape[1], round(_SHOWN_S * fps))
    middle = (sound.shape[1] - n) // 2
    top = target.max()
    for axes, level, title in (
        (left, target[:, :n], "recording"),
        (right, sound[:, middle : middle + n], f"grown, from {1 + middle / fps:.0f} s"),
    ):
        image = axes.imshow(
            level - top,
            origin="lower",
            aspect="auto",
            vmin=-80,
            vmax=0,
            cmap="magma",
            extent=(0, n / fps, -0.5, len(centres) - 0.5),
            interpolation="nearest",
        )
        axes.set(title=title, xlabel="time (s)", ylabel="frequency (Hz)")
        ticks = [int(np.abs(centres - hz).argmin()) for hz in (200, 500, 1000, 2000, 4000, 8000) if hz < centres[-1]]
        axes.set_yticks(ticks, [f"{round(centres[t], -2):.0f}" for t in ticks])
    page.colorbar(image, ax=right, label="dB below loudest", pad=0.01)


def _row_statistics(axes: Any, evaluation: Evaluation) -> None:
    rows = np.arange(len(evaluation.sound.target_db))
    top = evaluation.sound.target_db.max()
    for level, colour, name in (
        (evaluation.sound.target_db, TARGET, "recording"),
        (evaluation.sound.sound_db, GROWN, "grown"),
    ):
        low, middle, high = np.quantile(level - top, (0.1, 0.5, 0.9), axis=1)
        axes.fill_between(rows, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(rows, middle, color=colour, linewidth=1.4, label=name)
    axes.axhline(-SILENT_DB, color=FAINT, linestyle=":", linewidth=1)
    axes.text(
        0.99,
        -SILENT_DB - 1,
        "silent",
        color=FAINT,
        fontsize=8,
        ha="right",
        va="top",
        transform=axes.get_yaxis_transform(),
    )
    axes.set(title="rows: median, 10 to 90 %", xlabel="mel row", ylabel="dB below loudest", xlim=(0, len(rows) - 1))
    axes.legend(loc="upper right", frameon=False, fontsize=9)


def _modulation(axes: Any, evaluation: Evaluation) -> None:
    fps, sound = evaluation.analysis.frames_per_second, evaluation.sound
    n = modulation_frames(sound.target_db, sound.sound_db)
    hz, wanted = modulation_db(sound.target_db, n, fps)
    _, grown = modulation_db(sound.sound_db, n, fps)
    limit = evaluation.figure("sound_modulation_db").bar
    reach = 0.0 if limit is None or limit.high is None else limit.high
    axes.fill_between(
        hz, wanted - reach, wanted + reach, color=TARGET, alpha=0.18, linewidth=0, label=f"bar ±{reach:.1f} dB"
    )
    axes.plot(hz, wanted, "o-", color=TARGET, markersize=4, label="recording")
    axes.plot(hz, grown, "o-", color=GROWN, markersize=4, label="grown")
    axes.set_xscale("log")
    axes.set_xticks((1, 2, 5, 10, 20, 40), ("1", "2", "5", "10", "20", "40"))
    axes.minorticks_off()
    axes.set(title="modulation of the rows", xlabel="modulation frequency (Hz)", ylabel="power (dB)")
    axes.legend(loc="lower left", frameon=False, fontsize=9)


def _drift(axes: Any, evaluation: Evaluation) -> None:
    error = evaluation.grid.course.error_db.numpy()
    steps = np.arange(1, error.shape[1] + 1)
    kernel = np.ones(_SMOOTH_STEPS) / _SMOOTH_STEPS
    for i, row in enumerate(error):
        axes.plot(steps, row, color=GROWN, alpha=0.18, linewidth=0.5)
        smooth = np.convolve(row, kernel, "valid")
        axes.plot(steps[_SMOOTH_STEPS - 1 :], smooth, color=GROWN, linewidth=1.2, alpha=1 - 0.4 * i, label=f"seed {i}")
    drift, title = evaluation.grid.drift, "LTAS error of the grid"
    if drift is not None:
        title += f": {drift.db_per_decade:+.2f} ± {drift.uncertainty_db:.2f} dB per decade"
        decades = np.log10(steps[DRIFT_FROM:])
        line = error[:, DRIFT_FROM:].mean() + drift.db_per_decade * (decades - decades.mean())
        bar = line[0] + _DRIFT_BAR_DB * (decades - decades[0])
        axes.plot(steps[DRIFT_FROM:], line, color=LIMIT, linewidth=1.6, label="drift")
        axes.plot(steps[DRIFT_FROM:], bar, color=LIMIT, linestyle="--", linewidth=1, label="bar 0.2 dB per decade")
    axes.set_xscale("log")
    axes.set(
        title=title, xlabel="step", ylabel="dB", xlim=(100, len(steps)), ylim=(0, max(3.0, 2.2 * np.median(error)))
    )
    axes.legend(loc="upper right", frameon=False, fontsize=9)


def _recovery(axes: Any, evaluation: Evaluation) -> None:
    shades = ("#f2a65a", GROWN, "#6d214f")
    for recovery, colour in zip(evaluation.grid.recoveries, shades, strict=True):
        excess = recovery.excess_db.mean(dim=0).numpy()
        back = f"{recovery.steps:.0f} steps" if np.isfinite(recovery.steps) else "not back"
        axes.plot(excess, color=colour, linewidth=1.4, label=f"{recovery.share * 100:.0f} % lost: {back}")
        if np.isfinite(recovery.steps):
            axes.axvline(recovery.steps, color=colour, linestyle=":", linewidth=1)
    axes.axhspan(-0.5, 0.5, color=FAINT, alpha=0.3, linewidth=0)
    axes.axvline(150, color=LIMIT, linestyle="--", linewidth=1)
    axes.text(153, 0.9, "bar for 50 %", fontsize=8, color=LIMIT, transform=axes.get_xaxis_transform())
    axes.set(
        title="recovery: LTAS error above an unhurt twin's", xlabel="steps after the wound", ylabel="dB", xlim=(0, 400)
    )
    axes.set_yscale("symlog", linthresh=1)
    axes.set_yticks((0, 0.5, 1, 5, 20), ("0", "0.5", "1", "5", "20"))
    axes.set_ylim(-0.8, 40)
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.86), frameon=False, fontsize=9)


def _tracks(axes: Any, evaluation: Evaluation) -> None:
    """Pitch where there is one, else the levels of the loudest rows."""
    tracks = evaluation.sound.pitch.tracks_hz
    if tracks is None:
        _row_tracks(axes, evaluation)
        return
    grown, wanted = tracks
    middle = np.median(wanted)
    n = min(len(grown), len(wanted), round(_SHOWN_S * RATE_HZ / HOP))
    first = (len(grown) - n) // 2
    time_s = np.arange(n) * HOP / RATE_HZ
    axes.plot(time_s, 1200 * np.log2(wanted[:n] / middle), color=TARGET, linewidth=1.3, label="recording")
    axes.plot(time_s, 1200 * np.log2(grown[first : first + n] / middle), color=GROWN, linewidth=1.3, label="grown")
    axes.axhline(0, color=FAINT, linewidth=0.8)
    off = evaluation.sound.pitch.f0_cents or 0.0
    axes.set(title=f"pitch about {middle:.1f} Hz: median {off:+.1f} cents off", xlabel="time (s)", ylabel="cents")
    axes.legend(loc="upper right", frameon=False, fontsize=9)


def _row_tracks(axes: Any, evaluation: Evaluation) -> None:
    fps, target, sound = evaluation.analysis.frames_per_second, evaluation.sound.target_db, evaluation.sound.sound_db
    n = min(target.shape[1], sound.shape[1], round(_SHOWN_S * fps))
    time_s, top = np.arange(n) / fps, target.max()
    rows = np.argsort(target.mean(axis=1))[::-1][:3]
    for i, m in enumerate(rows):
        label = (None, None) if i else ("recording", "grown")
        axes.plot(time_s, target[m, :n] - top, color=TARGET, linewidth=1, alpha=1 - 0.25 * i, label=label[0])
        axes.plot(time_s, sound[m, :n] - top, color=GROWN, linewidth=1, alpha=1 - 0.25 * i, label=label[1])
    axes.set(title="no pitch: levels of the three loudest rows", xlabel="time (s)", ylabel="dB below loudest")
    axes.legend(loc="lower right", frameon=False, fontsize=9)


def _second_by_second(axes: Any, evaluation: Evaluation) -> None:
    """How far each partial's row strays from the recording's average in every second of the rendering."""
    fps, target, sound = evaluation.analysis.frames_per_second, evaluation.sound.target_db, evaluation.sound.sound_db
    rows = partial_rows(target)
    names: Levels = evaluation.analysis.centres_hz()
    title = "partial rows second by second, against the recording's average"
    if not rows:
        rows = [int(m) for m in np.argsort(target.mean(axis=1))[::-1][:6]]
        title = "loudest rows second by second (no partial stands out)"
    strays = per_second(sound[rows], fps) - target[rows].mean(axis=1)[:, None]
    axes.plot(strays.T, color=GROWN, alpha=0.35, linewidth=0.9)
    worst = int(np.abs(strays).max(axis=1).argmax())
    axes.plot(strays[worst], color=GROWN, linewidth=1.6, label=f"worst: {names[rows[worst]]:.0f} Hz")
    partials = evaluation.sound.partials
    if partials is not None:
        own = f"recording's own worst second ±{partials.floor_db:.1f} dB"
        axes.axhspan(-partials.floor_db, partials.floor_db, color=TARGET, alpha=0.12, linewidth=0, label=own)
    for limit in (-2, 2):
        axes.axhline(limit, color=LIMIT, linestyle="--", linewidth=1, label="bar ±2 dB" if limit > 0 else None)
    reach = max(5.0, float(np.abs(strays).max()) * 1.75)
    axes.set(title=title, xlabel="second of the rendering", ylabel="dB", ylim=(-reach, reach))
    axes.legend(loc="upper right", frameon=False, fontsize=9, ncols=2)


def _grain(page: Any, rooms: dict[str, Any], evaluation: Evaluation) -> None:
    """What no mel shows: could you tell which is which?"""
    grain = evaluation.sound.grain
    for room, (level, rate_hz), title in zip(
        ("fine target", "fine grown"), grain.pictures, ("recording, 4096 points", "grown, 4096 points"), strict=True
    ):
        image = draw_spectrogram(rooms[room], level, rate_hz, title)
    page.colorbar(image, ax=rooms["fine grown"], label="dB below loudest", pad=0.01)
    draw_spectra(rooms["spectra"], grain.recording, grain.sound, (TARGET, GROWN))


def _figures(axes: Any, figures: tuple[Figure, ...]) -> None:
    """The table: what was measured, its floor, its bar and whether it is met."""
    axes.axis("off")
    columns = ((0.0, "left"), (0.705, "right"), (0.795, "right"), (0.93, "right"), (0.945, "left"))
    n_lines = len(figures) + 2 * len({f.domain for f in figures})
    step, y, domain = 1 / (n_lines + 1), 1.0, ""
    for figure in figures:
        if figure.domain != domain:
            domain = figure.domain
            y -= step * (0.6 if y < 1 else 0)
            heads = ({"grid": "GRID", "sound": "SOUND (rendered)", "life": "LIFE"}[domain], "value", "floor", "bar")
            for (x, side), text in zip(columns, heads, strict=False):
                axes.text(x, y, text, ha=side, va="top", fontsize=10.5, fontweight="bold", color=LIMIT)
            y -= step * 1.1
        *cells, _ = figure.cells()
        verdict = {True: "ok", False: "missed", None: ""}[figure.ok]
        if figure.value is None:
            cells[1] = figure.note.split(" (")[0] or "not run"
        colour = {True: "#2a7f3b", False: "#c0182b", None: FAINT if figure.value is None else LIMIT}[figure.ok]
        for i, ((x, side), text) in enumerate(zip(columns, (*cells, verdict), strict=True)):
            shade = colour if i in (1, 4) else LIMIT
            weight = "bold" if i == 4 else "normal"
            axes.text(x, y, text, ha=side, va="top", fontsize=9.3, color=shade, fontweight=weight)
        y -= step
    axes.set(xlim=(0, 1.04), ylim=(0, 1))
