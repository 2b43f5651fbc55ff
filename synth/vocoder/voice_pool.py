"""Several vocoders of one voice each, played as one vocoder of several voices.

Axes: `V` voices, `B` heads, `M` mel bands, `n` frames, `N` samples.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.vocoder.contract import DRONE, Vocoder, VoiceFrames, samples_until
from synth.vocoder.one_voice import OneVoice

_SPARE_FRAMES = 4


@dataclass
class _Member:
    vocoder: OneVoice
    slot: int | None = None
    silent_frames: float = math.inf
    """Since its gain was last above 0; infinitely many at first."""
    waiting: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    """Made and not yet given, (B, 0 or 1)."""


class VoicePool(Vocoder):
    """Each voice has a vocoder, with a past of its own, while it sounds; vocoders without a voice are not run."""

    def __init__(self, vocoders: Sequence[OneVoice]) -> None:
        """At least one, all of the same kind; none of them is used elsewhere."""
        self._members = [_Member(vocoder) for vocoder in vocoders]
        self._first = vocoders[0]

    @property
    def name(self) -> str:
        return self._first.name

    @property
    def format(self) -> MelFormat:
        return self._first.format

    @property
    def delay_samples(self) -> int:
        return self._first.delay_samples

    @property
    def max_voices(self) -> int:
        return len(self._members)

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._out_rate, self._n_heads = out_rate_hz, n_heads
        for member in self._members:
            member.vocoder.prepare(preset, out_rate_hz, n_heads, seed)
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        self._frame = 0
        # A frame reaches as far back as it looks ahead.
        frames = 2 * self.delay_samples * self.format.rate_hz / (self.format.hop * self._out_rate)
        self._tail_frames = math.ceil(frames) + _SPARE_FRAMES
        self._members = [_Member(member.vocoder) for member in self._members]
        if warm is not None:
            first = self._members[0]
            first.slot, first.silent_frames = DRONE, 0
            first.waiting = torch.zeros(self._n_heads, 0)
            first.vocoder.reset(warm)

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        self.free(slot)
        self._given_to(slot).vocoder.start(slot, note, offset_samples)

    def free(self, slot: int) -> None:
        for member in self._members:
            if member.slot == slot:
                member.slot = None
                member.vocoder.free(slot)

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        if len(voices.slots) > self.max_voices:
            raise ValueError(f"{len(voices.slots)} voices are more than the {self.max_voices} that may sound at once.")
        for slot in sorted(set(voices.slots) - {member.slot for member in self._members}):
            self._given_to(slot, set(voices.slots))
        n, heard = voices.columns.shape[3], (voices.gain > 0).any(dim=1)
        # A vocoder wakes at the very frame in which its voice is heard again, however the frames are split.
        edges = [0, *(i for i in range(1, n) if (heard[:, i] != heard[:, i - 1]).any()), n] if n else [0]
        parts = [torch.zeros(self._n_heads, 0)]
        parts += [self._run(voices, heard, slice(a, b), spread) for a, b in itertools.pairwise(edges)]
        return torch.cat(parts, dim=1)

    def flush(self) -> Tensor:
        owed = torch.zeros(self._n_heads, self.delay_samples)
        for member in self._members:
            if member.silent_frames < self._tail_frames:
                owed += torch.cat([member.waiting, member.vocoder.flush()], dim=1)[:, : self.delay_samples]
        return owed

    def _given_to(self, slot: int, needed: set[int] | None = None) -> _Member:
        """The vocoder that has been silent for longest of those without a voice; failing these, of those whose voice
        is not needed now."""
        idle = [member for member in self._members if member.slot is None]
        rest = [member for member in self._members if needed is None or member.slot not in needed]
        member = max(idle or rest, key=lambda member: member.silent_frames)
        if member.slot is not None:
            member.vocoder.free(member.slot)
        member.slot = slot
        if member.silent_frames >= self._tail_frames:
            self._wake(member)
        return member

    def _wake(self, member: _Member) -> None:
        """From silence; its frames may begin within a sample, which it then waits for."""
        member.vocoder.reset()
        member.waiting = torch.zeros(self._n_heads, 1 if self._frame else 0)
        member.silent_frames = 0

    def _run(self, voices: VoiceFrames, heard: Tensor, frames: slice, spread: float) -> Tensor:
        """Frames through which the same voices are heard."""
        n = frames.stop - frames.start
        end = samples_until(self._frame + n, self.format, self._out_rate)
        count = end - samples_until(self._frame, self.format, self._out_rate)
        out = torch.zeros(self._n_heads, count)
        for member in self._members:
            row = voices.slots.index(member.slot) if member.slot in voices.slots else len(voices.slots)
            loud = row < len(voices.slots) and bool(heard[row, frames.start])
            if loud and member.silent_frames >= self._tail_frames:
                self._wake(member)
            if member.silent_frames < self._tail_frames:
                mine = VoiceFrames(
                    voices.slots[row : row + 1],
                    voices.columns[row : row + 1, :, :, frames],
                    voices.pitch_ratio[row : row + 1, frames],
                    voices.gain[row : row + 1, :, frames],
                )
                made = torch.cat([member.waiting, member.vocoder.process_voices(mine, spread)], dim=1)
                out += made[:, :count]
                member.waiting = made[:, count:]
            member.silent_frames = 0 if loud else member.silent_frames + n
        self._frame += n
        return out
