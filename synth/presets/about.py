"""What its owner says of a preset: a category, tags and a comment, which travel in its file."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_COMMENT = 500
MAX_TAG, MAX_TAGS = 30, 16
"""Of what is typed; a file may hold more."""


@dataclass(frozen=True)
class Category:
    """One of the groups that presets are sorted into."""

    id: str
    """As files hold it."""
    label: str
    """As people read it."""
    tags: frozenset[str] = frozenset()
    """A preset that states no category belongs here if it has one of these."""


def _category(label: str, *tags: str) -> Category:
    return Category(label.casefold(), label, frozenset(tags))


# In the order in which tags are looked at: a harp is tagged “strings” as well, a vibraphone “keys”, glass “pad”.
CATEGORIES: tuple[Category, ...] = (
    _category("Plucked", "plucked", "guitar"),
    _category("Strings", "strings", "bowed"),
    _category("Voices", "voice", "choir"),
    _category("Winds", "winds", "brass"),
    _category("Glass", "glass"),
    _category("Bells", "bell", "bowl", "metal", "mallet"),
    _category("Percussion", "percussion", "drum"),
    _category("Keys", "keys", "organ", "piano"),
    _category("Bass", "bass"),
    _category("Lead", "lead"),
    _category("Pads", "pad", "drone"),
    _category("Nature", "nature", "water", "wind", "noise"),
    _category("Effects", "effect", "effects"),
    _category("Other"),
)
OTHER = CATEGORIES[-1]


def category_of(stated: str, tags: Iterable[str]) -> Category:
    """The group a preset belongs to: the one it states, else the first that its tags speak for.

    One that a later version knows and this one does not is as none.
    """
    known = next((category for category in CATEGORIES if category.id == stated), None)
    has = {tag.casefold() for tag in tags}
    return known or next((category for category in CATEGORIES if category.tags & has), OTHER)


@dataclass(frozen=True)
class About:
    """What can be said of a preset when it is saved, and changed later."""

    category: str = ""
    """A `Category.id`; "" states none."""
    tags: tuple[str, ...] = ()
    comment: str = ""


def tags_from(typed: str) -> tuple[str, ...]:
    """The tags in a line of them, separated by commas: each once, in lower case, at most `MAX_TAGS`."""
    words = (" ".join(word.split()).casefold()[:MAX_TAG].strip() for word in typed.split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:MAX_TAGS]
