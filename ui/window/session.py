"""What the window was like when it was closed, kept in a small JSON file and read before anything else is imported."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synth.instrument.parameters.parameter import Parameter
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from synth.storage import (
    Check,
    StoredFile,
    absolute_path,
    config_folder,
    flag,
    number,
    perhaps,
    text,
    texts,
    whole_number,
)
from ui.controls.motion.model import Motion
from ui.controls.motion.stored import as_stored, stored_motion
from ui.controls.states import States, Variation
from ui.window.session_states import MOTION_CHECKS, NAME_CHECKS, OLD_SECTION, states_as_json, states_from, top_checks

QUIET_DB = -18.0
"""The volume where a stored one cannot be read: it is never louder than it was."""
_FAR = 100_000


@dataclass(frozen=True)
class Geometry:
    """The window on the desktop, in device-independent pixels, without its frame."""

    x: int = 0
    y: int = 0
    width: int = 1280
    height: int = 800
    maximized: bool = False


@dataclass(frozen=True)
class BrushState:
    """The brush as `ui.culture.brushes.Brush` has it; its words are checked by the window that knows them."""

    kind: str = "erase"
    shape: str = "round"
    radius_frames: float = 22.0
    radius_rows: float = 12.0
    strength: float = 1.0
    hidden: bool = False
    """Coloured by the hidden channels."""
    aside_frames: float = 0.0
    """Of paint while another brush is held, and the other way round; 0 where none was stored."""
    aside_rows: float = 0.0
    aside_strength: float = 0.0


@dataclass(frozen=True)
class Browser:
    """What the preset browser shows."""

    search: str = ""
    tags: tuple[str, ...] = ()
    favourites_only: bool = False
    yours_only: bool = False
    sort: str = "name"
    """By what the list is sorted; the window knows which words there are."""
    grouped: bool = False


@dataclass(frozen=True)
class Session:
    """Everything that comes back at the next start but the culture itself (`synth.engine.kept_culture`)."""

    preset: Path | None = None
    controls: ParameterValues = field(default_factory=ParameterValues)
    states: States = field(default_factory=States)
    """The control states: `controls` is the one that plays."""
    variations: tuple[Variation, ...] = ()
    geometry: Geometry | None = None
    brush: BrushState = field(default_factory=BrushState)
    browser: Browser = field(default_factory=Browser)
    octave: int = 4
    locked: tuple[str, ...] = ()
    """Controls that stay as they are when another preset is loaded."""
    motion: Motion | None = None
    """What moves the controls; None in a file written before anything did: then the preset's."""
    page: str = "sound"
    """Of the controls; the window knows which there are."""


def _control_checks() -> dict[str, Check]:
    """One check per control, whatever there is."""
    return {p.id: flag if p.is_switch else _value_of(p) for p in PARAMETERS.values()}


def _value_of(parameter: Parameter) -> Check:
    if not parameter.choices:
        return number(parameter.minimum, parameter.maximum)
    whole = whole_number(0, len(parameter.choices) - 1)
    return lambda value: float(whole(int(value) if isinstance(value, float) and value.is_integer() else value))


_CONTROLS = _control_checks()
_SECTIONS: dict[str, dict[str, Check]] = {
    "controls": _CONTROLS,
    "state_names": NAME_CHECKS,
    "state_motions": MOTION_CHECKS,
    "geometry": {
        "x": whole_number(-_FAR, _FAR),
        "y": whole_number(-_FAR, _FAR),
        "width": whole_number(1, _FAR),
        "height": whole_number(1, _FAR),
        "maximized": flag,
    },
    "brush": {
        "kind": text,
        "shape": text,
        "radius_frames": number(0.1, 1e4),
        "radius_rows": number(0.1, 1e4),
        "strength": number(0, 1),
        "hidden": flag,
        "aside_frames": number(0, 1e4),
        "aside_rows": number(0, 1e4),
        "aside_strength": number(0, 1),
    },
    "browser": {
        "search": text,
        "tags": texts,
        "favourites_only": flag,
        "yours_only": flag,
        "sort": text,
        "grouped": flag,
    },
}


def session_path() -> Path:
    """The file of the session; need not exist."""
    return config_folder() / "session.json"


class SessionFile(StoredFile):
    """The last session and the file it is in."""

    def __init__(self, path: Path | None = None) -> None:
        """Reads what can be used; `problems` names what cannot, in sentences."""
        super().__init__(path or session_path(), "window’s last state")
        top = self._file.fields(
            {
                "preset": perhaps(absolute_path),
                "octave": whole_number(0, 8),
                "locked": texts,
                "page": text,
                "motion": perhaps(stored_motion),
                **top_checks(_CONTROLS),
            }
        )
        found: dict[str, dict[str, Any]] = {name: self._file.fields(checks, name) for name, checks in _SECTIONS.items()}
        geometry = found["geometry"]
        self.session = Session(
            controls=self._controls("controls", found),
            states=states_from(
                top, found["state_names"], found["state_motions"], OLD_SECTION in self._file.content, self._section
            ),
            geometry=Geometry(**geometry) if geometry else None,
            brush=BrushState(**found["brush"]),
            browser=Browser(**found["browser"]),
            **top,
        )
        self._file.begin_with(as_json(self.session))

    def write(self, session: Session) -> None:
        """Keep this; `OSError` when it cannot be written."""
        self.session = session
        self._file.write(as_json(session))

    def plays(self, session: Session) -> bool:
        """Whether the preset that the next start plays is this session's, and not another window's."""
        return bool(self._file.content.get("preset") == as_json(session)["preset"])

    def _section(self, name: str) -> ParameterValues:
        return self._controls(name, {name: self._file.fields(_CONTROLS, name)})

    def _controls(self, section: str, found: dict[str, dict[str, Any]]) -> ParameterValues:
        controls, unread = ParameterValues(found[section]), self._file.lost
        if section in self._file.content:
            stored = self._file.content[section]
            unread = not isinstance(stored, dict) or "volume_db" in stored
        if unread and "volume_db" not in found[section]:
            sentence = f"A volume that was stored is not known, so it is {QUIET_DB:g} dB."
            if sentence not in self.problems:
                self.problems.append(sentence)
            return controls.with_value("volume_db", QUIET_DB)
        return controls


def as_json(session: Session) -> dict[str, Any]:
    """The session as it is stored."""
    stored = asdict(session)
    del stored["states"], stored["variations"]
    stored |= states_as_json(session.states, session.variations)
    stored["controls"] = dict(session.controls)
    stored["preset"] = None if session.preset is None else str(session.preset)
    stored["motion"] = None if session.motion is None else as_stored(session.motion)
    stored["locked"] = list(session.locked)
    stored["browser"]["tags"] = list(session.browser.tags)
    return stored
