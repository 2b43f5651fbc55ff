"""Settings, Tuning: a scale and a keyboard map, what the preset suggests, and the reference pitch."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QSizePolicy, QToolButton

from synth.file_names import shown_name
from synth.instrument.parameters.table import PARAMETERS
from ui.controls.panel import ControlPanel
from ui.files.file_dialog import choose_file
from ui.settings.desk import SettingsDesk
from ui.settings.form import Form, Page, column, combo, fill, put, said
from ui.settings.tuning.desk import TuningDesk
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.slider import Slider
from ui.widgets.tool_button import tool_button

_REFERENCE = "reference_hz"
_NONE = "none"


class TuningPage(Page):
    """What is chosen is heard at once and kept; the reference pitch is the control of the Touch page."""

    def __init__(self, desk: SettingsDesk, tuning: TuningDesk, controls: ControlPanel) -> None:
        super().__init__("Tuning")
        self._desk, self._tuning, self._controls = desk, tuning, controls
        self.choice = combo("Tuning", "Whose pitches the keys have; your choice comes before the preset's suggestion")
        self.scale, self.choose_scale, self.clear_scale = self._file("Scale", "scl", "tuning_scale")
        self.map, self.choose_map, self.clear_map = self._file("Keyboard map", "kbm", "tuning_map")
        self.reference = Slider(PARAMETERS[_REFERENCE])
        self.reference.setProperty("parameter", None)
        self.reference.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.reference.turned.connect(lambda hz: controls.take({_REFERENCE: hz}) if self._is_new(hz) else None)
        self.reference.refused.connect(desk.refused)
        self.suggested = said(name="The preset's reference pitch")
        self.state = said(name="Which tuning plays")
        self.problem = said(name="What is wrong with the tuning", role="warn")
        form = Form()
        form.add("Keys play", self.choice, hint=self.state)
        form.add("Scale", self.scale, self.choose_scale, self.clear_scale)
        form.add("Keyboard map", self.map, self.choose_map, self.clear_map, hint=self.problem)
        form.add("A above middle C", self.reference, hint=self.suggested)
        rows = column(self)
        rows.addLayout(form)
        rows.addWidget(said("A preset that you save suggests the tuning that plays; the drone is not tuned."))
        rows.addStretch(1)
        self.choice.activated.connect(lambda _: desk.change(tuning=self.choice.currentData()))
        desk.changed.connect(self._show)
        tuning.changed.connect(self._show)
        for moved in (controls.changed, controls.followed):
            moved.connect(self._show_reference)
        self._show()

    def refresh(self) -> None:
        self._show()

    def use_file(self, setting: str, path: Path | None) -> None:
        """Play this scale or map from now on, or no such file any more."""
        changes: dict[str, object] = {setting: path}
        others = {"tuning_scale", "tuning_map"} - {setting}
        left = path is not None or any(getattr(self._desk.settings, other) is not None for other in others)
        self._desk.change(**changes, tuning="files" if left else "preset")

    def _file(self, name: str, suffix: str, setting: str) -> tuple[ElidedLabel, QToolButton, QToolButton]:
        label = ElidedLabel()
        label.setAccessibleName(name)
        choose = _button("Choose…", f"Choose the {name.lower()}", f"Choose a Scala file (.{suffix})")
        pattern = f"Scala files (*.{suffix} *.{suffix.upper()})"
        choose.clicked.connect(lambda: choose_file(self, name, pattern, self._taker(setting)))
        clear = _button("Clear", f"Clear the {name.lower()}", f"Play without this {name.lower()}")
        clear.clicked.connect(lambda: self.use_file(setting, None))
        return label, choose, clear

    def _taker(self, setting: str) -> Callable[[Path], None]:
        return lambda path: self.use_file(setting, path)

    def _is_new(self, hz: float) -> bool:
        return PARAMETERS[_REFERENCE].step_of(self._controls.controls[_REFERENCE]) != PARAMETERS[_REFERENCE].step_of(hz)

    def _show(self) -> None:
        stored = self._desk.settings
        files = (stored.tuning_scale, stored.tuning_map)
        entries: list[tuple[str, object]] = [("As the preset suggests", "preset"), ("12 equal steps", "equal")]
        if files != (None, None):
            entries.append(("My scale and keyboard map", "files"))
        fill(self.choice, entries, stored.tuning)
        for label, clear, path in zip((self.scale, self.map), (self.clear_scale, self.clear_map), files, strict=True):
            put(label, _NONE if path is None else shown_name(path.name))
            label.setToolTip("" if path is None else shown_name(path))
            clear.setEnabled(path is not None)
        put(self.state, self._tuning.sentence)
        put(self.problem, self._tuning.problem)
        self.problem.setVisible(bool(self._tuning.problem))
        self._show_reference()

    def _show_reference(self) -> None:
        self.reference.show_amount(self._controls.controls[_REFERENCE])
        put(self.suggested, self._reference_sentence())

    def _reference_sentence(self) -> str:
        """The user's own holds for every preset; what a preset was saved with is told where it differs."""
        preset, own = self._desk.presets.preset, self._controls.controls[_REFERENCE]
        row = PARAMETERS[_REFERENCE]
        saved = row.default if preset is None else preset.settings.get(_REFERENCE, row.default)
        if preset is None or not row.holds(saved) or row.step_of(saved) == row.step_of(own):
            return "Tunes all keys together, in any scale, and stays when you load another preset."
        return f"“{preset.name}” was saved at {row.text(saved)}; yours, {row.text(own)}, holds for every preset."


def _button(text: str, name: str, tip: str) -> QToolButton:
    return tool_button(text, name, tip, "", role="tight")
