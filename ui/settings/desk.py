"""Between the stored settings, the engine and the pages that show them: what a page reads and what it may ask for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from synth.device.devices import Device, list_devices
from synth.device.outputs import Output
from synth.engine.protocol import EngineControl
from synth.instrument.events import View
from ui.files.folders import Places
from ui.settings.midi.service import MidiService
from ui.settings.store import Settings, SettingsFile
from ui.settings.tuning.desk import TuningDesk

if TYPE_CHECKING:
    from ui.window.preset_desk import PresetDesk


class SettingsDesk(QObject):
    """Asks the engine first and stores what it took; what it refuses is said and changes nothing."""

    refused = Signal(str)
    changed = Signal()
    """`settings` or `output` are others now, or a change was refused."""
    _answered = Signal(object, str)
    _unwritten = Signal(str)

    def __init__(
        self,
        engine: EngineControl,
        file: SettingsFile,
        device: str | None,
        places: Places,
        presets: "PresetDesk",
        midi: MidiService,
        tuning: TuningDesk,
    ) -> None:
        """`device` is the one in use, which need not be the stored one."""
        super().__init__(presets)
        self.engine, self.places, self.presets = engine, places, presets
        self.midi, self.tuning = midi, tuning
        self.list_devices: Callable[[], list[Device]] = list_devices
        self._file = file
        self.output = replace(file.settings.output, device=device)
        """In use."""
        self.view: View | None = None
        """The culture as it was seen last."""
        self._asked: dict[str, Any] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="settings-writer")
        self._closed = False
        self._answered.connect(self._take_answer)
        self._unwritten.connect(self.refused)

    @property
    def settings(self) -> Settings:
        """What is stored."""
        return self._file.settings

    @property
    def path(self) -> Path:
        """Where they are stored."""
        return self._file.path

    def use_device(self, name: str | None) -> None:
        """Move to this output; None is the system's default."""
        self.change_output(device=name)

    def change_output(self, **changes: Any) -> None:
        """Ask for another device, rate or buffer; `changed` follows when it has been answered."""
        output = replace(self.output, **changes)

        def tell(done: Future[str]) -> None:
            if not self._closed and not done.cancelled():
                self._answered.emit((output, changes), done.result())

        self.engine.set_output(output).add_done_callback(tell)

    def change_takes(self, **changes: Any) -> None:
        """Write takes elsewhere or otherwise."""
        self.change(**changes)

    def change(self, **changes: Any) -> None:
        """Store what the engine need not be asked about."""
        self._store(replace(self.settings, **changes))
        self.changed.emit()

    def close(self) -> None:
        """Finish what is being written; nothing arrives any more."""
        self._closed = True
        self.midi.close()
        self.tuning.close()
        self._writer.shutdown(wait=True)

    def _take_answer(self, asked: tuple[Output, dict[str, Any]], problem: str) -> None:
        output, changes = asked
        if problem:
            self.refused.emit(problem)
        else:
            self.output = output
            # Only what was chosen: a device given on the command line is not stored along with a buffer.
            self._store(replace(self.settings, output=replace(self.settings.output, **changes)))
        self.changed.emit()

    def _store(self, settings: Settings) -> None:
        self._file.settings = settings
        self.midi.follow(settings)
        self.tuning.follow(settings)
        self._writer.submit(self._write, settings)

    def _write(self, settings: Settings) -> None:
        try:
            self._file.write(settings)
        except OSError as error:
            if not self._closed:
                self._unwritten.emit(
                    f"Your settings cannot be written to {self.path} ({error.strerror}): they hold until Petrichord is "
                    "closed."
                )
