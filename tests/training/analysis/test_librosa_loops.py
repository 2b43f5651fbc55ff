"""Only one process at a time compiles librosa's loops: two at once left halves that ended every later program. The loop
that is replaced finds the same path."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from synth.compiled.cache import VARIABLE
from training.analysis.librosa_loops import Doubles, librosa, likeliest_path, sequence

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
    (tmp_path / "librosa" / "sequence.py").touch()
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


def dense(log_prob: Doubles, log_trans: Doubles, log_p_init: Doubles) -> tuple[npt.NDArray[np.uint16], Doubles]:
    """Viterbi decoding as the textbook has it: from every state to every other."""
    value, came = log_prob[0] + log_p_init, []
    for row in log_prob[1:]:
        reached = value[:, None] + log_trans
        came.append(reached.argmax(0))
        value = row + reached.max(0)
    path = [int(value.argmax())]
    for step in reversed(came):
        path.append(int(step[path[-1]]))
    return np.array(path[::-1], np.uint16), np.array([value.max()])


@pytest.mark.parametrize("observed", ["all", "few", "ties"])
@pytest.mark.parametrize("leads", ["near", "near or across", "anywhere"])
def test_the_likeliest_path_is_the_textbooks_to_the_bit(observed: str, leads: str) -> None:
    rng = np.random.default_rng(5)
    least = np.finfo(float).tiny
    for _ in range(25):
        n_states, n_steps = (int(n) for n in rng.integers(2, 24, 2))
        width = int(rng.integers(1, n_states + 1))
        transition = sequence.transition_local(n_states, width, window="triangle", wrap=False)
        if leads == "near or across":
            transition = np.kron(sequence.transition_loop(2, 0.99), transition)
        elif leads == "anywhere":
            transition = rng.dirichlet(np.ones(n_states), n_states)
        prob = rng.random((n_steps, len(transition)))
        if observed == "few":
            # Of most states nothing is seen: the path has to leap to where something is.
            prob = np.where(prob > 0.9, prob, 0.0)
        elif observed == "ties":
            prob = np.round(3 * prob) / 3
        given = (np.log(prob + least), np.log(transition + least), np.full(len(transition), -np.log(len(transition))))
        for mine, expected in zip(likeliest_path(*given), dense(*given), strict=True):
            assert np.array_equal(mine, expected)


def test_the_pitch_tracker_takes_the_replaced_loop_and_finds_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tone, a leap of two octaves, noise and silence."""
    time_s = np.arange(4000) / 22050
    tones = [0.5 * np.sin(2 * np.pi * hz * time_s) for hz in (220, 880)]
    sound = np.concatenate([*tones, 0.1 * np.random.default_rng(0).standard_normal(4000), np.zeros(2000)])
    taken: list[int] = []

    def textbook(*given: Doubles) -> tuple[npt.NDArray[np.uint16], Doubles]:
        taken.append(len(given[0]))
        return dense(*given)

    def tracked() -> list[Doubles]:
        return list(librosa.pyin(sound, fmin=100, fmax=1000, sr=22050, frame_length=1024, hop_length=512))

    found = tracked()
    assert sequence._viterbi is likeliest_path
    monkeypatch.setattr(sequence, "_viterbi", textbook)
    for mine, expected in zip(found, tracked(), strict=True):
        assert np.array_equal(mine, expected, equal_nan=True)
    assert taken == [len(found[0])]
