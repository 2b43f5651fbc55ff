"""librosa, imported while no other process compiles its loops.

Two processes that compile them at once leave halves on disk that do not fit: a loop and what calls it are kept in two
files, and one names the other by a number that its process counted. Every process after that would end with a
segmentation fault, until the files are removed.

One loop is replaced: librosa's pitch tracker looks for the likeliest path through 1278 pitches, and asks at each step
of each pair of them whether the path leads from one to the other, though pitch moves by half an octave at most. That
took four fifths of the time it took to find a recording's pitch. Axes: `F` frames, `S` states.
"""

from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.compiled.cache import compiled, keep_compiled_code_apart
from synth.file_lock import alone_in

Doubles = npt.NDArray[np.float64]

_PATIENCE_S = 120.0
"""Compiling takes three seconds, and far longer beside other work."""

with alone_in(keep_compiled_code_apart(), _PATIENCE_S):
    import librosa
    import librosa.core.audio
    import librosa.core.pitch
    import librosa.util.utils
    from librosa.effects import trim
    from librosa.filters import mel

    sequence: Any = import_module("librosa.sequence")

__all__ = ["librosa", "mel", "sequence", "trim"]


def likeliest_path(
    log_prob: Doubles, log_trans: Doubles, log_p_init: Doubles
) -> tuple[npt.NDArray[np.uint16], Doubles]:
    """The states (F,) that librosa's own Viterbi decoding finds, and their log-likelihood (1,), to the bit.

    `log_prob` (F, S) of what was observed, `log_trans` (S, S) from the first axis to the second, `log_p_init` (S,).
    Most transitions have one and the same likelihood, the least: the best of those to a state is found for all states
    at once, and only the others are looked at one by one.
    """
    least = log_trans.min()
    into, source = np.nonzero(least < log_trans.T)
    counts = np.bincount(into, minlength=len(log_trans))
    place = np.arange(len(into)) - np.repeat(np.cumsum(counts) - counts, counts)
    sources = np.zeros((len(log_trans), max(int(counts.max()), 1)), np.int64)
    likely = np.zeros(sources.shape)
    sources[into, place], likely[into, place] = source, log_trans[source, into]
    states, reached = np.zeros(len(log_prob), np.uint16), np.zeros(1)
    run = compiled("void(f8[:,::1], f8[::1], f8, i8[::1], i8[:,::1], f8[:,::1], u2[::1], f8[::1])", _decode)
    exact: list[Any] = [np.ascontiguousarray(each, np.float64) for each in (log_prob, log_p_init)]
    run(*exact, float(least), counts.astype(np.int64), sources, likely, states, reached)
    return states, reached


def _decode(
    log_prob: Doubles,
    first: Doubles,
    least: float,
    counts: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int64],
    likely: Doubles,
    states: npt.NDArray[np.uint16],
    reached: Doubles,
) -> None:
    """Of equally likely states the first one is taken, as `argmax` does. What `far` reaches by a likelier transition is
    no less than by the least one, so it need not be left out."""
    n_steps, n_states = log_prob.shape
    came = np.zeros((n_steps, n_states), np.uint16)
    value, following = log_prob[0] + first, np.zeros(n_states)
    for t in range(1, n_steps):
        far, far_value = 0, value[0] + least
        for k in range(1, n_states):
            if value[k] + least > far_value:
                far, far_value = k, value[k] + least
        for j in range(n_states):
            best, found = -np.inf, 0
            for i in range(counts[j]):
                here = value[sources[j, i]] + likely[j, i]
                if here > best:
                    best, found = here, sources[j, i]
            if far_value > best or (far_value == best and far < found):
                best, found = far_value, far
            came[t, j] = found
            following[j] = log_prob[t, j] + best
        value, following = following, value
    states[-1] = np.argmax(value)
    reached[0] = value[states[-1]]
    for t in range(n_steps - 2, -1, -1):
        states[t] = came[t + 1, states[t + 1]]


sequence._viterbi = likeliest_path
