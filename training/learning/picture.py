"""A picture of how far training has come: the recording above, the culture below. Axes: `M` mel bands, `T` frames."""

from pathlib import Path

from torch import Tensor

from synth.errors import TrainingError
from synth.mel import MelFormat, band_centres_hz
from training.analysis.metrics import levels_db

_TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)


def draw(target: Tensor, grown: Tensor, fmt: MelFormat, title: str, path: Path) -> None:
    """Both grids, (M, T) and (M, S), in dB below the recording's loudest cell, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_frames = max(target.shape[1], grown.shape[1])
    figure = Figure(figsize=(9, 6), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(title)
    centres = band_centres_hz(fmt)
    rows = {int((centres - hz).abs().argmin()): hz for hz in _TICKS_HZ if hz <= fmt.fmax_hz}
    axes = figure.subplots(2, 1, sharex=True)
    for ax, grid, name in zip(axes, (target, grown), ("recording", "culture"), strict=True):
        seconds = grid.shape[1] / fmt.frames_per_second
        image = ax.imshow(
            levels_db(grid).numpy(),
            origin="lower",
            aspect="auto",
            extent=(0, seconds, -0.5, fmt.n_mels - 0.5),
            vmin=-80,
            vmax=0,
            cmap="magma",
        )
        ax.set_yticks(list(rows), [f"{hz:g}" for hz in rows.values()])
        ax.set_ylabel(f"{name}, Hz")
    axes[1].set_xlim(0, n_frames / fmt.frames_per_second)
    axes[1].set_xlabel("seconds")
    figure.colorbar(image, ax=list(axes), format="%d dB")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.print_png(path)
    except OSError as error:
        raise TrainingError(f"The picture {path} could not be written: {error.strerror}.") from error
