"""Which of the keys that are held an arpeggiator plays at a step: pure functions of the keys, the mode and the step."""

from collections.abc import Sequence
from dataclasses import dataclass

from synth.instrument.note_events import NoteDimension
from synth.instrument.parameters.tempo_rows import ArpeggioMode
from synth.random_streams import Stream, generator

_HIGHEST_KEY = 127


@dataclass(frozen=True)
class PlayedKey:
    """A key that is held down, or kept by a pedal or the latch."""

    note_id: int
    key: int
    velocity: float
    channel: int
    down: bool = True
    """False once the finger has come up."""
    expression: tuple[tuple[NoteDimension, float], ...] = ()
    """What was said of this note alone, for each note that the arpeggiator makes of it."""


StepNote = tuple[PlayedKey, int]
"""A held key, and the MIDI key that is played for it."""


def notes_of_step(keys: Sequence[PlayedKey], mode: ArpeggioMode, octaves: int, step: int, seed: int) -> list[StepNote]:
    """What sounds at a step, counted from 0; `keys` in the order in which they were played.

    A key that is held twice on a channel counts once, with the later velocity. Octaves that leave the keyboard are left
    out. In all modes but “chord” the whole pattern is played in its own octave, then in the next one.
    """
    last = {(held.channel, held.key): held for held in keys}
    ordered = list(last.values())
    if mode not in ("as played", "random"):
        ordered.sort(key=lambda held: (held.key, held.channel))
    if mode == "chord":
        # Where the next octave would leave the keyboard for every key, the chord begins again.
        reach = max(1, min(octaves, (_HIGHEST_KEY - min(held.key for held in ordered)) // 12 + 1))
        return [(held, key) for held in ordered if (key := held.key + 12 * (step % reach)) <= _HIGHEST_KEY]
    run = [(held, held.key + 12 * octave) for octave in range(octaves) for held in ordered]
    run = [note for note in run if note[1] <= _HIGHEST_KEY]
    match mode:
        case "down":
            run.reverse()
        case "up-down":
            # The highest and the lowest are played once.
            run += run[-2:0:-1]
        case "random":
            return [run[int(generator(seed, Stream.ARPEGGIO, step).integers(len(run)))]]
    return [run[step % len(run)]]
