"""One training from its start to its end, as the window follows it: a child, its news, and what became of it."""

import math
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from synth.errors import PetrichordError
from synth.presets.card import Card, read_card
from ui.trainer.growing.history import History
from ui.trainer.process.child import Child, train_command
from ui.trainer.process.ending import Ending, judged
from ui.trainer.process.job import Bench
from ui.trainer.process.lines import News, Picture

_LOOK_MS = 100
SILENT_S = 120.0
"""Measuring a recording and judging a checkpoint take seconds, on a slow and busy machine a minute."""

Command = Callable[..., list[str]]
"""The command line for some arguments of `petrichord train`."""


@dataclass(frozen=True)
class Heard:
    """A checkpoint whose preset can be played."""

    iteration: int
    ltas_db: float
    path: Path
    card: Card


class Training(QObject):
    """Polls its child ten times a second; everything it tells is about its `bench`."""

    progressed = Signal(News)
    pictured = Signal(Picture)
    heard = Signal(Heard)
    """Another checkpoint can be played."""
    _was_copied = Signal(object)
    _all_copied = Signal()
    worried = Signal(str)
    """It says nothing; "" when it does again."""
    ended = Signal(Ending)

    def __init__(
        self,
        bench: Bench,
        parent: QObject | None = None,
        *,
        command: Command = train_command,
        history: History | None = None,
        silent_s: float = SILENT_S,
    ) -> None:
        super().__init__(parent)
        self.bench, self.history = bench, history or History()
        self._command, self._silent_s = command, silent_s
        self._child: Child | None = None
        self._last: News | None = None
        self._verdict: News | None = None
        self._asked_to_stop = self._worried = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._was_copied.connect(self.heard)
        self._all_copied.connect(self._finish)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def start(self, *, resume: bool = False) -> None:
        """Let the child begin; `TrainingError` when it cannot be started."""
        self._child = Child(self._command(*self.bench.job.arguments(self.bench.preset, resume=resume)), self.bench.log)
        self._timer.start()

    @property
    def running(self) -> bool:
        return self._child is not None and self._timer.isActive()

    @property
    def stopping(self) -> bool:
        return self.running and self._asked_to_stop

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    @property
    def share(self) -> float:
        """How much of it is done, 0 … 1."""
        share = math.nan if self._last is None else self._last.share
        return 0.0 if math.isnan(share) else min(1.0, max(0.0, share))

    @property
    def eta_s(self) -> float:
        """Seconds that are left, NaN while nobody knows."""
        return math.nan if self._last is None else self._last.eta_s

    def stop(self) -> None:
        """Ask it to stop: it writes the state to resume from and a last preset, which takes some seconds. Asked again,
        it is ended at once."""
        if self._child is None or not self.running:
            return
        if self._asked_to_stop:
            self._child.kill()
        else:
            self._asked_to_stop = True
            self._child.interrupt()

    def close(self, patience_s: float = 0.0) -> None:
        """Stop it, wait so long for its state, and tell nothing any more; no process is left."""
        self._timer.stop()
        if self._child is not None:
            if self._asked_to_stop and not patience_s:
                self._child.kill()
            self._child.close(patience_s)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _look(self) -> None:
        child = self._child
        assert child is not None
        ended = child.ended
        messages = child.messages()
        # Of many pictures only the latest is worth drawing; every piece of progress is worth a point.
        pictures = {said.event: said for said in messages if isinstance(said, Picture)}
        for said in messages:
            if isinstance(said, News):
                self._note(said)
        if self._last is not None and any(isinstance(said, News) for said in messages):
            self.progressed.emit(self._last)
        for picture in pictures.values():
            self.pictured.emit(picture)
        if ended:
            self._timer.stop()
            # After the copies that are still being made.
            self._pool.submit(self._all_copied.emit)
        else:
            self._worry(time.monotonic() - child.heard_at)

    def _note(self, said: News) -> None:
        if said.event in ("done", "error"):
            self._verdict = said
            return
        self.history.add(said)
        if said.event == "checkpoint":
            # Its estimate counts the judging as training: the next piece of progress knows better.
            self._pool.submit(self._copy, said)
        else:
            self._last = said

    def _copy(self, news: News) -> None:
        """Away from the window's thread: the preset as this checkpoint left it, whole, for as long as it is heard."""
        path = self.bench.checkpoint(news.iteration)
        try:
            shutil.copyfile(self.bench.preset, path)
            card = read_card(path)
        except (OSError, PetrichordError):
            return  # It was not alive yet, or the disk is full: the training will say so itself.
        self._was_copied.emit(Heard(news.iteration, news.ltas_db, path, card))

    def _finish(self) -> None:
        child = self._child
        assert child is not None
        self._pool.shutdown(wait=True)
        self.ended.emit(judged(self.bench, self._verdict, child.code or 0, self.share, asked=self._asked_to_stop))

    def _worry(self, silent_s: float) -> None:
        if (silent_s > self._silent_s) != self._worried:
            self._worried = not self._worried
            self.worried.emit(
                f"Training has said nothing for {silent_s:.0f} s: wait, or press Stop; it can be resumed later."
                if self._worried
                else ""
            )
