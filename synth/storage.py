"""Small JSON files that belong to the user: read field by field whatever is in them, written whole or not at all.

A file that is damaged, foreign or newer costs only what cannot be used of it; each loss is a sentence.
"""

import contextlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from synth.file_lock import alone_in
from synth.whole_files import written_whole

_MOST_BYTES = 1_000_000
_SHOWN = 40
_LONGEST_TEXT = 4096
_VERSION = "schema_version"

Check = Callable[[object], Any]
"""Makes a stored value usable; `ValueError` says what is wanted instead, as in "a number from 1 to 2"."""


def config_folder() -> Path:
    """Where this system keeps a user's settings; need not exist."""
    return Path(platformdirs.user_config_dir("petrichord", appauthor=False))


def write_whole(path: Path, content: object) -> None:
    """Write JSON so that there is the old file or the new one, never half of one; `OSError` when it cannot be."""
    write_bytes_whole(path, json.dumps(content, indent=1).encode())


def write_bytes_whole(path: Path, content: bytes, *, shared: bool = False) -> None:
    """The same for any content; `shared` lets every user of the machine read it, as files made otherwise can be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path, 0o644 if shared else 0o600) as part:
        part.write_bytes(content)


def put_aside(path: Path) -> str:
    """Move a damaged file out of the way; a clause that says what became of it."""
    aside = path.with_suffix(f".damaged{path.suffix}")
    with contextlib.suppress(OSError):
        path.replace(aside)
        return f"the old file is now {aside.name}"
    return "it will be replaced"


class StoredObject:
    """One JSON object on disk. What a newer version put there and this one does not know is kept."""

    def __init__(self, path: Path, what: str, version: int = 1) -> None:
        """`what` is in it, as in "settings"; nothing raises: `problems` says what is wrong."""
        self.path, self._what, self._version = path, what, version
        self.problems: list[str] = []
        self.lost = False
        """True when there was a file of which nothing can be used."""
        self.content: dict[str, Any] = self._read()
        self._seen = self.content
        """What was read, and what was written since: where the file says something else now, another window wrote."""
        self._given: Mapping[str, Any] = {}
        """The values that this window had last."""

    def fields(self, checks: Mapping[str, Check], section: str = "") -> dict[str, Any]:
        """The usable fields of the object, or of an object in it; what is missing is not among them."""
        stored: object = self.content.get(section) if section else self.content
        if stored is None:
            return {}
        if not isinstance(stored, dict):
            self._complain(f"“{section}” in {self.path} is {_shown(stored)} and not an object: it starts anew.")
            return {}
        usable = {}
        for name, check in checks.items():
            if name not in stored:
                continue
            try:
                usable[name] = check(stored[name])
            except ValueError as wanted:
                label = f"{section}.{name}" if section else name
                self._complain(
                    f"“{label}” in {self.path} is {_shown(stored[name])} and not {wanted}: its default is used."
                )
        return usable

    def begin_with(self, values: Mapping[str, Any]) -> None:
        """These are the values in use since the file was read: only what differs from them is a change of ours."""
        self._given = values

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace these fields, one by one within objects, and keep the others; `OSError` when it cannot be written.

        The file is read again before: a field that another window changed is replaced only if it was changed here too.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(self.path.parent):
            now = self._read_again()
            ours = _ours(values, self._given, self._seen, now)
            self._seen = _merged(self._seen, ours)
            self._given = _merged(self._given, values)
            self.content = _merged(now, ours)
            known = self.content.get(_VERSION)
            newer = isinstance(known, int) and not isinstance(known, bool) and known > self._version
            self.content[_VERSION] = known if newer else self._version
            try:
                write_whole(self.path, self.content)
            except (ValueError, RecursionError):
                # Something unknown in it can be read and not written again: nested too deeply.
                self.content = {_VERSION: self._version, **values}
                write_whole(self.path, self.content)

    def _read_again(self) -> dict[str, Any]:
        """What the file says now; what was known of it where it cannot be read."""
        try:
            content = _loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return self.content
        return content if isinstance(content, dict) else self.content

    def _read(self) -> dict[str, Any]:
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                raise ValueError
            content = _loads(self.path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            self._complain(f"Your {self._what} in {self.path} cannot be read ({error.strerror}): defaults are used.")
            self.lost = True
            return {}
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            self.lost = True
            self._complain(f"{self.path} is damaged, so your {self._what} start anew; {put_aside(self.path)}.")
            return {}
        return content

    def _complain(self, sentence: str) -> None:
        self.problems.append(sentence)


def _loads(content: bytes) -> Any:
    """JSON; NaN and infinity, which are none and which no two readings find equal, are null."""
    return json.loads(content.decode("utf-8"), parse_constant=lambda _: None)


def number(low: float, high: float) -> Check:
    """A finite number within a range."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def whole_number(low: int, high: int) -> Check:
    """An integer within a range."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def text(value: object) -> str:
    """A string that every system can show."""
    if not isinstance(value, str) or not _plain(value):
        raise ValueError("a text")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(entry, str) and _plain(entry) for entry in value):
        raise ValueError("a list of texts")
    return tuple(value)


def absolute_path(value: object) -> Path:
    """A full path, of something that need not exist."""
    if not isinstance(value, str) or not _nameable(value) or not Path(value).is_absolute():
        raise ValueError("a full path")
    return Path(value)


def one_of(*choices: str) -> Check:
    """One of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return check


def perhaps(check: Check) -> Check:
    """What `check` takes, or nothing (`null`)."""
    return lambda value: None if value is None else check(value)


class StoredFile:
    """What every file of ours has that is read field by field."""

    def __init__(self, path: Path, what: str) -> None:
        """See `StoredObject`."""
        self._file = StoredObject(path, what)

    @property
    def path(self) -> Path:
        """Where it is; it need not exist."""
        return self._file.path

    @property
    def problems(self) -> list[str]:
        """Sentences about what could not be used."""
        return self._file.problems


def _plain(value: str) -> bool:
    """Can be written, shown and given to the system: no zero bytes and no halves of characters."""
    return len(value) <= _LONGEST_TEXT and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _nameable(value: str) -> bool:
    """Can be the name of a file here: text, or on some systems bytes that are none."""
    try:
        return _plain(os.fsencode(value).decode("utf-8", "replace"))
    except UnicodeEncodeError:
        return False


def _merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for name, value in now.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


_MISSING = object()


def _ours(
    values: Mapping[str, Any], given: Mapping[str, Any], seen: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Those of the values that are to be written: changed here since they were `given`, or by nobody else since they
    were `seen` in the file that says `now`."""
    ours: dict[str, Any] = {}
    for name, value in values.items():
        there = now.get(name, _MISSING)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            inner = _ours(value, _object(given.get(name)), _object(seen.get(name)), there)
            if inner:
                ours[name] = inner
        elif there is _MISSING or there == seen.get(name, _MISSING) or value != given.get(name, _MISSING):
            ours[name] = value
    return ours


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _shown(value: object) -> str:
    """A stored value in a sentence: short and plain."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    shown = json.dumps(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
