"""Getting a published checkpoint from the Hugging Face hub, or from the mirror HF_ENDPOINT names.

Two steps, so that size and licence are seen before anything is downloaded: `ask` reads the hub's metadata, `install`
downloads beside the final place, checks, and moves the whole folder there at once.
"""

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from synth.environment import variable
from synth.errors import VocoderUnavailable
from synth.vocoder.bigvgan.catalogue import Checkpoint
from synth.vocoder.bigvgan.fetch import Patience, Progress, RemoteFile, counted_bytes, fetch, megabytes
from synth.vocoder.bigvgan.folders import CONFIG_NAME, FOLDER_VARIABLE, WEIGHTS_NAME, user_folder
from synth.vocoder.bigvgan.refusals import WAIT_CODES, Tell, Waits, asked_wait_s, socks_proxy
from synth.vocoder.bigvgan.weights import read_config, read_tensors

_HUB = "https://huggingface.co"
_SPARE_BYTES = 50_000_000
"""Left on the disk beyond the files."""
_CHECKSUM_DIGITS = (40, 64)


@dataclass(frozen=True)
class Offer:
    """What the hub has, before any of it is taken."""

    checkpoint: Checkpoint
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def parts_folder(self) -> Path:
        """Where parts are kept: named by content, so a part is only ever continued as the same file."""
        return user_folder() / f".{self.checkpoint.name}-{self.files[-1].checksum[:16]}.part"

    @property
    def missing_bytes(self) -> int:
        """What is still to be downloaded."""
        return sum(max(file.size_bytes - _size(self.parts_folder / file.name), 0) for file in self.files)


def ask(
    wanted: Checkpoint, timeout_s: float = 10.0, cancel: threading.Event | None = None, tell: Tell | None = None
) -> Offer:
    """Sizes and checksums as the hub states them; `VocoderUnavailable` in words when it cannot be asked.

    A hub that says how long to wait is waited for as long: `tell` is told, and `cancel` ends it.
    """
    waits = Waits(cancel or threading.Event(), tell) if tell else Waits(cancel or threading.Event())
    config = _metadata(wanted, CONFIG_NAME, "main", timeout_s, waits)
    # Both files of one commit, even if a new one is published between the two questions.
    weights = _metadata(wanted, WEIGHTS_NAME, config[1], timeout_s, waits)
    return Offer(wanted, config[1], (config[0], weights[0]))


def install(
    offer: Offer,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
    tell: Tell | None = None,
) -> Path:
    """Download what is missing, check it, move it into place; returns the folder. Safe in any thread.

    `progress` counts the bytes of all files; `DownloadCancelled` when `cancel` is set, `VocoderUnavailable` for all
    else, and whatever was installed before is still there.
    """
    parts, before = offer.parts_folder, 0
    _make_room(offer)
    for file in offer.files:
        shown = None if progress is None else _shifted(progress, before, offer.size_bytes)
        fetch(file, parts / file.name, shown, cancel, patience, tell)
        before += file.size_bytes
    try:
        _check_format(offer, parts)
        read_tensors(parts)
    except VocoderUnavailable:
        shutil.rmtree(parts, ignore_errors=True)
        raise
    return _moved(parts, user_folder() / offer.checkpoint.name)


def remedy() -> str:
    """What to do where the hub cannot be reached."""
    return f"copy the checkpoint's folder by hand and name it with petrichord vocoder use or in {FOLDER_VARIABLE}"


