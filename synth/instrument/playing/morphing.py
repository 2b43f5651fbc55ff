"""A morph as part of an instrument: begun and left between two frames, and passed from frame to frame.

Axes: `W` vocoders at work, `M` mel bands.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from synth.instrument.morph.morph import Morph, MorphState
from synth.instrument.morph.partner import Partner, SecondPlate, make_partner
from synth.instrument.parts import InstrumentParts
from synth.instrument.reading.playhead import Place
from synth.mel import LOG_MEL_FLOOR
from synth.vocoder.pair import first_of


def begin_morph(parts: InstrumentParts, partner: Partner) -> None:
    """Play a second preset beside the first from the next frame on; nothing of it is heard yet. Quick."""
    leave_morph(parts)
    if isinstance(partner.life, SecondPlate):
        parts.played.live_beside(partner.life.culture)
    else:
        parts.culture.join(partner.life)
    heard = parts.played.heard(), parts.controls, parts.played.second_heard
    parts.morph = Morph(partner, parts.preset, *heard)
    partner.reader.follow(parts.reader)
    parts.vocoders.pair(partner.beside)
    parts.voices.morphed(parts.morph)


def leave_morph(parts: InstrumentParts) -> None:
    """Play the first preset alone."""
    if parts.morph is not None:
        parts.morph = None
        parts.played.live_alone()
        parts.culture.join(None)
        parts.vocoders.pair(first_of)
        parts.voices.morphed(None)


def prepare_frames(parts: InstrumentParts) -> None:
    """Frames come through which the same vocoders run: leave what is over, else learn what they can play."""
    morph = parts.morph
    if morph is not None and morph.over:
        leave_morph(parts)
    elif morph is not None:
        morph.apart = parts.vocoders.apart


def pass_frame(parts: InstrumentParts) -> None:
    """A frame has begun, in which the culture has lived by the shares of the frame before."""
    morph = parts.morph
    if morph is not None:
        morph.partner.reader.follow(parts.reader)
        if morph.advance(parts.values["morph"], parts.controls, parts.played.heard(), parts.pitch):
            parts.culture.share(morph.share)
            parts.voices.morphed(morph)


def read_drone(parts: InstrumentParts, places: Sequence[Place], columns: Tensor, second: Tensor) -> None:
    """Put what the drone reads at places (W,) into `columns` (W, 2, M), of a second preset into `second`."""
    grid, morph = parts.played.heard(), parts.morph
    for w, place in enumerate(places):
        read = parts.reader.read(grid, place)
        if morph is None:
            columns[w] = read
            continue
        columns[w], other = morph.columns(read, grid, place, w)
        if other is not None:
            second[w] = other


def second_air(parts: InstrumentParts) -> Tensor | None:
    """By how much the high bands of the drone's second preset are louder than its columns say, (H,) nepers."""
    return None if parts.morph is None else parts.morph.partner.reader.air


def grid_of_both(parts: InstrumentParts) -> Tensor:
    """What is heard, (M, T), of two cultures both together."""
    grid = parts.played.heard()
    return grid if parts.morph is None else parts.morph.heard(grid)


def hidden_of_both(parts: InstrumentParts) -> Tensor:
    """The channels nobody hears, as they are shown, (M, T, 3), of two cultures by the share of each."""
    morph, first = parts.morph, parts.hidden.project(parts.culture.cells())
    if morph is None or morph.share is None or not isinstance(morph.partner.life, SecondPlate):
        return first
    plate = morph.partner.life
    return first.lerp(plate.hidden.project(plate.culture.cells()), morph.share[..., None])


def drone_ratios(parts: InstrumentParts) -> tuple[float, float]:
    """The drone's pitch ratio now, and that of a second preset."""
    morph = parts.morph
    # What glides are the controls: what routes add is as quick as its source.
    added = parts.added("fine_cents") / 1200
    first = float(2 ** (parts.log_ratio + added))
    if morph is None:
        return first, 1.0
    second = float(2 ** (morph.second_log_ratio + added))
    return float(morph.one_pitch(np.array(first), np.array(second))), second


def drone_now(parts: InstrumentParts) -> tuple[float, bool]:
    """The drone's gain in this frame, and whether a second preset sounds in it."""
    morph = parts.morph
    if morph is None:
        return parts.drone_level.now, False
    return parts.drone_level.now * morph.level, morph.sounds


def warm_up(parts: InstrumentParts, n_frames: int) -> None:
    """Let the vocoder start as if the columns under the playhead had been sounding for so many frames."""
    place = parts.playhead.ago(parts.vocoders.offsets[0])
    if parts.morph is not None:
        parts.morph.apart = parts.vocoders.apart
    columns = torch.full((1, 2, parts.preset.mel.n_mels), LOG_MEL_FLOOR)
    second = columns.clone()
    read_drone(parts, [place], columns, second)
    parts.vocoders.warm_up(columns[0], n_frames, second[0] if drone_now(parts)[1] else None)


def move_morph(parts: InstrumentParts) -> None:
    """Go on at another output rate, at which the vocoders are new; slow."""
    morph = parts.morph
    assert morph is not None
    state, cultures = morph.save(), parts.culture.save()
    history, fade = parts.history.save(), parts.played.fade
    begin_morph(parts, make_partner(parts.preset, morph.partner.preset, parts.out_rate_hz, parts.setup))
    if morph.two_plates:
        parts.culture.restore(cultures)
        parts.history.restore(history)
        parts.played.restore_fade(fade)
    restore_morph(parts, state)


def restore_morph(parts: InstrumentParts, state: MorphState | None) -> None:
    """Bring the morph that the parts have begun to a state; without a second preset there is nothing to bring."""
    if parts.morph is not None and state is not None:
        parts.morph.restore(state)
        parts.culture.share(parts.morph.share)
        parts.voices.morphed(parts.morph)
