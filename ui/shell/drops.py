"""What was dropped on the window: presets, banks, recordings, MIDI files, also in a folder; a sentence on the rest."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QUrl

from synth.file_names import shown_name
from synth.presets.bank import BANK_SUFFIX
from synth.presets.file import SUFFIX
from ui.trainer.recording.suffixes import SUFFIXES

if TYPE_CHECKING:
    from ui.presets.librarian import Librarian
    from ui.trainer.desk import TrainDesk
    from ui.widgets.banner import Banner

_MOST_ENTRIES = 2000
"""Of a folder; more of it is not looked at."""
_MOST_PRESETS = 64
_MIDI = frozenset({".mid", ".midi"})
_SHOWN = 60


@dataclass(frozen=True)
class Dropped:
    """What of it can be used, and sentences about what cannot."""

    presets: tuple[Path, ...] = ()
    recordings: tuple[Path, ...] = ()
    midi: tuple[Path, ...] = ()
    refusals: tuple[str, ...] = ()
    banks: tuple[Path, ...] = ()


def is_droppable(data: QMimeData) -> bool:
    """Files, folders, links and text are taken, if only to say why they cannot be used."""
    return data.hasUrls() or data.hasText()


def sort_out(data: QMimeData) -> Dropped:
    """What is in a drop; looks into folders, one level deep."""
    if not data.hasUrls():
        return Dropped(
            refusals=("Text cannot be dropped here: drop the file of a preset, a bank, a recording or a MIDI file.",)
        )
    presets: list[Path] = []
    recordings: list[Path] = []
    midi: list[Path] = []
    banks: list[Path] = []
    kinds = {SUFFIX: presets, BANK_SUFFIX: banks, **dict.fromkeys(_MIDI, midi), **dict.fromkeys(SUFFIXES, recordings)}
    refusals: list[str] = []
    strangers: list[Path] = []
    for url in data.urls():
        if not url.isLocalFile():
            refusals.append(f"“{_short(url.toString())}” is a link: download what it leads to, and drop that file.")
            continue
        path = local_path(url)
        inside = _inside(path)
        found = [path] if inside is None else inside
        usable = [file for file in found if file.suffix.casefold() in kinds]
        for file in usable:
            kinds[file.suffix.casefold()].append(file)
        if not usable and inside is not None:
            name = _short(shown_name(path.name))
            refusals.append(
                f"The folder “{name}” holds neither a preset, nor a bank, nor a recording, nor a MIDI file."
            )
        elif not usable:
            strangers.append(path)
    if strangers:
        more = f" and {len(strangers) - 1} more are" if len(strangers) > 1 else " is"
        refusals.append(
            f"“{_short(shown_name(strangers[0].name))}”{more} neither a preset ({SUFFIX}), nor a bank "
            f"({BANK_SUFFIX}), nor a recording, nor a MIDI file: drop one of those."
        )
    return Dropped(tuple(presets), tuple(recordings), tuple(midi), tuple(refusals), tuple(banks))


def take_in(
    dropped: Dropped,
    librarian: "Librarian",
    trainer: "TrainDesk",
    play_midi: Callable[[Path], object],
    banner: "Banner",
) -> None:
    """Play the preset and keep the others, learn from the recording or offer several, play the MIDI file, and say what
    was left."""
    for path in dropped.presets[1:_MOST_PRESETS]:
        librarian.adopt(path, load=False)
    for path in dropped.presets[:1]:
        librarian.adopt(path)
    for path in dropped.banks:
        librarian.import_bank(path)
    if len(dropped.recordings) == 1:
        trainer.take(dropped.recordings[0])
    elif dropped.recordings:
        trainer.offer(list(dropped.recordings))
    for path in dropped.midi[:1]:
        play_midi(path)
    refusals = list(dropped.refusals)
    if len(dropped.midi) > 1:
        name = _short(shown_name(dropped.midi[0].name))
        refusals.append(f"One MIDI file plays at a time, “{name}” now: drop the others one by one.")
    if len(dropped.presets) > _MOST_PRESETS:
        refusals.append(f"{_MOST_PRESETS} presets are taken at a time: drop the others again.")
    if refusals:
        more = f" ({len(refusals) - 1} more were left as well.)" if len(refusals) > 1 else ""
        banner.say(refusals[0] + more)


def local_path(url: QUrl) -> Path:
    """The file of a local URL, also one whose name is no text, of which Qt would lose a part."""
    if sys.platform == "win32":
        path = url.toLocalFile()
    else:
        path = os.fsdecode(unquote_to_bytes(url.path(QUrl.ComponentFormattingOption.FullyEncoded)))
    return Path(path)


def _inside(path: Path) -> list[Path] | None:
    """The files of a folder by name; None for what is no folder."""
    if not path.is_dir():
        return None
    try:
        with os.scandir(path) as entries:
            return sorted(Path(entry.path) for entry in islice(entries, _MOST_ENTRIES) if _is_shown(entry))
    except OSError:
        return []


def _is_shown(entry: "os.DirEntry[str]") -> bool:
    return entry.is_file() and not entry.name.startswith(".")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
