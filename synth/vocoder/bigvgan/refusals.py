"""What a hub, or what lies between, says instead of a file: to wait, to ask for permission, that it is not there."""

import email.utils
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from synth.errors import VocoderUnavailable


class Headers(Protocol):
    """Of an answer, whichever library carries it."""

    def get(self, name: str, /) -> str | None: ...


Tell = Callable[[str], None]
"""Shown to the user while a download goes on."""

WAIT_CODES = (429, 503)
"""Of these answers the header Retry-After says how long (RFC 9110, RFC 6585)."""
_MOST_WAITS = 20
_LONGEST_S = 900.0
_RATE_LIMIT = re.compile(r";\s*t=(\d+)")


class DownloadCancelled(VocoderUnavailable):
    """The user stopped a download; what has arrived is kept."""


def _nobody(text: str) -> None:
    """Nobody listens."""


@dataclass
class Waits:
    """Waits as a server tells to, until it is cancelled."""

    cancel: threading.Event = field(default_factory=threading.Event)
    tell: Tell = _nobody
    longest_s: float = _LONGEST_S
    count: int = 0

    def wait(self, seconds: float, who: str) -> None:
        """`DownloadCancelled` when it is cancelled meanwhile, `VocoderUnavailable` when it is too long or too often."""
        self.count += 1
        if seconds > self.longest_s:
            raise VocoderUnavailable(f"{who} is asked too much and says to wait {_duration(seconds)}: try again then.")
        if self.count > _MOST_WAITS:
            raise VocoderUnavailable(f"{who} said {_MOST_WAITS} times to wait: try again later, it goes on from there.")
        self.tell(f"{who} is asked too much and says to wait {_duration(seconds)}; it goes on by itself then.")
        if self.cancel.wait(seconds):
            raise DownloadCancelled(f"Stopped while waiting for {who}: the next try goes on from there.")


def asked_wait_s(headers: Headers) -> float | None:
    """How long an answer tells to wait: a number of seconds, or a date; None where it does not say."""
    told = (headers.get("Retry-After") or "").strip()
    if told.isdecimal() and len(told) < 10:
        return float(told)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError):
        pass
    # The hub's own way to say when its count of questions starts anew.
    limit = _RATE_LIMIT.search(headers.get("RateLimit") or "")
    return float(limit[1]) if limit else None


def refusal_of_bytes(status: int, reason: str, name: str) -> str:
    """Why the bytes of a file are not given, and what to do."""
    if status in (401, 403):
        return (
            f"{name} is not given away ({status}): if it asks for permission, log in with hf auth login; try again, "
            "it goes on from there."
        )
    if status in (404, 410):
        return f"{name} is not there any more ({status}): it was moved or withdrawn; choose another."
    if status == 407:
        return f"The proxy asks for a password ({status}): set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT."
    if status == 451:
        return f"{name} may not be given away where you are ({status}): copy it by hand from elsewhere."
    return f"{name} is refused by the server ({status} {reason}): try later, or check HF_ENDPOINT."


def socks_proxy() -> str:
    """The SOCKS proxy that the environment or the system names, without its password; "" where there is none."""
    for kind, address in urllib.request.getproxies().items():
        parts = urllib.parse.urlsplit(address)
        if parts.scheme.startswith("socks") and kind != "no":
            return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
