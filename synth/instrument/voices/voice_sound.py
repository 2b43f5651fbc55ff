"""Frames of the drone and of notes, put together for the vocoders.

Axes: `W` vocoders at work, `V` voices, `B` = 2 heads, `M` mel bands, `n` frames, `N` samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth.instrument.vocoder_slot import Voicing
from synth.instrument.voices.voice_player import VoicesNow
from synth.vocoder.contract import DRONE, VoiceFrames


@dataclass(frozen=True)
class FrameOfVoices:
    """Who sounds in a frame."""

    spread: float
    drone: bool
    notes: VoicesNow | None
    """None where no note sounds or ends."""
    drone_gain: float = 1.0
    drone_sides: tuple[float, float] = (1.0, 1.0)
    """Left and right, as level and pan of all voices have it."""

    def goes_on_from(self, before: "FrameOfVoices") -> bool:
        """True when one call of a vocoder plays both frames: a width that is gliding is played frame by frame, and
        so is the beginning or end of a voice."""
        if self.spread != before.spread or self.drone != before.drone:
            return False
        if self.notes is None or before.notes is None:
            return self.notes is before.notes
        return not self.notes.freed and not before.notes.ended and self.notes.slots == before.notes.slots


def sound_of(voicing: Voicing, frames: Sequence[FrameOfVoices], drone: Tensor, ratios: Tensor) -> Tensor:
    """The sound of frames that go on from each other, (B, N).

    `drone` (W, B, M, n) and `ratios` (B, n) are the drone's, whether or not it sounds.
    """
    notes = [frame.notes for frame in frames if frame.notes is not None]
    # A vocoder lost in the middle takes what the other one read with it.
    n_vocoders = len(voicing.offsets)
    gains = torch.tensor([[frame.drone_gain * frame.drone_sides[side] for frame in frames] for side in (0, 1)])
    if not notes and frames[0].drone and bool((gains == 1).all()):
        return voicing.process(drone[:n_vocoders], ratios, frames[0].spread)
    for slot in notes[0].freed if notes else ():
        voicing.free(slot)
    alone = voicing.max_voices <= (len(notes[0].slots) if notes else 0)
    with_drone = frames[0].drone and not alone
    parts = [_voices(notes, w, drone[w], ratios, gains if with_drone else None) for w in range(n_vocoders)]
    sound = voicing.process_voices(parts, frames[0].spread)
    for slot in notes[-1].ended if notes else ():
        voicing.free(slot)
    return sound


def _voices(
    notes: Sequence[VoicesNow], w: int, drone: Tensor, ratios: Tensor, drone_gains: Tensor | None
) -> VoiceFrames:
    """What vocoder `w` reads; `drone_gains` (B, n) where the drone sounds."""
    slots: tuple[int, ...] = notes[0].slots if notes else ()
    heads, bands, n = drone.shape
    columns, pitch, gains = torch.zeros(0, heads, bands, n), torch.zeros(0, n), torch.zeros(0, heads, n)
    if slots:
        columns = torch.stack([now.columns[w] for now in notes], dim=-1)
        pitch = torch.stack([now.ratios for now in notes], dim=-1)
        gains = torch.stack([now.gains for now in notes], dim=-1)
    if drone_gains is not None:
        slots = (DRONE, *slots)
        columns, pitch = torch.cat([drone[None], columns]), torch.cat([ratios[:1], pitch])
        gains = torch.cat([drone_gains.expand(1, heads, n), gains])
    return VoiceFrames(slots, columns, pitch, gains)
