"""What the user settled on: the output, where and how takes are written, how large the window's controls are."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from synth.device.outputs import BUFFER_RANGE_S, RATES_HZ, Output
from synth.midi.mpe import MPE_SETTINGS, MpeSetting
from synth.storage import (
    StoredFile,
    absolute_path,
    config_folder,
    flag,
    number,
    one_of,
    perhaps,
    text,
    texts,
    whole_number,
)
from synth.takes.wav import SAMPLE_FORMATS, SampleFormat

SCALE_RANGE = (1.0, 3.0)
TuningChoice = Literal["preset", "equal", "files"]
"""Keys play what the preset suggests, 12 equal steps whatever it suggests, or the user's own scale and keyboard map."""
_TUNING_CHOICES: tuple[TuningChoice, ...] = get_args(TuningChoice)


@dataclass(frozen=True)
class Settings:
    """Every stored setting; the vocoder has a file of its own (`vocoder.choice`)."""

    output: Output = field(default_factory=Output)
    take_folder: Path | None = None
    """None is `Petrichord` in the user's music folder."""
    take_format: SampleFormat = "pcm24"
    take_wait: bool = True
    """A take begins with the first sound or with Play."""
    interface_scale: float = 1.0
    """How much larger than the system asks for everything in the window is, from the next start on."""
    midi_ports: tuple[str, ...] = ()
    """Ports that are listened to, whether or not they are there."""
    midi_virtual: bool = False
    """Other programs are offered a port of our own."""
    midi_channel: int | None = None
    """1 … 16, or None for all."""
    midi_mpe: MpeSetting = "off"
    tuning: TuningChoice = "preset"
    tuning_scale: Path | None = None
    """A Scala scale (.scl)."""
    tuning_map: Path | None = None
    """A Scala keyboard map (.kbm)."""


def _rate(value: object) -> int:
    if value not in RATES_HZ or isinstance(value, bool | float):
        raise ValueError(f"one of {', '.join(map(str, RATES_HZ))}")
    return int(str(value))


_OUTPUT_CHECKS = {"device": perhaps(text), "rate_hz": perhaps(_rate), "buffer_s": number(*BUFFER_RANGE_S)}
_TAKE_CHECKS = {"take_folder": perhaps(absolute_path), "take_format": one_of(*SAMPLE_FORMATS), "take_wait": flag}
_WINDOW_CHECKS = {"interface_scale": number(*SCALE_RANGE)}
_MIDI_CHECKS = {
    "midi_ports": texts,
    "midi_virtual": flag,
    "midi_channel": perhaps(whole_number(1, 16)),
    "midi_mpe": one_of(*MPE_SETTINGS),
}
_TUNING_CHECKS = {
    "tuning": one_of(*_TUNING_CHOICES),
    "tuning_scale": perhaps(absolute_path),
    "tuning_map": perhaps(absolute_path),
}


def settings_path() -> Path:
    """The file of the settings; need not exist."""
    return config_folder() / "settings.json"


class SettingsFile(StoredFile):
    """The settings and the file they are in."""

    def __init__(self, path: Path | None = None) -> None:
        """Reads what can be used; `problems` names what cannot, in sentences."""
        super().__init__(path or settings_path(), "settings")
        output = Output(**self._file.fields(_OUTPUT_CHECKS, "output"))
        checks = _TAKE_CHECKS | _WINDOW_CHECKS | _MIDI_CHECKS | _TUNING_CHECKS
        self.settings = Settings(output=output, **self._file.fields(checks))
        self._file.begin_with(as_json(self.settings))

    def write(self, settings: Settings) -> None:
        """Keep these; fields of a newer version stay in the file. `OSError` when it cannot be written."""
        self.settings = settings
        self._file.write(as_json(settings))


def as_json(settings: Settings) -> dict[str, Any]:
    """The settings as they are stored."""
    folder, scale, keyboard_map = settings.take_folder, settings.tuning_scale, settings.tuning_map
    output = {entry.name: getattr(settings.output, entry.name) for entry in fields(Output)}
    return {
        "output": output,
        "take_folder": None if folder is None else str(folder),
        "take_format": settings.take_format,
        "take_wait": settings.take_wait,
        "interface_scale": settings.interface_scale,
        "midi_ports": list(settings.midi_ports),
        "midi_virtual": settings.midi_virtual,
        "midi_channel": settings.midi_channel,
        "midi_mpe": settings.midi_mpe,
        "tuning": settings.tuning,
        "tuning_scale": None if scale is None else str(scale),
        "tuning_map": None if keyboard_map is None else str(keyboard_map),
    }
