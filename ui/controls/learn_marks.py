"""Which MIDI controller moves each control, as the controls show it: a small plug, and words in their tips."""

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from ui.widgets.knob import Knob
from ui.widgets.plug_mark import PlugMark
from ui.widgets.slider import Slider

_VALUE_SHARE = 0.19
"""Of a knob's height, its value below the face."""


class LearnMarks:
    """One mark per control that is or was learned, made when it is first needed."""

    def __init__(self, controls: Mapping[str, QWidget]) -> None:
        """Controls by the id of their parameter."""
        self._controls = controls
        self._tips: dict[str, str] = {}
        self._marks: dict[str, PlugMark] = {}
        self.learned: dict[str, str] = {}
        """The controller's name for each parameter that has one."""
        self.waiting = ""
        """The parameter that waits for a controller, or ""."""

    def show(self, learned: Mapping[str, str], waiting: str) -> None:
        """These controllers move these parameters now, and this parameter waits for one."""
        concerned = {*self.learned, *learned, self.waiting, waiting} & self._controls.keys()
        self.learned, self.waiting = dict(learned), waiting
        for id in sorted(concerned):
            self._show(id, self._controls[id])

    def _show(self, id: str, control: QWidget) -> None:
        name, waits = self.learned.get(id, ""), id == self.waiting
        tip = self._tips.setdefault(id, control.toolTip())
        said = "Move a MIDI controller now." if waits else f"MIDI {name}." if name else ""
        control.setToolTip(f"{tip.rstrip('.')}. {said}" if said else tip)
        if isinstance(control, Knob):
            control.show_controller(name)
        else:
            control.setAccessibleDescription(f"MIDI {name}" if name else "")
        if id not in self._marks:
            is_knob = isinstance(control, Knob) and not isinstance(control, Slider)
            self._marks[id] = PlugMark(control, _VALUE_SHARE if is_knob else 0.0)
        self._marks[id].show_state(learned=bool(name), waits=waits)
