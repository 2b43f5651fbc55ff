"""What turns the culture into sound: auto, spectral or a checkpoint that is here; read anew each time it opens."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from synth.errors import PetrichordError
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS
from synth.vocoder.bigvgan.folders import named
from synth.vocoder.choice import Choice, read_choice, store_choice


class VocoderMenu(QToolButton):
    """Stores what is chosen, as `petrichord vocoder use` does, and tells that it changed."""

    chosen = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Vocoder")
        self.setAccessibleName("Choose the vocoder")
        self.setToolTip("Choose what turns the culture into sound")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.choices = QMenu(self)
        self.clicked.connect(self._open)

    def _open(self) -> None:
        # `popup` returns at once: a button's own menu waits with Python's lock held, and the engine would starve.
        self.refresh()
        self.choices.popup(self.mapToGlobal(self.rect().topLeft()))

    def refresh(self) -> None:
        """Read what there is."""
        self.choices.clear()
        now = read_choice()[0]
        here = [Choice("bigvgan", known.name) for known in CHECKPOINTS if named(known.name)]
        if now.vocoder == "bigvgan" and now not in here:
            here.append(now)
        for choice in (Choice(), Choice("spectral"), *here):
            action = QAction(choice.checkpoint or choice.vocoder, self.choices)
            action.setCheckable(True)
            action.setChecked(choice == now)
            action.triggered.connect(lambda _=False, choice=choice: self.choose(choice))
            self.choices.addAction(action)

    def choose(self, choice: Choice) -> None:
        """Keep this choice and tell."""
        try:
            store_choice(choice)
        except PetrichordError as problem:
            self.refused.emit(str(problem))
        else:
            self.chosen.emit()
