"""What an event does to an instrument, between two frames; notes are the voice player's."""

from synth.automaton.gestures import footprint
from synth.culture.two_plates import rescue
from synth.instrument.events import (
    EndMorph,
    Evolve,
    Hand,
    HoldDrone,
    LimitEvolution,
    OwnAction,
    PaintShare,
    Redo,
    Rescue,
    ReseedAll,
    SetParameter,
    SetRegion,
    SetRoute,
    ThawAll,
    Touch,
    Tune,
    Undo,
)
from synth.instrument.parts import InstrumentParts
from synth.instrument.playing.arpeggio import follow_controls


def act(parts: InstrumentParts, action: OwnAction) -> None:
    """Do this now."""
    match action:
        case SetParameter(id, value):
            parts.controls = parts.controls.with_value(id, value)
            parts.values = parts.controls.moved(parts.motion.moved.values)
            parts.clock = parts.clock.with_tempo(parts.asked_beats_per_frame(), parts.frame)
            follow_controls(parts)
        case SetRoute(place, route):
            parts.routes = parts.routes.with_route(place, route)
        case SetRegion(region):
            parts.region = region
        case Touch(gesture):
            parts.played.touch(gesture, hand_down=parts.playhead.hand_down)
        case ReseedAll():
            parts.played.reseed()
        case ThawAll():
            parts.played.thaw()
        case Undo():
            parts.played.undo()
        case Redo():
            parts.played.redo()
        case Rescue():
            rescue(parts.culture)
            parts.rescues += 1
        case LimitEvolution(share):
            parts.evolution_limit = share
        case HoldDrone(on, fade_s):
            n_frames = fade_s * parts.preset.mel.frames_per_second
            parts.drone_level = parts.drone_level.toward(float(on), n_frames)
        case EndMorph():
            if parts.morph is not None:
                parts.morph.end()
        case PaintShare(place, second):
            if parts.morph is not None:
                weight = footprint(place, parts.culture.n_mels, parts.culture.n_frames) * place.strength
                parts.morph.paint(float(second), weight)
        case Tune(tuning):
            parts.voices.tune(tuning)
        case Hand(down):
            if not down:
                parts.played.lift()
            parts.playhead.hold(action)
        case Evolve(steps):
            for _ in range(steps):
                parts.culture.step(parts.values["weather_depth"], parts.values["weather_speed"])
