"""A JACK server of its own without a sound card, with as many ports and of the rate that a test wants."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator


@contextlib.contextmanager
def jack_server(rate_hz: int, ports: int) -> Iterator[dict[str, str]]:
    """The environment in which PortAudio finds it; AssertionError when jackd is missing or does not start."""
    assert shutil.which("jackd") and shutil.which("jack_lsp"), "jackd is missing: install jackd2"
    name = f"test{os.getpid()}"
    environment = {**os.environ, "JACK_NO_AUDIO_RESERVATION": "1", "JACK_DEFAULT_SERVER": name}
    server = subprocess.Popen(
        ["jackd", "-r", "-n", name, "-d", "dummy", "-r", str(rate_hz), "-p", "1024", "-P", str(ports), "-C", "1"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 15
    try:
        while subprocess.run(["jack_lsp"], env=environment, capture_output=True, check=False).returncode:
            assert server.poll() is None and time.monotonic() < deadline, "jackd did not start"
            time.sleep(0.1)
        yield environment
    finally:
        server.terminate()
        server.wait(10)
