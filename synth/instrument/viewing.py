"""What there is to see of an instrument at one moment."""

import numpy as np

from synth.culture.failover import FailoverCulture
from synth.culture.two_plates import plates_of
from synth.instrument.events import View
from synth.instrument.parts import InstrumentParts
from synth.instrument.playing.modulating import motion_view
from synth.instrument.playing.morphing import grid_of_both, hidden_of_both


def view_of(parts: InstrumentParts, *, hidden: bool, out_delay_s: float) -> View:
    """A copy of what there is to see; with `hidden`, which costs 0.4 ms, the hidden channels too.

    `out_delay_s` passes between the vocoder and the ear.
    """
    wrapped, read = parts.playhead.wrapped, parts.playhead.place
    heard = parts.playhead.ago(parts.vocoders.lead_frames + round(out_delay_s * parts.preset.mel.frames_per_second))
    left, right = heard.heads()
    return View(
        frame=parts.frame,
        steps=parts.culture.steps,
        grid=grid_of_both(parts).numpy().astype(np.float32, copy=True),
        rest=parts.culture.resting().numpy().astype(np.float32, copy=True),
        frozen=parts.culture.frozen().numpy().astype(np.float32, copy=True),
        playhead=heard.position,
        heads=(wrapped(left), wrapped(right)),
        hand=heard.mix > 0,
        read=wrapped(read.main),
        undos=parts.history.undos,
        redos=parts.history.redos,
        hidden=hidden_of_both(parts).numpy() if hidden else None,
        card_lost=any(isinstance(plate, FailoverCulture) and plate.is_home for plate in plates_of(parts.culture)),
        share=None if parts.morph is None else parts.morph.shown,
        keys=parts.voices.keys,
        motion=motion_view(parts),
    )
