"""Frames of the drone and of notes, put together for the vocoders.

Axes: `W` vocoders at work, `V` voices, `B` = 2 heads, `M` mel bands, `n` frames, `N` samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from synth.instrument.playing.voice_player import VoicesNow
from synth.instrument.vocoder_slot import VocoderSlot
from synth.vocoder.contract import DRONE, VoiceFrames


@dataclass(frozen=True)
class FrameOfVoices:
    """Who sounds in a frame."""

    spread: float
    drone: bool
    notes: VoicesNow | None
    """None where no note sounds or ends."""
    drone_gain: float = 1.0
    second: bool = False
    """True where a second preset sounds as well."""
    drone_sides: tuple[float, float] = (1.0, 1.0)
    """Left and right, as level and pan of all voices have it."""

    def goes_on_from(self, before: "FrameOfVoices") -> bool:
        """True when one call of a vocoder plays both frames: a width that is gliding is played frame by frame, and
        so is the beginning or end of a voice."""
        if (self.spread, self.drone, self.second) != (before.spread, before.drone, before.second):
            return False
        if self.notes is None or before.notes is None:
            return self.notes is before.notes
        return not self.notes.freed and not before.notes.ended and self.notes.slots == before.notes.slots


@dataclass(frozen=True)
class DroneFrames:
    """What the drone reads of one preset, whether or not it sounds."""

    columns: Tensor
    """(W, B, M, n)."""
    ratios: Tensor
    """(B, n)"""
    air: list[Tensor | None] = field(default_factory=list)
    """(n,) of (H,) nepers by which high bands are louder than the columns say."""

    def of(self, frames: slice) -> "DroneFrames":
        return DroneFrames(self.columns[..., frames], self.ratios[:, frames], self.air[frames])

    @property
    def tilted(self) -> bool:
        return any(air is not None for air in self.air)


def sound_of_all(
    vocoders: VocoderSlot, frames: Sequence[FrameOfVoices], drone: DroneFrames, second: DroneFrames
) -> Tensor:
    """The sound of any frames, (B, N), in as few calls of the vocoders as play them."""
    parts, start = [], 0
    for end in range(1, len(frames) + 1):
        if end == len(frames) or not frames[end].goes_on_from(frames[end - 1]):
            span = slice(start, end)
            parts.append(sound_of(vocoders, frames[span], drone.of(span), second.of(span)))
            start = end
    return torch.cat(parts, dim=1)


def sound_of(vocoders: VocoderSlot, frames: Sequence[FrameOfVoices], drone: DroneFrames, second: DroneFrames) -> Tensor:
    """The sound of frames that go on from each other, (B, N); `second` is what the drone reads of a second preset."""
    notes = [frame.notes for frame in frames if frame.notes is not None]
    # A vocoder lost in the middle takes what the other one read with it.
    n_vocoders = len(vocoders.offsets)
    gains = torch.tensor([[frame.drone_gain * frame.drone_sides[side] for frame in frames] for side in (0, 1)])
    plain = not frames[0].second and not drone.tilted
    if not notes and frames[0].drone and plain and bool((gains == 1).all()):
        return vocoders.process(drone.columns[:n_vocoders], drone.ratios, frames[0].spread)
    for slot in notes[0].freed if notes else ():
        vocoders.free(slot)
    alone = vocoders.max_voices <= (len(notes[0].slots) if notes else 0)
    with_drone = frames[0].drone and not alone
    drone_gains = gains if with_drone else None
    parts = [_voices(notes, w, drone, drone_gains) for w in range(n_vocoders)]
    if frames[0].second:
        apart = vocoders.apart
        parts = [
            replace(part, second=_voices([_second(now, w) for now in notes], w, second, drone_gains))
            if apart[w]
            else part
            for w, part in enumerate(parts)
        ]
    sound = vocoders.process_voices(parts, frames[0].spread)
    for slot in notes[-1].ended if notes else ():
        vocoders.free(slot)
    return sound


def _second(now: VoicesNow, w: int) -> VoicesNow:
    """The same voices, as vocoder `w` has them of the second preset."""
    if now.second is None or now.second.columns[w] is None:
        # A frame without voices, or one in which its vocoder played but one preset.
        return replace(now, gains=torch.zeros_like(now.gains))
    columns = tuple(
        each if other is None else other.now for each, other in zip(now.columns, now.second.columns, strict=True)
    )
    air = next((other.air for other in now.second.columns if other is not None), None)
    return replace(now, columns=columns, ratios=torch.from_numpy(now.second.ratios).float(), air=air)


def _voices(notes: Sequence[VoicesNow], w: int, read: DroneFrames, drone_gains: Tensor | None) -> VoiceFrames:
    """What vocoder `w` reads; `drone_gains` (B, n) where the drone sounds."""
    slots: tuple[int, ...] = notes[0].slots if notes else ()
    drone, ratios = read.columns[w], read.ratios
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
    return VoiceFrames(slots, columns, pitch, gains, air=_air(notes, read if drone_gains is not None else None))


def _air(notes: Sequence[VoicesNow], drone: DroneFrames | None) -> Tensor | None:
    """By how much high bands of the drone, where it sounds, and of notes are louder than their columns, (V, H, n)."""
    told = [now.air for now in notes] + ([] if drone is None else drone.air)
    known = next((air for air in told if air is not None), None)
    if known is None:
        return None
    rows = []
    if drone is not None:
        rows.append(
            torch.stack([known.new_zeros(known.shape[-1]) if air is None else air for air in drone.air], -1)[None]
        )
    if notes:
        nothing = known.new_zeros(len(notes[0].slots), known.shape[-1])
        rows.append(torch.stack([nothing if now.air is None else now.air for now in notes], dim=-1))
    return torch.cat(rows)
