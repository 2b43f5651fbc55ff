"""JACK servers for the tests of ports."""

from collections.abc import Callable, Iterator

import pytest

from tests.doubles.jack_server import JackServer

MakeServer = Callable[[int], JackServer]


@pytest.fixture
def make_jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeServer]:
    """Makes the server that this process and its children take for the machine's, with this many frames in a period;
    the test starts it."""
    servers: list[JackServer] = []

    def make(frames: int) -> JackServer:
        server = JackServer(frames)
        monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def jack_server(make_jack_server: MakeServer) -> JackServer:
    """A running server."""
    server = make_jack_server(128)
    server.start()
    return server
