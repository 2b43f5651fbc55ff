"""What a control stands at, on Qt's own dial: its value, whether that is the preset's, and what moves it by itself."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QDial, QWidget

from synth.instrument.parameters.parameter import Parameter
from ui.widgets.dial.face import Ring

PLACES = 180
"""Places on the sweep at which a present value is shown: more could not be told apart."""


class ValueDial(QDial):
    """One parameter, without looks and hands: `Knob` has these."""

    turned = Signal(float)
    """The user chose this engine value."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = p = parameter
        self._marks = (False, False)
        self._moved_by = ""
        self._rings: tuple[Ring, ...] = ()
        self._present: int | None = None
        self.setRange(0, p.n_steps)
        self.setSingleStep(p.display.nudge)
        self.setPageStep(max(p.display.nudge, p.n_steps // 10))
        self.setValue(p.step_of(p.default))
        self.setAccessibleName(p.label)
        self.setToolTip(f"{p.help} {p.text(p.minimum)} … {p.text(p.maximum)}")
        self.setProperty("parameter", p.id)
        self.valueChanged.connect(self._tell)
        self._describe()

    def amount(self) -> float:
        """The engine value it stands at."""
        return self.parameter.at_step(self.value())

    def show_amount(self, value: float) -> None:
        """Stand at an engine value without telling anyone."""
        if not self.isSliderDown():
            blocked = self.blockSignals(True)
            self.setValue(self.parameter.step_of(value))
            self.blockSignals(blocked)
            self._describe()
            self.update()

    def set_amount(self, value: float) -> None:
        """Turn to an engine value."""
        self.setValue(self.parameter.step_of(value))

    def show_marks(self, *, differs: bool, locked: bool) -> None:
        """Whether it stands elsewhere than the preset says, and whether it stays when another preset is loaded."""
        if (differs, locked) != self._marks:
            self._marks = differs, locked
            self._describe()
            self.update()

    def show_controller(self, name: str) -> None:
        """The MIDI controller that moves it, or ""."""
        self._moved_by = name
        self._describe()

    def show_rings(self, rings: Sequence[Ring]) -> None:
        """What moves it by itself, and how far to either side of where it stands."""
        if tuple(rings) != self._rings:
            self._rings = tuple(rings)
            self._present = self._present if rings else None
            self._describe()
            self.update()

    @property
    def rings(self) -> tuple[Ring, ...]:
        """As they were shown last."""
        return self._rings

    def show_present(self, value: float | None) -> None:
        """Where it is moved to at this moment, in the engine's unit; painted only where that can be seen to move."""
        present = None if value is None else round(PLACES * self.parameter.step_of(value) / self.parameter.n_steps)
        if present != self._present and self._rings:
            self._present = present
            self.update(self.face().toAlignedRect())

    def reach_of(self, ring: Ring) -> tuple[float, float]:
        """From where to where on its sweep a ring goes now, 0 … 1."""
        p = self.parameter
        share = p.to_normalised(self.amount())
        ends = (p.from_normalised(min(max(share + by, 0.0), 1.0)) for by in (ring.low, ring.high))
        low, high = (p.step_of(end) / p.n_steps for end in ends)
        return low, high

    def face(self) -> QRectF:
        """Where its ring is painted."""
        return QRectF(self.rect())

    def _tell(self) -> None:
        self._describe()
        self.turned.emit(self.amount())

    def _describe(self) -> None:
        differs, locked = self._marks
        said = [self.parameter.text(self.amount())]
        said += ["differs from the preset"] if differs else []
        said += ["locked"] if locked else []
        said += [f"MIDI {self._moved_by}"] if self._moved_by else []
        said += [f"moved by {ring.name}" for ring in self._rings]
        self.setAccessibleDescription(", ".join(said))
