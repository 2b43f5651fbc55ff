"""A Hugging Face hub on 127.0.0.1 that serves two files, well or badly.

As the real one does, it answers a question about a large file with a redirect to another host (here `localhost`) that
carries the metadata, and serves its bytes there.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    range: str
    authorization: str


@dataclass
class HubStandIn:
    """Serves `files` (name → bytes) of any repository; the other fields make it misbehave on the large file."""

    files: dict[str, bytes]
    breaks_after: int | None = None
    """Close the next connection after so many bytes of its body; once."""
    stalls_after: int | None = None
    """Send the file up to this byte and then nothing until `release`."""
    busy: bool = False
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Given one after the other in place of the large file's bytes: status and headers."""
    metadata_answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """The same in place of what it knows of a file."""
    ignores_ranges: bool = False
    status: int = 200
    error_code: str = ""
    hides_small_size: bool = False
    """State no length for the small file, as where it travels compressed."""
    said_size: int | None = None
    said_checksum: str | None = None
    extra: bytes = b""
    """Sent after the file, without a Content-Length."""
    content_length: int | None = None
    requests: list[Request] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._released = threading.Event()
        stand_in = self

        class Handler(_Handler):
            hub = stand_in

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ranges(self) -> list[str]:
        """What was asked for of the large file's bytes, in order."""
        return [r.range for r in self.requests if r.path.startswith("/bytes/")]

    def wait_for_release(self) -> None:
        self.stalled.set()
        self._released.wait(30)

    def release(self) -> None:
        self._released.set()

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: HubStandIn

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def log_message(self, *_: object) -> None:
        """Not to the tests' output."""

    def _answer(self, method: str) -> None:
        hub, path = self.hub, urlsplit(self.path).path
        asked, authorization = self.headers.get("Range", ""), self.headers.get("Authorization", "")
        hub.requests.append(Request(method, path, asked, authorization))
        name = path.rsplit("/", 1)[-1]
        if not path.startswith("/bytes/") and hub.metadata_answers:
            self._head(*hub.metadata_answers.pop(0), 0)
        elif hub.status != 200:
            self._head(hub.status, {"X-Error-Code": hub.error_code, "X-Error-Message": "no"}, 0)
        elif name not in hub.files:
            self._head(404, {"X-Error-Code": "EntryNotFound"}, 0)
        elif path.startswith("/bytes/"):
            self._bytes(hub.files[name], asked)
        elif name == "config.json":
            content = hub.files[name]
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            length = None if hub.hides_small_size else len(content)
            self._head(200, {"ETag": f'"{blob}"', "X-Repo-Commit": COMMIT}, length)
            if method == "GET":
                self.wfile.write(content)
        else:
            self._redirect(name)

    def _redirect(self, name: str) -> None:
        hub, content = self.hub, self.hub.files[name]
        checksum = hashlib.sha256(content).hexdigest() if hub.said_checksum is None else hub.said_checksum
        size = len(content) if hub.said_size is None else hub.said_size
        headers = {
            "Location": f"http://localhost:{hub.port}/bytes/{name}",
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(size),
            "X-Linked-ETag": f'"{checksum}"',
            "ETag": '"of the redirect"',
        }
        self._head(302, headers, 0)

    def _bytes(self, content: bytes, asked: str) -> None:
        hub = self.hub
        if hub.busy:
            return self._head(503, {}, 0)
        if hub.breaks_after is None and hub.answers:
            return self._head(*hub.answers.pop(0), 0)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not hub.ignores_ranges else 0
        body = content[start:]
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        length = None if hub.extra else hub.content_length or len(body)
        self._head(206 if start else 200, headers, length)
        if hub.breaks_after is not None:
            body, hub.breaks_after = body[: hub.breaks_after], None
        elif hub.stalls_after is not None:
            self.wfile.write(body[: max(hub.stalls_after - start, 0)])
            self.wfile.flush()
            return hub.wait_for_release()
        self.wfile.write(body + hub.extra)
        return None

    def _head(self, status: int, headers: dict[str, str], length: int | None) -> None:
        self.close_connection = True
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
