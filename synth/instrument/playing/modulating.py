"""Modulation in an instrument's frame: what its parts are told."""

from functools import partial

import numpy as np
from torch import Tensor

from synth.instrument.modulation.view import MotionView
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parts import InstrumentParts
from synth.instrument.playing.morphing import grid_of_both
from synth.instrument.playing.motion import Now
from synth.instrument.playing.voice_player import VoicesNow
from synth.instrument.voices.expression import placed_gains


def move_controls(parts: InstrumentParts) -> None:
    """Say what is played in the frame that begins: the controls, moved by routes."""
    motion = parts.motion
    motion.obey(parts.routes, parts.region, parts.controls)
    moved_before = bool(motion.moved.values)
    motion.advance(_now(parts))
    if motion.moved.values:
        parts.values = parts.controls.moved(motion.moved.values)
        parts.voices.move(parts.values, partial(motion.voice_values, parts.controls), parts.vocoders.onset_lead_s)
    elif moved_before:
        parts.values = parts.controls
        parts.voices.obey(parts.controls, parts.most_voices())
    if parts.output_listener is not None:
        parts.output_listener(parts.frame, moved_output(parts))


def moved_output(parts: InstrumentParts) -> dict[str, float]:
    """What routes move the controls to that the output obeys, by id; none where they move none."""
    return {id: value for id, value in parts.motion.moved.values.items() if PARAMETERS[id].scope == "output"}


def drone_sides(parts: InstrumentParts) -> tuple[float, float]:
    """Left and right gain of the drone, which is a voice as well."""
    level_db, pan = parts.values["voice_level_db"], parts.values["voice_pan"]
    if level_db == 0 and pan == 0:
        return 1.0, 1.0
    left, right = placed_gains(level_db, pan, 1)[0].tolist()
    return left, right


def follow_level(parts: InstrumentParts, drone: Tensor, second_drone: Tensor, notes: VoicesNow | None) -> None:
    """Tell the follower what is read in this frame: the drone's columns (B, M), those of a second preset, and the
    voices'."""
    if not parts.motion.follows_level:
        return
    power, morph = 0.0, parts.morph
    if parts.drone:
        gains = np.array(drone_sides(parts)) * parts.drone_level.now
        read = parts.reader.power(drone)
        if morph is not None:
            gains *= morph.level
            read = read + morph.partner.reader.power(second_drone)
        power += float((read.numpy() * gains**2).mean())
    if notes is not None and notes.slots:
        read = parts.reader.power(notes.columns[0])
        second = None if notes.second is None else notes.second.columns[0]
        if morph is not None and second is not None:
            read = read + morph.partner.reader.power(second.now)
        power += float((read * notes.gains**2).mean(1).sum())
    parts.motion.hear(power)


def motion_view(parts: InstrumentParts) -> MotionView:
    """What there is to see of it."""
    return parts.motion.look(_now(parts))


def _now(parts: InstrumentParts) -> Now:
    return Now(parts.controls, parts.clock.at(parts.frame + 0.5), partial(grid_of_both, parts), parts.voices.state)