def _metadata(wanted: Checkpoint, name: str, revision: str, timeout_s: float, waits: Waits) -> tuple[RemoteFile, str]:
    """One file as the hub describes it, and the commit it is of."""
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    # Named also where it is the usual one: the library takes an empty HF_ENDPOINT for a place.
    endpoint = variable("HF_ENDPOINT").rstrip("/") or _HUB
    url = hf_hub_url(wanted.repository, name, revision=revision, endpoint=endpoint)
    where = "the Hugging Face hub" if endpoint == _HUB else endpoint
    if proxy := socks_proxy():
        raise VocoderUnavailable(
            f"{proxy} is a SOCKS proxy, through which nothing can be downloaded: name an HTTP proxy in HTTPS_PROXY "
            f"and unset the other (ALL_PROXY), or {remedy()}."
        )
    try:
        while True:
            try:
                found = get_hf_file_metadata(url, timeout=timeout_s)
                break
            except errors.HfHubHTTPError as error:
                if error.response is None or error.response.status_code not in WAIT_CODES:
                    raise
                told_s = asked_wait_s(error.response.headers)
                if told_s is None:
                    raise
                waits.wait(told_s, where)
    except VocoderUnavailable:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise VocoderUnavailable(f"HF_HUB_OFFLINE forbids downloading: unset it, or {remedy()}.") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise VocoderUnavailable(f"{_refusal(status, wanted, name, where)}, or {remedy()}.") from error
    except Exception as error:
        # Which library carries the request, and so what it raises, has changed twice between hub versions.
        kind = type(error).__name__
        raise VocoderUnavailable(
            f"{where} cannot be reached ({kind}): check the connection and HF_ENDPOINT, or {remedy()}."
        ) from error
    digest, size = found.etag or "", found.size
    if size is None and len(digest) == _CHECKSUM_DIGITS[0]:
        # Small text files travel compressed, and then the hub may not say how long they are.
        size = counted_bytes(name, url, build_hf_headers(), timeout_s)
    if not size or not found.commit_hash or len(digest) not in _CHECKSUM_DIGITS or not _is_hex(digest):
        raise VocoderUnavailable(
            f"{where} states no size, commit or checksum for {wanted.repository}/{name}, so it could not be checked: "
            f"set HF_ENDPOINT to a mirror that does, or {remedy()}."
        )
    pinned = hf_hub_url(wanted.repository, name, revision=found.commit_hash, endpoint=endpoint)
    return RemoteFile(name, pinned, size, digest.lower(), build_hf_headers()), found.commit_hash


def _refusal(status: int, wanted: Checkpoint, name: str, where: str) -> str:
    if status in (401, 403):
        return f"{wanted.repository} asks for permission at {where} ({status}): log in with hf auth login"
    if status == 407:
        return f"The proxy on the way to {where} asks for a name and a password (407): write them into HTTPS_PROXY"
    if status == 429:
        return f"{where} is asked too much (429) and does not say for how long: try again in some minutes"
    if status == 404:
        return f"{wanted.repository}/{name} is not at {where}: check HF_ENDPOINT"
    return f"{where} answered {status} for {wanted.repository}: try later"


def _make_room(offer: Offer) -> None:
    parts = offer.parts_folder
    try:
        parts.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(parts).free
    except OSError as error:
        raise VocoderUnavailable(f"{parts} cannot be made: {error.strerror}; make {parts.parent} writable.") from error
    needed = offer.missing_bytes + _SPARE_BYTES
    if free < needed:
        raise VocoderUnavailable(
            f"{parts.parent} has {megabytes(free)} free and {megabytes(needed)} are needed: make room and try again."
        )


def _check_format(offer: Offer, folder: Path) -> None:
    speaks = read_config(folder).format
    if speaks != offer.checkpoint.format:
        raise VocoderUnavailable(
            f"{offer.checkpoint.name} arrived speaking {speaks.name} where {offer.checkpoint.format.name} was "
            "published, so it was deleted: check HF_ENDPOINT."
        )


def _moved(parts: Path, folder: Path) -> Path:
    """The finished parts at their final place; the folder there before is gone only when they are."""
    old = folder.with_name(f".{folder.name}.old")
    try:
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.replace(old)
        parts.replace(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.replace(folder)
        raise VocoderUnavailable(f"{folder} cannot be put in place: {error.strerror}; close what uses it.") from error
    for left in (old, *folder.parent.glob(f".{folder.name}-*.part")):
        shutil.rmtree(left, ignore_errors=True)
    return folder


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda have, _of: progress(before + have, total)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in text)
