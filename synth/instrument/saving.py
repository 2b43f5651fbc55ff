"""From an instrument's parts to the state that its future depends on, and back."""

from synth.culture.undo_states import HistoryState
from synth.instrument.parts import InstrumentParts
from synth.instrument.playing.morphing import restore_morph
from synth.instrument.state import InstrumentState
from synth.instrument.tempo.arpeggiator import ArpeggiatorState
from synth.instrument.tempo.beat_clock import BeatClock
from synth.instrument.tempo.controls import arpeggio_settings
from synth.instrument.tuning import equal_temperament
from synth.instrument.voices.bank_frame import BankState


def saved(parts: InstrumentParts, *, with_history: bool) -> InstrumentState:
    """The state between two frames, in copies; `with_history` adds up to 24 MB of them."""
    return InstrumentState(
        frame=parts.frame,
        seed=parts.setup.seed,
        culture=parts.culture.save(),
        controls=parts.controls,
        place=parts.playhead.place,
        past=parts.playhead.past,
        accumulator=parts.accumulator,
        evolution_limit=parts.evolution_limit,
        log_ratio=parts.log_ratio,
        tilt_db=parts.reader.tilt_db,
        stroke=parts.played.in_stroke,
        pending=parts.agenda.pending,
        fade=parts.played.fade,
        change=parts.vocoders.change_state,
        drone=parts.drone_level,
        voices=parts.voices.save(),
        sown=parts.voices.save_sown(),
        tuning=parts.voices.tuning,
        routes=parts.routes,
        region=parts.region,
        motion=parts.motion.state,
        clock=parts.clock,
        arpeggiator=parts.arpeggiator.state,
        morph=None if parts.morph is None else parts.morph.save(),
        history=parts.history.save() if with_history else None,
    )


def restore(parts: InstrumentParts, state: InstrumentState) -> None:
    """Bring the parts of an instrument of the same preset and seed to a state; its vocoder's sound is left as it is."""
    parts.frame, parts.controls = state.frame, state.controls
    parts.routes, parts.region = state.routes, state.region
    arpeggio = arpeggio_settings(state.controls)
    parts.arpeggiator.resume(arpeggio, state.arpeggiator or ArpeggiatorState(beats=arpeggio.beats))
    parts.motion.restore(state.motion)
    parts.values = parts.controls.moved(parts.motion.moved.values)
    parts.clock = state.clock or BeatClock(parts.asked_beats_per_frame())
    parts.culture.restore(state.culture)
    restore_morph(parts, state.morph)
    parts.playhead.restore(state.place, state.past)
    parts.accumulator, parts.evolution_limit = state.accumulator, state.evolution_limit
    parts.log_ratio = state.log_ratio
    parts.reader.jump(state.tilt_db)
    parts.agenda.clear()
    parts.agenda.add(state.pending)
    parts.played.in_stroke = state.stroke
    parts.played.restore_fade(state.fade)
    parts.vocoders.resume_change(state.change)
    parts.history.restore(state.history or HistoryState())
    parts.drone_level = state.drone
    parts.voices.tune(state.tuning or equal_temperament())
    parts.voices.obey(parts.controls, parts.most_voices())
    parts.voices.restore(state.voices or BankState(), state.sown)
