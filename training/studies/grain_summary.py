"""How near the library comes to its recordings' grain: the median preset and the one that is furthest off."""

import statistics
from collections.abc import Mapping

from training.evaluation.grain.fine_spectrum import BANDS_HZ
from training.studies.figure_tables import Found, is_current, is_known, table

_IN_FLOORS: tuple[tuple[str, str, float, float | None], ...] = (
    ("sound_fine_db", "fine spectrum", 1.5, 2.5),
    ("sound_tonality_db", "tonality", 1.5, None),
    ("sound_texture_level_db", "texture: level", 1.15, None),
    ("sound_texture_variation", "texture: variation", 1.15, None),
    ("sound_texture_skew", "texture: skew", 1.15, None),
    ("sound_texture_correlation", "texture: correlation", 1.15, None),
    ("sound_texture_modulation_db", "texture: modulation", 1.15, None),
    ("sound_partial_width", "partials' width", 1.5, None),
    ("sound_partial_slow_db", "their movement", 1.5, None),
    ("sound_partial_fast_db", "above 43 Hz", 1.5, None),
)
"""Figures as multiples of the floor between the recording's halves: key, title, bars of the median and of the worst."""
_VALLEY_MEDIAN_DB, _VALLEY_WORST_DB = 3.0, 6.0


def grain_summary(figures: Mapping[str, Found]) -> list[str]:
    """A table in Markdown over the presets whose grain was measured; nothing where there is none."""
    measured = {name: found for name, found in figures.items() if is_current(found)}
    rows = []
    for key, title, usual, most in _IN_FLOORS:
        of = {n: f[key]["value"] / f[key]["floor"] for n, f in measured.items() if is_known(f, key) and f[key]["floor"]}
        if of:
            rows.append(_row(title, of, "{:.2f} ×", usual, most))
    for low, high in BANDS_HZ:
        key = f"sound_valley_{low}"
        of = {name: found[key]["value"] for name, found in measured.items() if is_known(found, key)}
        if of:
            rows.append(_row(f"valleys, {low} to {high} Hz", of, "{:+.1f} dB", _VALLEY_MEDIAN_DB, _VALLEY_WORST_DB))
    if not rows:
        return []
    return [
        "",
        f"The recording's grain in {len(measured)} presets, as multiples of the floor between its halves, and how far",
        "what lies between the partials is from the recording's:",
        "",
        *table(("figure", "median", "bar", "furthest off", "preset", "bar"), rows),
    ]


def _row(title: str, of: Mapping[str, float], form: str, usual: float, most: float | None) -> tuple[str, ...]:
    """Bold misses its bar."""

    def cell(value: float, bar: float | None) -> str:
        text = form.format(value)
        return f"**{text}**" if bar is not None and abs(value) > bar else text

    furthest = max(of, key=lambda name: abs(of[name]))
    limit = "–" if most is None else f"{most:g}"
    return (
        title,
        cell(statistics.median(map(abs, of.values())), usual).replace("+", ""),
        f"{usual:g}",
        cell(of[furthest], most),
        f"`{furthest}`",
        limit,
    )
