"""MIDI learn in the window: a control waits for a controller, shows the one it has, and follows it."""

from PySide6.QtCore import QObject

from synth.instrument.parameters.table import PARAMETERS
from synth.midi.learn import Source
from ui.controls.panel import ControlPanel
from ui.settings.midi.service import MidiService
from ui.widgets.banner import Banner

_ABOUT = "midi learn"


class LearnDesk(QObject):
    """Between the controls, MIDI and the banner."""

    def __init__(self, controls: ControlPanel, midi: MidiService, banner: Banner, parent: QObject) -> None:
        super().__init__(parent)
        self._controls, self._midi, self._banner = controls, midi, banner
        controls.menu.learn_asked.connect(self._ask)
        controls.menu.forget_asked.connect(midi.forget)
        midi.learned_changed.connect(self._show)
        self._show(midi.learned, "")

    @property
    def waits(self) -> bool:
        """True while a control waits for a controller."""
        return bool(self._controls.controllers.waiting)

    def stop(self) -> None:
        """Wait no longer; what was learned stays."""
        self._midi.learn("")

    def _ask(self, parameter: str) -> None:
        if self._controls.controllers.waiting == parameter:
            self.stop()
        else:
            self._midi.learn(parameter)

    def _show(self, learned: dict[Source, str], waiting: str) -> None:
        before = self._controls.controllers.waiting
        self._controls.controllers.show({id: source.label for source, id in learned.items()}, waiting)
        if waiting and waiting != before:
            self._banner.say(self._wanted(waiting), about=_ABOUT)
        elif before and not waiting:
            moved_by = self._controls.controllers.learned.get(before, "")
            if moved_by:
                self._banner.say(f"{PARAMETERS[before].label} is moved by {moved_by}.", about=_ABOUT)
            else:
                self._banner.settle(_ABOUT)

    def _wanted(self, parameter: str) -> str:
        label = PARAMETERS[parameter].label
        if not self._midi.listens:
            return (
                f"{label} waits for a MIDI controller, but no keyboard is listened to: check one in Settings, MIDI "
                "(Ctrl+,). Esc cancels."
            )
        trouble = self._midi.trouble()
        return f"Move the MIDI controller that is to move {label}. Esc cancels. {trouble}".rstrip()
