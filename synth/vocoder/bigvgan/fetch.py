"""One file over HTTP: streamed beside its final place, resumed where it broke off, cancelled at will, checked.

`huggingface_hub` downloads into a file of its own for every attempt and deletes it when one fails (2.4), so half a
gigabyte over a bad line starts over each time, and it cannot be cancelled: hence this module.
"""

import errno
import hashlib
import http.client
import re
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from synth.errors import VocoderUnavailable
from synth.vocoder.bigvgan.refusals import (
    WAIT_CODES,
    DownloadCancelled,
    Tell,
    Waits,
    asked_wait_s,
    refusal_of_bytes,
)

_CHUNK_BYTES = 1 << 16
_TRIES = 3
"""Attempts in a row that may end without a new byte."""
_SMALL_BYTES = 1_000_000
_LISTEN_S = 0.05
"""How soon a download notices that it is to stop."""
_BUSY = (408, 429, 500, 502, 503, 504)
_NO_SUCH_RANGE = 416

Progress = Callable[[int, int], None]
"""Called with the bytes there are and the bytes there will be."""


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub's metadata describes it."""

    name: str
    url: str
    size_bytes: int
    checksum: str
    """SHA-256 (64 digits) of a large file, or the git blob's SHA-1 (40 digits) of a small one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the URL's own host, and not to where it redirects."""


@dataclass(frozen=True)
class Patience:
    """How long a silent server is waited for."""

    timeout_s: float = 10.0
    pause_s: float = 1.0
    """Before the next attempt, longer each time."""


def fetch(
    remote: RemoteFile,
    part: Path,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
    tell: Tell | None = None,
) -> None:
    """Bring `part` to the whole file, from whatever of it is there, and check it.

    `VocoderUnavailable` in words when the server, the disk or the file is no good: `part` is then kept if going on can
    help, deleted if what arrived is wrong. `DownloadCancelled` when `cancel` is set. A server that says how long to
    wait is waited for as long, and `tell` is told.
    """
    patience, cancel = patience or Patience(), cancel or threading.Event()
    waits = Waits(cancel, tell or _unheard)
    part.touch()
    if part.stat().st_size > remote.size_bytes:
        part.write_bytes(b"")
    failures = 0
    while (have := part.stat().st_size) < remote.size_bytes:
        try:
            _stream(remote, part, progress or _silent, cancel, patience.timeout_s)
        except (OSError, http.client.HTTPException) as error:
            if cancel.is_set():
                raise _cancelled(remote, part) from None
            if isinstance(error, urllib.error.HTTPError):
                if error.code == _NO_SUCH_RANGE:
                    # What is here is not the beginning of what is there.
                    part.write_bytes(b"")
                elif error.code in WAIT_CODES and (told_s := asked_wait_s(error.headers)) is not None:
                    waits.wait(told_s, urllib.parse.urlsplit(remote.url).hostname or "the server")
                    continue
            failures = failures + 1 if part.stat().st_size <= have else 1
            if failures >= _TRIES:
                raise VocoderUnavailable(
                    f"{remote.name} broke off after {megabytes(part.stat().st_size)} of "
                    f"{megabytes(remote.size_bytes)} ({_reason(error)}): try again, it goes on from there."
                ) from error
            if cancel.wait(patience.pause_s * failures):
                raise _cancelled(remote, part) from None
    if cancel.is_set():
        raise _cancelled(remote, part)
    if checksum_of(part, remote.checksum) != remote.checksum:
        part.unlink()
        raise VocoderUnavailable(
            f"{remote.name} arrived with another checksum than the hub names, so it was deleted: try again, and if it "
            "happens twice, do not trust this connection or mirror."
        )


def counted_bytes(name: str, url: str, headers: Mapping[str, str], timeout_s: float) -> int:
    """The length of a small file that nobody states, by reading it; `VocoderUnavailable` above 1 MB."""
    remote = RemoteFile(name, url, _SMALL_BYTES, "", headers)
    try:
        with _open(remote, 0, timeout_s) as response:
            length = len(response.read(_SMALL_BYTES + 1))
    except (OSError, http.client.HTTPException) as error:
        raise VocoderUnavailable(f"{name} could not be read ({_reason(error)}): try again.") from error
    if length > _SMALL_BYTES:
        raise VocoderUnavailable(_too_long(remote))
    return length


