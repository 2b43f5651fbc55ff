"""Only one process at a time compiles librosa's loops: two at once left halves that ended every later program."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from synth.compiled.cache import VARIABLE

ROOT = Path(__file__).parents[3]
_LOOPS = "training/analysis/librosa_loops.py"
_STAND_IN = """
import os
from pathlib import Path
from synth.file_lock import _locked, _opened

handle = _opened(Path(os.environ["NUMBA_CACHE_DIR"]))
print("free" if _locked(handle) else "kept", flush=True)
os.close(handle)
"""


def test_the_folder_is_locked_while_librosa_is_imported_and_free_afterwards(tmp_path: Path) -> None:
    loops = [tmp_path / "librosa" / name for name in ("core/audio.py", "core/pitch.py", "util/utils.py")]
    for path in loops:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_STAND_IN)
    for folder in ("", "core", "util"):
        (tmp_path / "librosa" / folder / "__init__.py").touch()
    (tmp_path / "librosa" / "effects.py").write_text("trim = None")
    (tmp_path / "librosa" / "filters.py").write_text("mel = None")
    folder = tmp_path / "loops"
    program = "import training.analysis.librosa_loops\n" + _STAND_IN
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", VARIABLE: str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["kept", "kept", "kept", "free"]


def test_nothing_imports_librosa_by_another_way() -> None:
    found = []
    for path in (p for room in ("synth", "ui", "training", "tests") for p in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "librosa" not in text or path.relative_to(ROOT).as_posix() == _LOOPS:
            continue
        for node in ast.walk(ast.parse(text)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [path.name for name in names if name.split(".")[0] == "librosa"]
    assert not found
