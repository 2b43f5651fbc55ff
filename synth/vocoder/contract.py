"""What every vocoder promises.

Axes: `B` heads (1 or 2), `M` mel bands, `n` frames of a block, `N` samples.
"""

from typing import Protocol

from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import Preset


class Vocoder(Protocol):
    """A streaming vocoder. Its output does not depend on how frames are split into blocks."""

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

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        """Load what the preset needs; slow, never called from the engine's loop. Ends with `reset()`."""
        ...

    def reset(self, warm: Tensor | None = None) -> None:
        """Forget the past; with `warm` (B, M, n), start as if those frames had just sounded."""
        ...

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        """(B, M, n) and (B, n) → (B, N) float32 at the output rate.

        N is the increase of floor(frames · hop · out_rate / rate). `pitch_ratio` is 1 at the root; it is the note to be
        heard now: a vocoder that looks ahead applies it to the sound it gives, not to the frames it takes. `spread` 0
        gives all heads the same noise (equal frames, equal samples: exact mono), 1 nearly independent noise.
        """
        ...

    def flush(self) -> Tensor:
        """The `delay_samples` still owed, (B, N); the vocoder must be reset before it is used again."""
        ...


def samples_until(frames: int, fmt: MelFormat, out_rate_hz: int) -> int:
    """Output samples owed after `frames` frames: floor(frames · hop · out_rate / rate)."""
    return frames * fmt.hop * out_rate_hz // fmt.rate_hz
