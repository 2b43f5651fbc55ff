"""The presets the user likes best, kept in a small JSON file."""

import json
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from synth.file_lock import alone_in
from synth.storage import put_aside, write_whole

_KEY = "favourites"


class Favourites:
    """Preset names (file stems). A file that cannot be read costs only itself: `problem` says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        self.names: set[str] = set()
        try:
            self.names = _read(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problem = f"Your favourites in {path} cannot be read ({error.strerror}): the list starts empty."
        except (ValueError, KeyError, TypeError, RecursionError):
            self.problem = f"{path} is damaged: the list of favourites starts empty; {put_aside(path)}."

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def set(self, name: str, liked: bool) -> None:
        """Remember or forget one; `OSError` when that cannot be written (it holds until the program ends)."""
        if liked != (name in self.names):
            self._change(liked=frozenset([name] if liked else []), unliked=frozenset([name]))

    def rename(self, old: str, new: str) -> None:
        """A preset has another name now."""
        if old in self.names:
            self._change(liked={new}, unliked={old})

    def _change(self, liked: Set[str], unliked: Set[str]) -> None:
        """Change these alone, in what the file says now: another window may have changed others."""
        self.names = self.names - unliked | liked
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(self._path.parent):
            with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
                self.names = _read(self._path) - unliked | liked
            write_whole(self._path, {_KEY: sorted(self.names)})


def _read(path: Path) -> set[str]:
    names = json.loads(path.read_text(encoding="utf-8"))[_KEY]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(_KEY)
    return set(names)
