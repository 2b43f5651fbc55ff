"""The presets the user likes best, kept in a small JSON file."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

_KEY = "favourites"


class Favourites:
    """Preset names (file stems). A file that cannot be read costs only itself: `problem` says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        self.names: set[str] = set()
        try:
            names = json.loads(path.read_text(encoding="utf-8"))[_KEY]
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise TypeError(_KEY)
            self.names = set(names)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problem = f"Your favourites in {path} cannot be read ({error.strerror}): the list starts empty."
        except (ValueError, KeyError, TypeError, RecursionError):
            self.problem = f"{path} is damaged: the list of favourites starts empty; {self._put_aside()}."

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def set(self, name: str, liked: bool) -> None:
        """Remember or forget one; `OSError` when that cannot be written (it holds until the program ends)."""
        if liked == (name in self.names):
            return
        self.names = self.names | {name} if liked else self.names - {name}
        self._write()

    def rename(self, old: str, new: str) -> None:
        """A preset has another name now."""
        if old in self.names:
            self.names = self.names - {old} | {new}
            self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({_KEY: sorted(self.names)}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _put_aside(self) -> str:
        aside = self._path.with_suffix(".damaged.json")
        with contextlib.suppress(OSError):
            self._path.replace(aside)
            return f"the old file is now {aside.name}"
        return "it will be replaced"
