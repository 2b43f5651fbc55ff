"""Colours, ticks and notes are where they should be."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from synth.mel import FORMATS, MelFormat
from ui.look.axes import hz_of_row, hz_ticks, nearest_note, note_ticks, pitch_name, row_of_hz, second_ticks
from ui.look.colour_map import CulturePainter, colour_table
from ui.look.theme import COLOURS, apply_theme
from ui.perform.note_box import parse_note


def _lightness(table: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """CIE 1976 L* of sRGB colours: another space than the map was made in."""
    linear = np.where(table / 255 <= 0.04045, table / 255 / 12.92, ((table / 255 + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


def test_the_colour_map_rises_in_lightness_all_the_way_and_evenly() -> None:
    lightness = _lightness(colour_table().astype(float))
    # Rounding to 8 bits moves L* by up to 0.4.
    assert np.diff(lightness).min() > -0.4
    assert lightness[0] < 5
    assert lightness[-1] > 95
    eighths = np.diff(lightness[::32])
    assert eighths.max() < 3 * eighths.min()


def test_grid_values_reach_both_ends_of_the_map_and_damage_is_dark() -> None:
    table = colour_table()
    grid = np.array([[-5.0, -1.0, 1.1, 9.0, np.nan]], dtype=np.float32)
    pixels = CulturePainter().pixels(grid, np.zeros_like(grid))
    assert np.array_equal(pixels[0], table[[0, 0, 255, 255, 0]])


def test_wounds_glow_as_long_as_they_rest() -> None:
    grid = np.full((1, 3), -1.0, dtype=np.float32)
    rest = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    red = CulturePainter().pixels(grid, rest)[0, :, 0].astype(int)
    assert red[0] < 10
    assert red[0] + 25 < red[1] < red[2] - 25


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS.keys())
def test_ticks_stand_at_the_rows_of_their_frequencies(fmt: MelFormat) -> None:
    for row, label in hz_ticks(fmt, 400):
        hz = float(label.removesuffix("k")) * (1000 if label.endswith("k") else 1)
        assert hz_of_row(row, fmt) == pytest.approx(hz, rel=1e-6)
    for row, label in note_ticks(fmt, 400):
        note, cents = nearest_note(hz_of_row(row, fmt))
        assert label == f"C{note // 12 - 1}"
        assert abs(cents) < 0.01


@pytest.mark.parametrize("height", [120, 200, 400, 1600])
def test_labels_never_touch(height: int) -> None:
    fmt = FORMATS["22k80"]
    for ticks in (hz_ticks(fmt, height), note_ticks(fmt, height)):
        rows = [row for row, _ in ticks]
        assert min(np.diff(rows)) * height / fmt.n_mels >= 15
        assert len(rows) >= 3


def test_a_rows_frequency_agrees_with_librosa() -> None:
    from training.analysis.librosa_loops import librosa

    centres = librosa.mel_frequencies(n_mels=82, fmin=0, fmax=8000)[1:-1]
    fmt = FORMATS["22k80"]
    assert [hz_of_row(row, fmt) for row in range(80)] == pytest.approx(centres, rel=1e-6)
    assert row_of_hz(centres[17], fmt) == pytest.approx(17, abs=1e-4)


@pytest.mark.parametrize(
    ("hz", "name"), [(440.0, "A4"), (439.9, "A4"), (443.0, "A4 +12 ct"), (437.0, "A4 −12 ct"), (261.63, "C4")]
)
def test_a_pitch_is_named_with_its_cents_where_there_are_any(hz: float, name: str) -> None:
    assert pitch_name(hz) == name


def test_seconds_are_frames_over_the_frame_rate() -> None:
    ticks = second_ticks(FORMATS["22k80"], 172)
    assert ticks[4] == (pytest.approx(22050 / 256), "1 s")
    assert ticks[-1][1] == "1.75 s"


@pytest.mark.parametrize(
    ("text", "note"),
    [("A4", 69), ("c#3", 49), ("Bb2", 46), ("69", 69), ("own", 0), ("own (A3)", 0), ("0", 0), ("H2", None), ("", None)],
)
def test_notes_are_understood_as_people_write_them(text: str, note: int | None) -> None:
    assert parse_note(text) == note


def test_a_box_that_is_not_checked_has_a_border_that_is_seen(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    box = QCheckBox("Loop")
    qtbot.addWidget(box)
    picture = box.grab().toImage()
    middle = picture.height() // 2
    shown = {picture.pixelColor(x, middle).name() for x in range(16)}
    assert COLOURS.dim in shown, shown
