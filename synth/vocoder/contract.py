"""What every vocoder promises.

A vocoder plays voices: each reads columns of its own at a pitch and a level of its own, and all of them sound in one
sum. Whoever plays a single voice, as the drone does, calls `process` and needs nothing else.

Axes: `V` voices of a call, `B` heads (1 or 2: left and right), `M` mel bands, `n` frames of a block, `N` samples.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import Preset
from synth.saved_arrays import SavedArrays

DRONE = 0
"""The slot that `process` plays and that `reset` warms up."""


@dataclass(frozen=True)
class VoiceFrames:
    """A block of frames for the voices that sound in it; V may differ from call to call and may be 0."""

    slots: tuple[int, ...]
    """(V,) which voice each row is, all different. A slot is any number ≥ 0 that the caller likes."""
    columns: Tensor
    """(V, B, M, n) log-mel."""
    pitch_ratio: Tensor
    """(V, n), 1 at the root; the note to be heard now (see `Vocoder.process`)."""
    gain: Tensor
    """(V, B, n) linear, ≥ 0, of each head at each frame's centre. Partials move in a straight line from centre to
    centre and noise by its overlapping windows, so a step from 0 to 1 takes one frame and does not click, however the
    frames are split into blocks. Of several voices partials add up as waves, noise as power. Below −120 dB is 0."""
    second: "VoiceFrames | None" = None
    """What a vocoder that plays two presets (`plays_two`) reads for the second one, of some of these slots; None where
    nothing of that is heard. Others leave it alone."""
    air: Tensor | None = None
    """(V, H, n) nepers by which each of the preset's high bands, above fmax, is louder than the columns say: the preset
    tells from a column how loud they are, which holds for the recording's columns and not for tilted ones. None is
    nothing; a vocoder without such bands leaves it alone."""

    def __post_init__(self) -> None:
        """`ValueError` when shapes or slots contradict each other."""
        voices, heads, _, n = self.columns.shape
        if self.pitch_ratio.shape != (voices, n) or self.gain.shape != (voices, heads, n):
            raise ValueError(
                f"Columns {tuple(self.columns.shape)} need pitch ratios {(voices, n)} and gains {(voices, heads, n)}, "
                f"not {tuple(self.pitch_ratio.shape)} and {tuple(self.gain.shape)}."
            )
        if len(self.slots) != voices or len(set(self.slots)) != voices or min(self.slots, default=0) < 0:
            raise ValueError(f"{voices} voices need as many different slots, none below 0, not {self.slots}.")


def one_voice(log_mel: Tensor, pitch_ratio: Tensor) -> VoiceFrames:
    """The drone alone at full level: (B, M, n) and (B, n), of which the first row counts."""
    heads, _, n = log_mel.shape
    return VoiceFrames((DRONE,), log_mel[None], pitch_ratio[:1], torch.ones(1, heads, n))


@dataclass(frozen=True)
class Onset:
    """How a voice that is struck sounds from its onset to its first frame."""

    columns: Tensor
    """(B, M, 3) log-mel at the centres of the three frames before its first one, oldest first."""
    gain: Tensor
    """(B, 3) linear, there."""
    pitch_ratio: float
    second: "Onset | None" = None
    """Of the second preset, for a vocoder that plays two."""
    air: Tensor | None = None
    """(H,) as in `VoiceFrames`."""


class Vocoder(Protocol):
    """A streaming vocoder. Its output does not depend on how frames are split into blocks.

    A slot that `process_voices` is given without a `start` before it begins as the drone does: from silence, its first
    frame's centre sounding `delay_samples` late. A slot that a call leaves out is silent in those frames, as with gain
    0, and its phases run on. A voice at gain 0 costs nothing but that.
    """

    @property
    def name(self) -> str:
        """As shown to the user: "spectral", "bigvgan base 22 kHz"."""
        ...

    @property
    def format(self) -> MelFormat:
        """The mel format it speaks; `prepare` refuses any other with `VocoderUnavailable`."""
        ...

    @property
    def delay_samples(self) -> int:
        """Samples at the output rate between a frame's centre entering and sounding."""
        ...

    @property
    def strikes_at_once(self) -> bool:
        """True where a struck voice is heard in the frame that was given last: `strike` says how."""
        return False

    @property
    def plays_two(self) -> bool:
        """True where it plays a second preset beside the one it was prepared for, as `VoiceFrames.second` says."""
        return False

    @property
    def max_voices(self) -> int:
        """How many slots may sound at once on this machine, ≥ 1; a call with more is a `ValueError`."""
        ...

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        """Load what the preset needs; slow, never called from the engine's loop. Ends with `reset()`."""
        ...

    def reset(self, warm: Tensor | None = None) -> None:
        """Forget the past and every voice; with `warm` (B, M, n), start as if the drone had just played those frames
        at the root."""
        ...

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        """Begin a voice with the next call's first frame, in a slot that is free or is taken from a voice that sounds:
        that one fades out within a frame.

        `note` numbers the notes of a performance: phases, vibrato and whatever else is left to chance are a function of
        the seed, the slot and the note. A vocoder whose whole sound looks ahead opens by a ramp of 2 ms,
        `delay_samples` + `offset_samples` (0 ≤ offset < a frame's samples) after the beginning of what the next call
        returns; another one begins as the drone does.
        """
        ...

    def strike(self, slot: int, note: int, offset_samples: int, onset: Onset) -> Tensor:
        """Begin a voice within the frame that was given last; its own first frame is the next one.

        Where `strikes_at_once` the onset lies `offset_samples` after the beginning of what that frame gave, and
        returned is what is to be added to the last samples of it, (B, N): levels move from centre to centre as the
        columns and gains of `onset` say, after a ramp of 2 ms. Elsewhere the voice begins as by `start`, and N is 0.
        """
        self.start(slot, note, offset_samples)
        return onset.columns.new_zeros(onset.columns.shape[0], 0)

    def free(self, slot: int) -> None:
        """End a voice: what still sounds fades out within a frame. Of a slot that is free already: nothing."""
        ...

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        """The next frames of all voices → (B, N) float32 at the output rate.

        N is the increase of floor(frames · hop · out_rate / rate), also without any voice. `spread` 0 gives all heads
        the same noise (equal frames and gains, equal samples: exact mono), 1 nearly independent noise.
        """
        ...

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        """One voice, the drone: (B, M, n) and (B, n) → (B, N) float32 at the output rate.

        `pitch_ratio` is 1 at the root; it is the note to be heard now: a vocoder that looks ahead applies it to the
        sound it gives, not to the frames it takes.
        """
        return self.process_voices(one_voice(log_mel, pitch_ratio), spread)

    def save(self) -> SavedArrays | None:
        """A copy of all that its sound depends on besides what it is given, between two frames; None where that cannot
        be had."""
        return None

    def restore(self, saved: SavedArrays) -> None:
        """Go on from what was saved of one prepared alike; `KeyError` or `ValueError` names what does not fit."""
        raise ValueError(self.name)

    def flush(self) -> Tensor:
        """The `delay_samples` still owed, (B, N); the vocoder must be reset before it is used again."""
        ...


def samples_until(frames: int, fmt: MelFormat, out_rate_hz: int) -> int:
    """Output samples owed after `frames` frames: floor(frames · hop · out_rate / rate)."""
    return frames * fmt.hop * out_rate_hz // fmt.rate_hz


def add_to_the_end(sound: Tensor, added: Tensor) -> None:
    """Add what `Vocoder.strike` returned (B, n) to the sound (B, N) whose last samples it belongs to."""
    n = added.shape[1]
    if n:
        sound[:, sound.shape[1] - n :] += added
