"""Programs that begin when the packages of others are imported: forked from a process that has imported them.

Torch, numba and pyqtgraph take two thirds of the processor time in which a window opens. Nothing of ours is imported
before the fork, no thread is running then, and no Qt application, device or file is open.
"""

import atexit
import functools
import json
import select
import subprocess
import sys
from pathlib import Path

_SERVER = """
import json, os, sys
import huggingface_hub, numba, pyqtgraph, safetensors.torch, soundfile, torch

print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    pid = os.fork()
    if not pid:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
else:
    sys.exit()
os.environ.clear()
os.environ.update(asked["environment"])
for number, path in enumerate((os.devnull, asked["said"], asked["complained"])):
    os.dup2(os.open(path, os.O_WRONLY if number else os.O_RDONLY), number)
sys.argv = ["-c", *asked["arguments"]]
exec(asked["program"], {"__name__": "__main__"})
"""


@functools.cache
def _server() -> subprocess.Popen[str]:
    """Started with the first program of this process; ends with it."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    atexit.register(_end, server)
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.communicate()


def forked(
    program: str, arguments: list[str], environment: dict[str, str], folder: Path, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """What `python -c program arguments` does in this environment; what it says is kept in `folder` meanwhile."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    said, complained = folder / "said.txt", folder / "complained.txt"
    for path in (said, complained):
        path.write_bytes(b"")
    asked = {"program": program, "arguments": arguments, "environment": environment}
    server.stdin.write(json.dumps({**asked, "said": str(said), "complained": str(complained)}) + "\n")
    if not select.select([server.stdout], [], [], timeout_s)[0]:
        server.kill()
        _server.cache_clear()
        raise subprocess.TimeoutExpired(arguments, timeout_s, said.read_bytes(), complained.read_bytes())
    code = int(server.stdout.readline())
    return subprocess.CompletedProcess(arguments, code, said.read_text(), complained.read_text())
