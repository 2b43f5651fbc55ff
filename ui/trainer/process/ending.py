"""What became of a training, in a sentence that says what there is and what to do."""

import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ui.trainer.process.job import Bench
from ui.trainer.process.lines import News

BAR_DB = 0.7
"""Spectrum error (LTAS) that a finished culture should reach."""
_ROUGH_DB = 2.0
_IN_THE_WINDOW = {
    "--start and --seconds": "“Start” and “Length”",
    "--start": "“Start”",
    "--seconds": "“Length”",
    "--minutes": "“Minutes”",
    "--parent": "“Grow from”",
    "--seed": "“Variation”",
    "--resume": "“Resume”",
    "--audio-loss": "“Audio loss”",
    "--format": "“Format”",
}


@dataclass(frozen=True)
class Ending:
    """How it ended."""

    kind: Literal["done", "stopped", "failed"]
    sentence: str
    """What happened, what there is, and what to do."""


def in_the_windows_words(sentence: str) -> str:
    """The command's options by the names that the window's fields have."""
    for option, field in _IN_THE_WINDOW.items():
        sentence = sentence.replace(option, field)
    return sentence


def judged(bench: Bench, verdict: News | None, code: int, share: float, *, asked: bool) -> Ending:
    """From the last the child said, if anything, and its exit code; `asked`: it was told to stop."""
    usable = bench.preset.is_file()
    if verdict is not None and verdict.event == "done" and code == 0 and usable:
        error = f"a spectrum error of {verdict.ltas_db:.2f} dB"
        if bench.resumable:
            so_far = f"Stopped at {share:.0%}: the culture so far has {error}."
            return Ending("stopped", f"{so_far} Resume goes on from here, Keep takes it as it is.")
        if verdict.ltas_db > _ROUGH_DB:
            return Ending("done", f"Grown, but still rough, with {error}: train again with more “Minutes”, or keep it.")
        return Ending("done", f"Grown, with {error}. Hear it, name it and keep it.")
    if asked:
        what = "Stopped." if share or usable else "Stopped before anything was learned."
        return Ending("stopped", f"{what} {_ways_on(bench)}")
    if verdict is not None and verdict.event == "error":
        said = in_the_windows_words(verdict.message).rstrip(". ")
        return Ending("failed", f"{said}. {_ways_on(bench, said=True)}".strip())
    return Ending("failed", f"{_what_happened(code)}; what it said is in {bench.log}. {_ways_on(bench)}")


def _what_happened(code: int) -> str:
    if code < 0:
        name = f"signal {-code}"
        with suppress(ValueError):
            name = signal.Signals(-code).name
        return f"Training was ended from outside ({name}), for want of memory perhaps"
    return f"Training failed (code {code})" if code else "Training ended without a result"


def _ways_on(bench: Bench, *, said: bool = False) -> str:
    """What can be done now; `said`: the sentence before already says it."""
    ways = []
    if bench.resumable:
        ways.append("Resume goes on from what was written last.")
    if bench.preset.is_file():
        ways.append("The best so far can be heard and kept.")
    return " ".join(ways) or ("" if said else "Train again, or choose another recording.")
