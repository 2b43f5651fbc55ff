"""BigVGAN's published checkpoints as a table: what each is, whom it suits, and what there is of it here."""

from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from synth.vocoder.bigvgan.catalogue import FOR_CPU, FOR_GPU, Checkpoint, recommended
from synth.vocoder.bigvgan.fetch import megabytes
from synth.vocoder.choice import Choice
from ui.settings.checkpoints import Here, Shelf
from ui.settings.form import table

_HEADS = ("Checkpoint", "Size", "Licence", "Good for", "State")


def checkpoint_table() -> QTableWidget:
    """Empty as yet."""
    return table("Checkpoints", _HEADS)


def best_here() -> Checkpoint:
    """The one to recommend on this machine."""
    import torch

    return recommended(torch.cuda.is_available() or torch.backends.mps.is_available())


def fill(rows: QTableWidget, shelf: Shelf, best: Checkpoint) -> None:
    """One row for each, in the catalogue's order; the chosen row stays chosen."""
    rows.setRowCount(len(shelf.checkpoints))
    for row, here in enumerate(shelf.checkpoints):
        known = here.checkpoint
        good_for = "a GPU" if known == FOR_GPU else "no GPU" if known == FOR_CPU else ""
        cells = (
            known.name, f"{known.size_mb:.0f} MB", known.licence,
            f"★ {good_for}, as here" if known == best else f"★ {good_for}" if good_for else "",
            _state(here, shelf.choice),
        )  # fmt: skip
        for i, text in enumerate(cells):
            rows.setItem(row, i, QTableWidgetItem(text))


def described(here: Here) -> str:
    """What it is and where."""
    known, fmt = here.checkpoint, here.checkpoint.format
    where = f" In {here.folder}." if here.folder else ""
    return (
        f"For presets of {fmt.rate_hz / 1000:g} kHz, {fmt.n_mels} rows, hop {fmt.hop}, up to {fmt.fmax_hz:g} Hz; "
        f"{known.parameters // 10**6} M parameters, trained on {known.trained_on}.{where}"
    )


def _state(here: Here, choice: Choice) -> str:
    chosen = "your choice, " if here.checkpoint.name == choice.checkpoint else ""
    if here.in_cache:
        return f"{chosen}in the hub’s cache"
    if here.folder is not None:
        return f"{chosen}installed"
    if here.part_bytes:
        return f"{chosen}{megabytes(here.part_bytes)} arrived"
    return f"{chosen}gone" if chosen else "not here"
