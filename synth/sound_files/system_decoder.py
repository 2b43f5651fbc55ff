"""Formats libsndfile cannot read (AAC in .m4a, WMA, Opus in MP4), decoded by a program that the system has.

ffmpeg reads all of them; macOS brings afconvert. The decoded sound is kept in the user's cache folder, so that the
window and a training decode a recording once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

from synth.errors import RecordingError
from synth.thread_priority import ordinary
from synth.whole_files import written_whole

FOREIGN_SUFFIXES = frozenset(
    {".m4a", ".m4b", ".mp4", ".aac", ".wma", ".asf", ".mka", ".webm", ".mov", ".3gp", ".amr", ".ape", ".wv", ".mpc"}
)
"""By their names recordings that libsndfile does not know."""
_ASF, _MATROSKA = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x1a\x45\xdf\xa3"
_LIMIT_S = 900.0
_MOST_SOUND_S = 6 * 3600
_KEPT = 4


def decoded(path: Path) -> Path:
    """`path` itself, or for a foreign format a FLAC or WAV of its sound; `RecordingError` where nothing reads it."""
    if not _is_foreign(path):
        return path
    kept = _place(path)
    if kept.is_file() and kept.stat().st_size:
        os.utime(kept)
        return kept
    command = _command(path, kept)
    if command is None:
        raise RecordingError(
            f"{path.name} is in a format that only another program can read: convert it to WAV or FLAC, for example by "
            f"ffmpeg -i {path.name} {path.stem}.wav, or install ffmpeg and try again."
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(kept, 0o600, kept.suffix) as part:
        _run([*command, str(part)], path)
    _forget_old(kept)
    return kept


def _is_foreign(path: Path) -> bool:
    """Whether the content is of a family that libsndfile does not know; the name may say anything."""
    with path.open("rb") as file:
        head = file.read(64)
    boxes = head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
    known = (_ASF, _MATROSKA, b"#!AMR", b"MAC ", b"wvpk", b"MPCK", b"MP+", b"ADIF")
    # ADTS AAC begins with twelve bits set, like an MPEG audio frame, but its layer is 0.
    adts = len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0
    return boxes or adts or head.startswith(known)


def _place(path: Path) -> Path:
    """Where the decoded sound of this very content is kept."""
    stat = path.stat()
    key = f"{stat.st_size} {stat.st_mtime_ns} ".encode() + os.fsencode(path.absolute())
    name = f"{hashlib.sha256(key).hexdigest()[:24]}.{'wav' if _afconvert() else 'flac'}"
    return Path(platformdirs.user_cache_dir("petrichord", appauthor=False)) / "decoded" / name


def _afconvert() -> bool:
    return sys.platform == "darwin" and shutil.which("ffmpeg") is None and shutil.which("afconvert") is not None


def _command(path: Path, kept: Path) -> list[str] | None:
    """How the program that there is decodes it, but for the name of what it writes; None where there is none."""
    source = os.fsdecode(path.absolute())
    if _afconvert():
        return ["afconvert", "-f", "WAVE", "-d", "LEI24", source]
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return None
    # Only local files: a playlist inside a recording must not make it fetch anything.
    reading = ["-protocol_whitelist", "file", "-i", f"file:{source}", "-map", "0:a:0", "-t", str(_MOST_SOUND_S)]
    return [ffmpeg, "-nostdin", "-v", "error", "-y", *reading, "-c:a", "flac", "-sample_fmt", "s32"]


def _run(command: list[str], path: Path) -> None:
    program = Path(command[0]).stem
    try:
        with ordinary():
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False,
                encoding="utf-8", errors="replace",
            )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecordingError(f"{path.name} could not be read by {program}: convert it to WAV or FLAC first.") from error
    written = Path(command[-1])
    if done.returncode or not written.stat().st_size:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1].rstrip(".").replace(str(path.absolute()), path.name) if lines else "it says nothing of why"
        raise RecordingError(
            f"{path.name} cannot be read by {program} either ({why}): convert it to WAV or FLAC with another program."
        )


def _forget_old(newest: Path) -> None:
    """A few decoded recordings are kept, no more."""
    found = sorted(newest.parent.glob(f"*{newest.suffix}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in found[_KEPT:]:
        if old != newest:
            old.unlink(missing_ok=True)
