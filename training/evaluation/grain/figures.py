"""Figures of the grain: a rendering beside its recording, and the recording's halves beside each other."""

from dataclasses import dataclass, field

import numpy as np

from training.evaluation.figures import Bar, Figure
from training.evaluation.grain import fine_spectrum as fine
from training.evaluation.grain import movement, texture
from training.evaluation.grain.fine_spectrum import BANDS_HZ, FineDifference, FineSpectrum
from training.evaluation.grain.movement import MovementDifference
from training.evaluation.grain.picture import spectrogram_db
from training.evaluation.grain.unfaded import Fading, unfaded
from training.evaluation.sound_metrics import Levels, Wave

SPECTRUM_FLOORS, VALLEY_DB, TEXTURE_FLOORS, TOP_OCTAVE_DB = 1.5, 6.0, 1.15, 3.0
"""Bars: the fine spectrum and tonality in floors, each band's valleys, texture statistics in floors, the octave above
8 kHz."""
_MOVEMENT_FLOORS = 1.5
_TEXTURE_FLOOR = np.array([0.5, 0.01, 0.05, 0.02, 0.5])
"""Halves that agree more closely say no more: dB, ratio, skew, correlation, dB."""


@dataclass(frozen=True)
class Grain:
    """All that is measured."""

    sound: FineSpectrum
    recording: FineSpectrum
    fine: FineDifference
    fine_floor: FineDifference
    texture: Levels
    """(5,) as `TextureDistance`."""
    texture_floor: Levels
    movement: MovementDifference
    movement_floor: MovementDifference
    pictures: tuple[tuple[Levels, int], tuple[Levels, int]] = field(repr=False)
    """Spectrograms of recording and sound as `spectrogram_db` makes them, each with its rate."""


def measure_grain(
    sound: Wave, sound_hz: int, recording: Wave, recording_hz: int, fading: Fading | None = None
) -> Grain:
    """`sound` (N,) beside the region of the recording it grew from."""
    recording = unfaded(recording, recording_hz, fading)
    half = len(recording) // 2
    halves = [fine.fine_spectrum(part, recording_hz) for part in (recording[:half], recording[half:])]
    heard, wanted = fine.fine_spectrum(sound, sound_hz), fine.fine_spectrum(recording, recording_hz)
    found, floor = texture.beside_halves(sound, sound_hz, recording, recording_hz)
    return Grain(
        heard,
        wanted,
        fine.difference(heard, wanted),
        fine.floor_of(*halves),
        found,
        np.maximum(floor, _TEXTURE_FLOOR),
        *movement.beside_halves(sound, sound_hz, recording, recording_hz),
        ((spectrogram_db(recording, recording_hz), recording_hz), (spectrogram_db(sound, sound_hz), sound_hz)),
    )


def grain_figures(grain: Grain) -> list[Figure]:
    """Rows of the table."""
    return [
        _floored("fine_db", "fine spectrum, 100 Hz–11 kHz", grain.fine.spectrum_db, grain.fine_floor.spectrum_db),
        Figure(
            "sound_valleys_db",
            "valleys: the band furthest from the recording's",
            "sound",
            max(abs(v) for v in grain.fine.valleys_db),
            floor=max(grain.fine_floor.valleys_db),
            bar=Bar(high=VALLEY_DB),
        ),
        *(
            Figure(
                f"sound_valley_{low}",
                f"valleys {low}–{high} Hz above the recording's",
                "sound",
                value,
                floor=floor,
            )
            for (low, high), value, floor in zip(
                BANDS_HZ, grain.fine.valleys_db, grain.fine_floor.valleys_db, strict=True
            )
        ),
        _floored("tonality_db", "tonality by thirds of octaves", grain.fine.tonality_db, grain.fine_floor.tonality_db),
        Figure(
            "sound_top_octave_db",
            "8–16 kHz above the recording's",
            "sound",
            grain.fine.top_octave_db,
            floor=grain.fine_floor.top_octave_db,
            bar=Bar(-TOP_OCTAVE_DB, TOP_OCTAVE_DB),
        ),
        *(
            _floored(f"texture_{key}", label, float(value), float(floor), TEXTURE_FLOORS, unit)
            for (key, label, unit), value, floor in zip(_TEXTURE, grain.texture, grain.texture_floor, strict=True)
        ),
        _floored(
            "partial_width",
            "width of strong partials",
            grain.movement.width_octaves,
            grain.movement_floor.width_octaves,
            _MOVEMENT_FLOORS,
            "oct",
        ),
        _floored(
            "partial_slow_db",
            "their movement, 0.7–43 Hz",
            grain.movement.slow_db,
            grain.movement_floor.slow_db,
            _MOVEMENT_FLOORS,
        ),
        _floored(
            "partial_fast_db",
            "their movement, 43–180 Hz",
            grain.movement.fast_db,
            grain.movement_floor.fast_db,
            _MOVEMENT_FLOORS,
        ),
        *(
            _floored(f"partial_{key}", f"how alike they move, {label}", value, floor, _MOVEMENT_FLOORS, "")
            for key, label, value, floor in (
                ("slow_together", "0.7–43 Hz", grain.movement.slow_together, grain.movement_floor.slow_together),
                ("fast_together", "43–180 Hz", grain.movement.fast_together, grain.movement_floor.fast_together),
            )
        ),
        _floored(
            "partial_with_pitch",
            "how their loudness goes with a vibrato",
            grain.movement.with_pitch,
            grain.movement_floor.with_pitch,
            _MOVEMENT_FLOORS,
            "",
        ),
    ]


_TEXTURE = (
    ("level_db", "texture: level of 30 bands", "dB"),
    ("variation", "texture: variation", ""),
    ("skew", "texture: skew", ""),
    ("correlation", "texture: correlation of bands", ""),
    ("modulation_db", "texture: modulation, 1–180 Hz", "dB"),
)


def _floored(
    key: str, label: str, value: float | None, floor: float | None, floors: float = SPECTRUM_FLOORS, unit: str = "dB"
) -> Figure:
    """A figure whose bar is so many times its floor."""
    if value is None or floor is None:
        return Figure(f"sound_{key}", label, "sound", None, unit, note="no partial stands out")
    return Figure(f"sound_{key}", label, "sound", value, unit, floor, Bar(high=floors * floor))
