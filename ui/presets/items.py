"""What an item of the list of presets stands for, and what is said about it."""

from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidgetItem

from synth.file_names import shown_name
from synth.presets.about import OTHER, Category
from synth.presets.card import Card
from ui.presets.row import BUNDLED, CARD, LIKED, PATH, STARS


def path_of(item: QListWidgetItem) -> Path:
    """The file an item stands for."""
    path: Path = item.data(PATH)
    return path


def category_of(item: QListWidgetItem) -> Category:
    """What it is listed under."""
    card = item.data(CARD)
    return card.category if isinstance(card, Card) else OTHER


def searched(item: QListWidgetItem) -> str:
    """What is searched."""
    card = item.data(CARD)
    known = f"{' '.join(card.tags)} {card.category.label} {card.about.comment}" if card else ""
    return f"{item.text()} {path_of(item).stem} {known}".casefold()


def tip(item: QListWidgetItem, card: Card) -> str:
    """What a mouse that rests on a preset is told."""
    where = "Comes with Petrichord" if item.data(BUNDLED) else shown_name(path_of(item))
    said = [card.about.comment, f"{card.category.label} · by {card.author}" if card.author else card.category.label]
    # As text, whatever is written there; paragraphs are broken into lines that fit.
    return "".join(f"<p>{escape(line)}</p>" for line in (*filter(None, said), where))


def describe(item: QListWidgetItem, *, heard: bool = False) -> None:
    """The same for those who listen to the list."""
    card, stars = item.data(CARD), item.data(STARS)
    said = [
        "being heard" if heard else "",
        "yours" if not item.data(BUNDLED) else "",
        category_of(item).label if card else "",
        ", ".join(card.tags) if card else "",
        "favourite" if item.data(LIKED) else "",
        f"{stars} of 5 stars" if stars else "",
        card.about.comment if card else "",
    ]
    item.setData(int(Qt.ItemDataRole.AccessibleDescriptionRole), "; ".join(filter(None, said)))
