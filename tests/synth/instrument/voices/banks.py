"""A bank of voices of a small plate, and presets for it."""

import numpy as np

from synth.instrument.note_events import (
    NoteOn,
)
from synth.instrument.tuning import equal_temperament
from synth.instrument.voices.bank import VoiceBank
from synth.instrument.voices.contour import Contour
from synth.instrument.voices.controls import VoiceControls
from synth.instrument.voices.envelope import EnvelopeShape
from synth.instrument.voices.expression import MEDIUM_VELOCITY, ExpressionSettings

FPS, T, M = 22050 / 256, 172, 6
FRAME_S = 1 / FPS
EQUAL = equal_temperament().pitches()
LEAD_S = 2.5 * FRAME_S
FLAT = ExpressionSettings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.5, 0.0)
PLAIN = VoiceControls(expression=FLAT, envelope=EnvelopeShape(attack_s=0.0, release_s=0.2, release_curve=0.0))
RNG = np.random.default_rng(0)
STROKE_DB = RNG.normal(0, 6, (20, M))
STRUCK = Contour(M, FPS, STROKE_DB, np.full(M, -40.0), np.full(M, -300.0))


def bank(contour: Contour | None = None, seed: int = 0) -> VoiceBank:
    return VoiceBank(T, FPS, contour or Contour(M, FPS), EQUAL, seed)


def on(note_id: int, key: int = 60, velocity: float = MEDIUM_VELOCITY, channel: int = 0) -> NoteOn:
    return NoteOn(note_id, key, velocity, channel)