def checksum_of(path: Path, like: str) -> str:
    """The file's checksum of the kind that `like` is: SHA-256, or git's SHA-1 of a blob."""
    size = path.stat().st_size
    digest = hashlib.sha256() if len(like) == 64 else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def megabytes(n_bytes: int) -> str:
    """As shown to the user, in 10⁶ bytes."""
    return f"{n_bytes / 1e6:.1f} MB"


def _stream(remote: RemoteFile, part: Path, progress: Progress, cancel: threading.Event, timeout_s: float) -> None:
    """One connection's worth; an error of the network is raised as it is."""
    have = part.stat().st_size
    with _open(remote, have, timeout_s) as response, _hung_up(response, cancel):
        at = have if _resumes_at(response) == have else 0
        _check_length(remote, at, response)
        with part.open("r+b") as file:
            file.seek(at)
            if at < have:
                file.truncate()
            while at < remote.size_bytes:
                if cancel.is_set():
                    raise _cancelled(remote, part)
                block = response.read1(_CHUNK_BYTES)
                if not block:
                    raise http.client.IncompleteRead(b"", remote.size_bytes - at)
                at += len(block)
                if at > remote.size_bytes:
                    raise VocoderUnavailable(_too_long(remote))
                _write(file, block, part)
                progress(at, remote.size_bytes)


@contextmanager
def _hung_up(response: http.client.HTTPResponse, cancel: threading.Event) -> Iterator[None]:
    """Close the connection as soon as `cancel` is set: a read waits for a silent server as long as it has patience."""
    over = threading.Event()
    # A second handle on the connection: shutting it down ends a read that another thread is waiting in.
    line = socket.fromfd(response.fileno(), socket.AF_INET, socket.SOCK_STREAM)

    def watch() -> None:
        while not over.is_set():
            if cancel.wait(_LISTEN_S):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name="download-cancel", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        line.close()


def _open(remote: RemoteFile, have: int, timeout_s: float) -> http.client.HTTPResponse:
    request = urllib.request.Request(remote.url, headers={"Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    for name, value in remote.headers.items():
        request.add_unredirected_header(name, value)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout_s, context=_certificates())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (*_BUSY, _NO_SUCH_RANGE):
            raise
        raise VocoderUnavailable(refusal_of_bytes(error.code, error.reason, remote.name)) from error
    except OSError as error:
        if "Tunnel connection failed: 407" in str(error):
            # So urllib says it of a tunnel.
            raise VocoderUnavailable(refusal_of_bytes(407, "", remote.name)) from error
        raise
    return response


def _certificates() -> ssl.SSLContext:
    """The system's authorities, and certifi's where the system shows none to Python (macOS, python.org's build)."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _resumes_at(response: http.client.HTTPResponse) -> int:
    """Where the body starts in the file; a server that knows no ranges starts over."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if response.status == 206 and match else 0


def _check_length(remote: RemoteFile, at: int, response: http.client.HTTPResponse) -> None:
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and at + int(length) > remote.size_bytes:
        raise VocoderUnavailable(_too_long(remote))


def _write(file: IO[bytes], block: bytes, part: Path) -> None:
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        what = "The disk is full" if error.errno == errno.ENOSPC else f"{part} cannot be written ({error.strerror})"
        raise VocoderUnavailable(f"{what}: make room in {part.parent} and try again, it goes on from there.") from error


def _too_long(remote: RemoteFile) -> str:
    return (
        f"{remote.name} is longer than the {remote.size_bytes} bytes the hub names, so it is not taken: try later, or "
        "check HF_ENDPOINT."
    )


def _cancelled(remote: RemoteFile, part: Path) -> DownloadCancelled:
    return DownloadCancelled(
        f"Stopped at {megabytes(part.stat().st_size)} of {megabytes(remote.size_bytes)}: the next try goes on from "
        "there."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "the server fell silent"
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended early"
    return str(getattr(error, "reason", None) or error) or type(error).__name__


def _silent(have: int, of: int) -> None:
    """Nobody watches."""


def _unheard(text: str) -> None:
    """Nobody listens."""
