"""An instrument's state as JSON and arrays, and back; what is read is checked before it is used.

What undo goes back to is left out: it is as large as 25 cultures. Axes: `C` channels, `M` mel bands, `T` frames, `P`
places of the playhead's way.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.culture.cross_fade import FADE_FRAMES, FadeState
from synth.instrument.event_records import as_record, from_record
from synth.instrument.events import BeginMorph, ChangePreset, ChangeVocoder, Event, Hand, Play, Stop
from synth.instrument.morph.morph import MorphState
from synth.instrument.parameters.values import readable
from synth.instrument.playing.sown_notes import SownNotesState
from synth.instrument.reading.playhead import REMEMBERED_FRAMES, Place
from synth.instrument.state import ChangeState, DroneLevel, InstrumentState
from synth.instrument.tempo.arpeggiator import ArpeggiatorState
from synth.presets.model import Preset
from synth.presets.routes import region_of, routes_of, told_of_region, told_of_routes
from synth.presets.schema import Fields
from synth.presets.tuning import told_of_tuning, tuning_of
from synth.takes.records.culture import Arrays, arrays_of_culture, checked_tensor, read_culture, told_of_culture
from synth.takes.records.morph import arrays_of_morph, read_morph, told_of_morph
from synth.takes.records.motion import read_motion, told_of_motion
from synth.takes.records.sown import arrays_of_sown, read_sown, told_of_sown
from synth.takes.records.tempo import read_arpeggiator, read_clock, told_of_arpeggiator, told_of_clock
from synth.takes.records.voices import arrays_of_voices, read_voices, told_of_voices

_LONGEST = 2**53
_FAR = 1e6
"""Columns and radii of a hand lie within this."""
_MOST_PENDING = 10_000


def told_of(state: InstrumentState) -> dict[str, Any]:
    """What JSON holds of a state."""
    return {
        "frame": state.frame,
        "seed": state.seed,
        "controls": dict(state.controls),
        **told_of_culture(state.culture),
        "accumulator": state.accumulator,
        "evolution_limit": state.evolution_limit,
        "log_ratio": state.log_ratio,
        "tilt_db": state.tilt_db,
        "stroke": state.stroke,
        "pending": [as_record(event) for event in state.pending],
        "fade_frame": None if state.fade is None else state.fade.frame,
        "change": None if state.change is None else [state.change.lead_frames, state.change.frames_left],
        "drone": state.drone.target > 0,
        "drone_level": [state.drone.now, state.drone.target, state.drone.per_frame],
        "voices": None if state.voices is None else told_of_voices(state.voices),
        "sown": None if state.sown is None else told_of_sown(state.sown),
        "tuning": None if state.tuning is None else told_of_tuning(state.tuning),
        "routes": told_of_routes(state.routes),
        "region": told_of_region(state.region),
        "motion": told_of_motion(state.motion),
        "clock": None if state.clock is None else told_of_clock(state.clock),
        "arpeggiator": None if state.arpeggiator is None else told_of_arpeggiator(state.arpeggiator),
        "morph": None if state.morph is None else told_of_morph(state.morph),
    }


def arrays_of(state: InstrumentState) -> dict[str, NDArray[Any]]:
    """What arrays hold of a state; `way` are the playhead's places, the present one last, (P + 1, 8) float64."""
    arrays = arrays_of_culture(state.culture)
    if state.fade is not None:
        arrays["fade"] = state.fade.old.float().contiguous().numpy()
        if state.fade.second is not None:
            arrays["second_fade"] = state.fade.second.float().contiguous().numpy()
    if state.voices is not None:
        arrays |= arrays_of_voices(state.voices)
    if state.sown is not None:
        arrays |= arrays_of_sown(state.sown)
    if state.motion.seen is not None:
        arrays["motion.seen"] = state.motion.seen
    if state.morph is not None:
        arrays |= arrays_of_morph(state.morph)
    arrays["way"] = np.array([_row(place) for place in (*state.past, state.place)], np.float64)
    return arrays


