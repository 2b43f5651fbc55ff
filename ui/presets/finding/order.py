"""The order of presets in the list, and of names in the player’s language: “Äolsharfe” before “Bell”, 9 before 10."""

from functools import lru_cache, total_ordering
from typing import Literal, get_args

from PySide6.QtCore import QCollator, QCollatorSortKey, QLocale, Qt

from synth.presets.about import OTHER, Category
from synth.presets.card import Card

SortBy = Literal["name", "newest", "author", "rating", "lively"]
SORTS: tuple[SortBy, ...] = get_args(SortBy)
SORT_LABELS: dict[SortBy, str] = {
    "name": "Name",
    "newest": "Date, newest first",
    "author": "Author",
    "rating": "Rating, best first",
    "lively": "Liveliness, most first",
}
"""As the menu says them."""


@total_ordering
class NameKey:
    """Names are sorted by this."""

    def __init__(self, key: QCollatorSortKey) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NameKey) and self._key.compare(other._key) == 0

    def __lt__(self, other: "NameKey") -> bool:
        return self._key.compare(other._key) < 0


def name_key(name: str) -> NameKey:
    """The place of a name among others, in the player's language."""
    return NameKey(_collator(QLocale().name()).sortKey(name))


GroupKey = tuple[bool, NameKey]
SortKey = tuple[GroupKey | None, bool, tuple[object, ...], NameKey]


def group_key(category: Category) -> GroupKey:
    """Groups are in the order of their names, and what belongs to none is the last."""
    return category is OTHER, name_key(category.label)


def sort_key(name: str, card: Card | None, by: SortBy, *, bundled: bool, stars: int, group: Category | None) -> SortKey:
    """A preset's place in the list, where presets are `group`ed or not.

    One whose `card` is not read yet, or has nothing to sort by, comes last. The dates of files that came with
    Petrichord say when it was installed: these presets are the oldest, in the order of their names.
    """
    first: tuple[object, ...] = ()
    if by == "rating":
        first = (-stars,)
    elif by == "newest":
        first = (0.0 if bundled or card is None else -card.written_s,)
    elif by == "lively":
        first = (0.0 if card is None else -card.liveliness_db,)
    elif by == "author":
        author = "" if card is None else card.author
        first = (not author, name_key(author))
    return (None if group is None else group_key(group)), True, first, name_key(name)


def head_key(group: Category) -> SortKey:
    """The place of a group's head: before all its presets."""
    return group_key(group), False, (), name_key("")


@lru_cache(maxsize=4)
def _collator(locale: str) -> QCollator:
    # The “C” locale sorts by code: A, B, a, Ä.
    collator = QCollator(QLocale("en") if locale == "C" else QLocale(locale))
    collator.setNumericMode(True)
    collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return collator
