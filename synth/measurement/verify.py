"""How well a vocoder does on known frames, beside the spectral vocoder on the same ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from synth.loudness import loudness_lufs
from synth.measurement.reference import Frames
from synth.measurement.sound_measures import frame_rate_share_db, mel_error_db, pitch_error_cents
from synth.mel import MelFormat
from synth.vocoder.arrays import Doubles
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder

_BLOCK_FRAMES = 32
_WARM_FRAMES = 8
EDGE_FRAMES = 12
"""Left out at both ends, where a start from held frames or the end's silence is heard."""

COLUMNS = (
    "sound",
    "vocoder",
    "log-mel L1 (dB)",
    "pitch (cents)",
    "at multiples of the frame rate (dB)",
    "loudness (LU)",
    "× real time",
)


@dataclass(frozen=True)
class Row:
    """One sound through one vocoder."""

    sound: str
    vocoder: str
    mel_error_db: float
    pitch_cents: float | None
    frame_rate_db: float
    loudness_lu: float
    """Against the spectral vocoder on the same frames."""
    real_time_factor: float

    def cells(self) -> tuple[str, ...]:
        """As shown, in the order of `COLUMNS`."""
        pitch = "–" if self.pitch_cents is None else f"{self.pitch_cents:+.1f}"
        return (
            self.sound,
            self.vocoder,
            f"{self.mel_error_db:.2f}",
            pitch,
            f"{self.frame_rate_db:.1f}",
            f"{self.loudness_lu:+.1f}",
            f"{self.real_time_factor:.2f}",
        )


def compare(frames: Frames, vocoder: Vocoder) -> tuple[Row, Row]:
    """The same frames through `vocoder` and through the spectral one."""
    sounds = [_vocoded(frames, v) for v in (vocoder, SpectralVocoder(frames.preset.mel))]
    loudness = [loudness_lufs(wave, frames.preset.mel.rate_hz) for wave, _ in sounds]
    names = (vocoder.name, "spectral")
    first, second = (
        _row(frames, name, wave, level - loudness[1], factor)
        for name, (wave, factor), level in zip(names, sounds, loudness, strict=True)
    )
    return first, second


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i < 2 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([text[0], rule, *text[1:]])


def _row(frames: Frames, name: str, wave: Doubles, loudness_lu: float, factor: float) -> Row:
    fmt: MelFormat = frames.preset.mel
    inner = wave[EDGE_FRAMES * fmt.hop : len(wave) - EDGE_FRAMES * fmt.hop]
    heard = frames.log_mel[:, EDGE_FRAMES : frames.log_mel.shape[1] - EDGE_FRAMES].double().numpy()
    return Row(
        sound=frames.name,
        vocoder=name,
        mel_error_db=mel_error_db(inner, heard, fmt),
        pitch_cents=pitch_error_cents(inner, fmt.rate_hz, frames.pitch_hz),
        frame_rate_db=frame_rate_share_db(inner, fmt),
        loudness_lu=loudness_lu,
        real_time_factor=factor,
    )


def _vocoded(frames: Frames, vocoder: Vocoder) -> tuple[Doubles, float]:
    """The whole sound without the delay, (N,), and seconds of sound per second of computing."""
    fmt = frames.preset.mel
    vocoder.prepare(frames.preset, fmt.rate_hz, n_heads=1)
    mel = frames.log_mel[None]
    vocoder.reset(mel[:, :, :1].expand(-1, -1, _WARM_FRAMES).contiguous())
    start = time.perf_counter()
    with torch.inference_mode():
        blocks = [vocoder.process(b, torch.ones(1, b.shape[2])) for b in torch.split(mel, _BLOCK_FRAMES, dim=2)]
        blocks.append(vocoder.flush())
    elapsed = time.perf_counter() - start
    wave = torch.cat(blocks, dim=1)[0].double().numpy()[vocoder.delay_samples :]
    return np.asarray(wave), mel.shape[2] / fmt.frames_per_second / elapsed