def read_state(told: Fields, arrays: Arrays, preset: Preset, plate: Preset | None = None) -> InstrumentState:
    """The state again, for this preset; `PresetError` or `ValueError` for what cannot be one. `plate` is a second
    preset, as long as the first, that has a culture of its own beside it."""
    *past, place = _places(arrays["way"], preset.n_frames)
    return InstrumentState(
        frame=told.integer("frame", 0, _LONGEST),
        seed=told.integer("seed", 0, 2**63 - 1),
        culture=read_culture(told, arrays, preset, plate),
        controls=readable(told.mapping("controls")),
        place=place,
        past=tuple(past),
        accumulator=told.number("accumulator", 0, 1),
        evolution_limit=told.number("evolution_limit", 0, 1),
        log_ratio=told.number("log_ratio", -16, 16),
        tilt_db=told.number("tilt_db", -100, 100),
        stroke=told.flag("stroke"),
        pending=read_pending(told),
        fade=_fade(told, arrays, preset),
        change=_change(told),
        drone=_drone(told),
        voices=None if told.values.get("voices") is None else read_voices(told.group("voices"), arrays),
        sown=_sown(told, arrays, preset),
        tuning=None if told.values.get("tuning") is None else tuning_of(told.group("tuning")),
        routes=routes_of(told),
        region=region_of(told, "region"),
        motion=read_motion(told, arrays.get("motion.seen"), tuple(preset.state.shape[1:])),
        clock=None if told.values.get("clock") is None else read_clock(told.group("clock")),
        arpeggiator=_arpeggiator(told),
        morph=_morph(told, arrays, preset),
    )


def _arpeggiator(told: Fields) -> ArpeggiatorState | None:
    return None if told.values.get("arpeggiator") is None else read_arpeggiator(told.group("arpeggiator"))


def _drone(told: Fields) -> DroneLevel:
    """What was saved before there were notes had a drone and nothing else; before it faded, it was held or not."""
    if "drone_level" not in told.values:
        held = float(told.flag("drone") if "drone" in told.values else True)
        return DroneLevel(held, held)
    now, target, per_frame = told.numbers("drone_level", 3, 0, 1)
    return DroneLevel(now, round(target), max(per_frame, 1e-6))


def _fade(told: Fields, arrays: Arrays, preset: Preset) -> FadeState | None:
    if told.values.get("fade_frame") is None:
        return None
    shape = tuple(preset.state.shape[1:])
    second = checked_tensor(arrays, "second_fade", shape, "fade") if "second_fade" in arrays else None
    return FadeState(checked_tensor(arrays, "fade", shape), told.integer("fade_frame", 0, FADE_FRAMES - 1), second)


def _sown(told: Fields, arrays: Arrays, preset: Preset) -> SownNotesState | None:
    if told.values.get("sown") is None:
        return None
    return read_sown(told.group("sown"), arrays, preset.mel.n_mels, preset.n_frames)


def _morph(told: Fields, arrays: Arrays, preset: Preset) -> MorphState | None:
    if told.values.get("morph") is None:
        return None
    return read_morph(told.group("morph"), arrays, preset.mel.n_mels, preset.n_frames)


def _change(told: Fields) -> ChangeState | None:
    if told.values.get("change") is None:
        return None
    lead, left = told.numbers("change", 2, -REMEMBERED_FRAMES, 1e5)
    return ChangeState(int(lead), max(1, int(left)))


def read_pending(told: Fields, name: str = "pending") -> tuple[Event, ...]:
    """Events that are not done yet; `PresetError` or `ValueError` for what cannot be one of an instrument's own."""
    records = told.values.get(name)
    if not isinstance(records, list) or len(records) > _MOST_PENDING:
        raise ValueError(name)
    events = []
    for record in records:
        logged = from_record(told.file, record)
        if isinstance(logged.action, Play | Stop | ChangePreset | ChangeVocoder | BeginMorph):
            raise ValueError(name)
        events.append(Event(logged.frame, logged.action, logged.share))
    return tuple(events)


def _row(place: Place) -> tuple[float, ...]:
    hand = place.hand
    return (
        place.position,
        place.width,
        place.mix,
        place.centre,
        place.scan,
        hand.down,
        hand.column,
        hand.radius_frames,
    )


def _places(way: NDArray[Any], n_frames: int) -> list[Place]:
    """The places of a way (P + 1, 8), each within its bounds."""
    low = np.array([0, 0, 0, -_FAR, 0, 0, -_FAR, 1e-6])
    high = np.array([n_frames, 1, 1, _FAR, _LONGEST, 1, _FAR, _FAR])
    if way.dtype != np.float64 or way.ndim != 2 or way.shape[1] != len(low):
        raise ValueError("way")
    if not 1 <= len(way) <= REMEMBERED_FRAMES + 1 or not ((way >= low) & (way <= high)).all():
        raise ValueError("way")
    return [
        Place(position, width, Hand(down >= 0.5, column, radius), mix, centre, int(scan))
        for position, width, mix, centre, scan, down, column, radius in way.tolist()
    ]
