"""What the window has of training from the start: a button, a key, a place to drop on.

The rest is made when it is wanted. A training goes on while its sheet is away and is told on the button; it is
stopped, resumable, when the window closes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from synth.engine.protocol import EngineControl
from ui.presets.loader import Build
from ui.trainer.process.job import unfinished
from ui.trainer.train_button import TrainButton
from ui.window.parts import Parts
from ui.window.preset_desk import PresetDesk

if TYPE_CHECKING:
    from ui.trainer.studio import Studio


class TrainDesk(QObject):
    """Opens the sheet, takes recordings, and closes what was opened."""

    def __init__(
        self, engine: EngineControl, build: Build, desk: PresetDesk, parts: Parts, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._engine, self._build, self._desk, self._parts, self._window = engine, build, desk, parts, window
        self.root = parts.presets.librarian.folder.parent / "trainings"
        self.button = TrainButton()
        self.button.clicked.connect(self.toggle)
        self._studio: Studio | None = None

    @property
    def opened(self) -> bool:
        """Whether the sheet was wanted yet."""
        return self._studio is not None

    @property
    def studio(self) -> "Studio":
        """Made at its first use."""
        if self._studio is None:
            from ui.trainer.studio import Studio

            self._studio = Studio(
                self._engine, self._build, self._desk, self._parts, self._window, self.button, self.root
            )
        return self._studio

    def toggle(self) -> None:
        """Open the sheet, or put it away."""
        if self.studio.sheet.isVisible():
            self.studio.sheet.put_away()
        else:
            self.studio.open()

    def take(self, path: Path) -> None:
        """A recording was dropped on the window."""
        self.studio.take(path)

    def offer(self, paths: list[Path]) -> None:
        """Several recordings were dropped: one of them can be learned from."""
        self.studio.offer(paths)

    def tell_of_unfinished(self) -> None:
        """Once, at the start: what was not finished when the window was closed."""
        waiting = unfinished(self.root)
        if waiting:
            others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            self._parts.banner.say(
                f"The training of “{waiting[0].job.name}”{others} was not finished: “New from a recording” "
                "(Ctrl+Shift+N) goes on with it."
            )

    def close(self) -> None:
        """Stop what trains; no process and no thread is left."""
        if self._studio is not None:
            self._studio.close()
