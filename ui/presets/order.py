"""The order of names in a list, as the player’s language has it: “Äolsharfe” before “Bell”, 9 before 10."""

from functools import lru_cache

from PySide6.QtCore import QCollator, QCollatorSortKey, QLocale, Qt


def name_key(name: str) -> QCollatorSortKey:
    """Names are sorted by this."""
    return _collator(QLocale().name()).sortKey(name)


@lru_cache(maxsize=4)
def _collator(locale: str) -> QCollator:
    # The “C” locale sorts by code: A, B, a, Ä.
    collator = QCollator(QLocale("en") if locale == "C" else QLocale(locale))
    collator.setNumericMode(True)
    collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return collator
