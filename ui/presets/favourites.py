"""What the user thinks of presets, bundled ones too: which are favourites, and from one to five stars for each.

Kept in a small JSON file of the user's, never in a preset.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.file_lock import alone_in
from synth.storage import put_aside, write_whole

MOST_STARS = 5
_LIKED, _RATED = "favourites", "ratings"
_UNREADABLE = (ValueError, KeyError, TypeError, RecursionError)


@dataclass(frozen=True)
class _Kept:
    """What the file holds."""

    names: frozenset[str] = frozenset()
    stars: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {_LIKED: sorted(self.names), **({_RATED: dict(sorted(self.stars.items()))} if self.stars else {})}


class Favourites:
    """Of preset names (file stems). A file that cannot be read costs only itself: `problem` says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        self._kept = _Kept()
        try:
            self._kept = _read(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problem = f"Your favourites in {path} cannot be read ({error.strerror}): the list starts empty."
        except _UNREADABLE:
            self.problem = f"{path} is damaged: the list of favourites starts empty; {put_aside(path)}."

    def __contains__(self, name: str) -> bool:
        return name in self._kept.names

    def stars(self, name: str) -> int:
        """From one to `MOST_STARS`, 0 where there is no rating."""
        return self._kept.stars.get(name, 0)

    def set(self, name: str, liked: bool) -> None:
        """Remember or forget one; `OSError` when that cannot be written (it holds until the program ends)."""
        if liked != (name in self):
            self._change(lambda kept: _Kept(kept.names | {name} if liked else kept.names - {name}, kept.stars))

    def rate(self, name: str, stars: int) -> None:
        """Give it so many stars, 0 takes them away; `OSError` as above."""
        if stars != self.stars(name):
            self._change(lambda kept: _Kept(kept.names, _rated(kept.stars, name, stars)))

    def rename(self, old: str, new: str) -> None:
        """A preset has another name now."""

        def renamed(kept: _Kept) -> _Kept:
            names = kept.names - {old} | {new} if old in kept.names else kept.names
            return _Kept(names, _rated(_rated(kept.stars, old, 0), new, kept.stars.get(old, 0)))

        if renamed(self._kept) != self._kept:
            self._change(renamed)

    def _change(self, change: Callable[[_Kept], _Kept]) -> None:
        """Change this alone, in what the file says now: another window may have changed others."""
        self._kept = change(self._kept)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(self._path.parent):
            with suppress(OSError, *_UNREADABLE):
                self._kept = change(_read(self._path))
            write_whole(self._path, self._kept.as_json())


def _rated(stars: dict[str, int], name: str, given: int) -> dict[str, int]:
    others = {other: had for other, had in stars.items() if other != name}
    return {**others, name: given} if given else others


def _read(path: Path) -> _Kept:
    content = json.loads(path.read_text(encoding="utf-8"))
    names, stars = content[_LIKED], content.get(_RATED, {})
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(_LIKED)
    if not isinstance(stars, dict) or not all(type(n) is int and 1 <= n <= MOST_STARS for n in stars.values()):
        raise TypeError(_RATED)
    return _Kept(frozenset(names), stars)
