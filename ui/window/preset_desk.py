"""Which preset plays: asks for it, hands it to the engine, and lets the window's parts say so."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import EngineControl
from synth.instrument.events import set_parameters
from synth.instrument.parameters.values import ParameterValues, pitch_ratio
from synth.instrument.tuning import Tuning, equal_temperament
from synth.instrument.voices.key_follow import heard_ratio
from synth.presets.about import About
from synth.presets.model import Preset
from ui.controls.motion.model import Motion, names_of
from ui.controls.motion.sending import motion_of
from ui.controls.suggestions import of_preset, suggested
from ui.help.overlay import HelpOverlay
from ui.presets.hearing import Hearing
from ui.presets.loader import Build, Loaded, Loader, Voiced
from ui.takes.continuation import branched
from ui.widgets.banner import Remedy
from ui.window.morph_desk import MorphDesk
from ui.window.parts import Parts

_GIVE_WAY_S = 0.01


class PresetDesk(QObject):
    """Between the browser, the loader and the engine."""

    named = Signal(str)
    """What plays has this name now."""
    shown = Signal(object)
    """A `Loaded`: the engine has been given it, and the window stands as it says."""

    def __init__(
        self, engine: EngineControl, build: Build, parts: Parts, help_sheet: HelpOverlay, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._engine, self._parts, self._help = engine, parts, help_sheet
        self._asked: Path | None = None
        self.preset: Preset | None = None
        """What plays."""
        self.tuning: Tuning = equal_temperament()
        """What its keys play."""
        self._key: int | None = None
        self.loader = Loader(build, self)
        self.hearing = Hearing(engine, lambda: parts.controls.controls["volume_db"], self)
        presets, header, vocoders = parts.presets, parts.header, parts.status_line.vocoders
        presets.chosen.connect(self.load)
        presets.save_asked.connect(self._save)
        presets.kept.connect(self._show_kept)
        presets.renamed.connect(self._rename)
        presets.described.connect(self._show_about)
        presets.hearing_asked.connect(self.hearing.toggle)
        self.hearing.heard.connect(presets.list.show_heard)
        self.hearing.failed.connect(parts.banner.complain)
        presets.said.connect(lambda sentence, undo: parts.banner.say(sentence, remedy=undo))
        presets.refused.connect(self._refuse)
        presets.like_changed.connect(header.like.setChecked)
        header.like.clicked.connect(presets.like_playing)
        header.stepped.connect(presets.step)
        self.loader.loaded.connect(self._take_over)
        self.loader.voiced.connect(self._revoice)
        self.loader.failed.connect(self._keep_playing)
        self.loader.busy.connect(header.show_busy)
        self.morph = MorphDesk(engine, self.loader, parts, self)
        vocoders.chosen.connect(self.prepare_vocoder)
        vocoders.refused.connect(parts.banner.complain)
        if presets.favourites.problem:
            parts.banner.complain(presets.favourites.problem)

    def load(self, path: Path) -> None:
        """Prepare this preset elsewhere; what plays goes on until it is ready."""
        self._asked = path
        self.loader.request(path, self._parts.controls.controls, self._parts.controls.locked)

    def branch(self, take: Path, seconds: float, progress: Callable[[float], object]) -> int:
        """Prepare what played so many seconds into a take, to be played on from there; the loader's number of it.

        It computes as hard as the engine does, in the same interpreter: while the sound is close to breaking it waits.
        """
        self._asked = None
        engine, rate_hz = self._engine, self._engine.status().rate_hz

        def work(given_up: Callable[[], bool]) -> Loaded:
            def cancelled() -> bool:
                while engine.pressed and not given_up():
                    time.sleep(_GIVE_WAY_S)
                return given_up()

            return branched(take, seconds, rate_hz, cancelled, progress)

        return self.loader.run(work, take.name)

    def prepare_vocoder(self) -> None:
        """Change to the stored choice of vocoder when it is ready."""
        if self.preset is not None:
            self.loader.request_vocoder(self.preset, self._engine.status().rate_hz)

    def show_loaded(self, loaded: Loaded, *, listed: bool = True) -> None:
        """The engine plays this now: name it, rule the axes, stand where its controls do; see `PresetPanel.mark`."""
        preset, parts = loaded.preset, self._parts
        self.preset = preset
        self._show_kept(preset)
        parts.presets.mark(loaded.path, preset.name, listed=listed)
        controls = parts.controls
        controls.show_controls(loaded.controls or suggested(controls.controls, preset, controls.locked))
        played = loaded.instrument
        controls.motion.show_motion(Motion(played.routes, played.region, names_of(preset.macro_names)))
        parts.culture.set_culture(preset.mel, preset.n_frames, preset.quantiles.numpy())
        parts.culture.root_hz = preset.root_hz
        parts.brushes.set_frame_rate(preset.mel.frames_per_second)
        parts.brushes.set_rows(preset.mel.n_mels)
        parts.controls.note.set_root(preset.root_hz)
        self.show_note()
        self.shown.emit(loaded)

    def send_values(self, values: Mapping[str, float]) -> None:
        """Move these controls of the engine, and no other: somebody else may be moving those."""
        for event in set_parameters(values):
            self._engine.send(event)
        self.show_note()

    def catch_up(self, prepared: ParameterValues) -> None:
        """Send what was moved in the window while an instrument was prepared with other values."""
        self.send_values(self._parts.controls.controls.differing_from(prepared))

    def show_note(self) -> None:
        """Mark the note that plays on the keyboard, and rule the culture's rows by what is heard."""
        note = self._parts.controls.note
        self._parts.dock.keys.show_note(note.value(), note.own_note() if note.has_pitch else 0)
        self._rule_rows()

    def show_key(self, key: int | None) -> None:
        """Name frequencies as this MIDI key sounds them; None: as the drone does."""
        if key != self._key:
            self._key = key
            self._rule_rows()

    def _rule_rows(self) -> None:
        controls = self._parts.controls.controls
        root_hz = 0.0 if self.preset is None else self.preset.root_hz
        ratio = pitch_ratio(controls["note"], controls["fine_cents"], root_hz)
        if self._key is not None:
            pitch = float(self.tuning.pitches(controls["reference_hz"])[self._key]) + controls["fine_cents"] / 100
            ratio = heard_ratio(pitch, root_hz, controls["key_follow"])
        self._parts.culture.show_pitch(ratio)

    def close(self) -> None:
        """Wait for what still loads or is written."""
        self.hearing.close()
        self.loader.close()
        self._parts.presets.librarian.close()

    def _take_over(self, loaded: Loaded) -> None:
        prepared = loaded.instrument.controls
        self.hearing.stop()
        self._engine.swap(loaded.instrument, loaded.reason)
        self._parts.banner.settle("preset")
        self.show_loaded(loaded)
        if loaded.controls is None:
            # What the player turned while it loaded. A take goes on with its own controls, to the last bit.
            self.catch_up(prepared)

    def _revoice(self, voiced: Voiced) -> None:
        self._engine.change_vocoder(voiced.vocoder, voiced.reason, voiced.spare, voiced.preset)

    def _save(self, name: str, overwrite: bool, about: About | None) -> None:
        controls, capture = self._parts.controls, self._engine.capture()
        motion = controls.motion.motion
        self._parts.presets.librarian.save(capture, controls.controls, motion, name, overwrite, about)

    def _show_kept(self, preset: Preset) -> None:
        self._parts.header.show_preset(preset)
        self._parts.controls.show_base(of_preset(preset))
        self._parts.controls.motion.show_base(motion_of(preset))
        self._rename(preset.name)

    def _rename(self, name: str) -> None:
        """What plays is called so from now on, wherever it is named."""
        if self.preset is not None:
            self.preset = replace(self.preset, name=name)
            self._help.show_credit(self.preset)
        self._parts.header.show_name(name)
        self.named.emit(name)

    def _show_about(self, about: About) -> None:
        if self.preset is not None:
            self.preset = self.preset.with_about(about)
            self._parts.header.show_preset(self.preset)

    def _refuse(self, problem: str) -> None:
        self._parts.banner.complain(problem)
        self._parts.presets.restore_mark()

    def _keep_playing(self, problem: str) -> None:
        asked, playing = self._asked, f" “{self.preset.name}” plays on." if self.preset else ""
        remedy = None if asked is None else Remedy("Try again", lambda: self.load(asked))
        self._parts.banner.complain(f"{problem}{playing}", remedy, about="preset")
        self._parts.presets.restore_mark()
        self._parts.header.show_busy(False)
