"""The vocoder the user settled on, kept in a small file of its own."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from synth.errors import UsageError
from synth.storage import config_folder, write_whole

VocoderName = Literal["auto", "spectral", "bigvgan"]


@dataclass(frozen=True)
class Choice:
    """A vocoder; for `bigvgan` also a published checkpoint's name or the path of a folder."""

    vocoder: VocoderName = "auto"
    checkpoint: str = ""


def choice_path() -> Path:
    """The file of the choice; need not exist."""
    return config_folder() / "vocoder.json"


def read_choice() -> tuple[Choice, str]:
    """What was stored, or the default; and a sentence when the file is damaged, else ""."""
    path = choice_path()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        vocoder, checkpoint = stored["vocoder"], stored["checkpoint"]
    except FileNotFoundError:
        return Choice(), ""
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return Choice(), _damaged(path)
    if vocoder not in ("auto", "spectral", "bigvgan") or not isinstance(checkpoint, str):
        return Choice(), _damaged(path)
    return Choice(vocoder, checkpoint), ""


def store_choice(choice: Choice) -> Path:
    """Write the choice whole or not at all; `UsageError` when the folder cannot be written."""
    path = choice_path()
    try:
        write_whole(path, asdict(choice))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; make its folder writable.") from error
    return path


def _damaged(path: Path) -> str:
    return f"{path} is damaged, so no vocoder is chosen: choose again with petrichord vocoder use."
