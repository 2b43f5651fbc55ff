"""Figures of many presets side by side: what is kept of an evaluation, and tables of it in Markdown."""

import hashlib
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.errors import TrainingError
from synth.presets.model import Preset
from training.evaluation.figures import Figure

Found = dict[str, dict[str, Any]]
"""Figures of one preset by key, each with value, floor and whether its bar is met."""

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("sound_ltas_db", "LTAS", "{:.2f}"),
    ("sound_row_w1_db", "W1", "{:.2f}"),
    ("sound_std_ratio", "spread", "{:.2f}"),
    ("sound_motion_ratio", "motion", "{:.2f}"),
    ("sound_loop", "loop", "{:.2f}"),
    ("sound_loop_still", "loop, evolution off", "{:.2f}"),
    ("sound_modulation_db", "modulation", "{:.2f}"),
    ("sound_loudness_lufs", "LUFS", "{:.1f}"),
    ("sound_silent_rows_db", "silent rows", "{:.1f}"),
    ("sound_flicker_db", "flicker", "{:.1f}"),
    ("sound_partials_median_db", "partial rows", "{:.1f}"),
    ("sound_partials_excerpt_db", "worst second", "{:.1f}"),
    ("sound_partials_worst_db", "of a minute", "{:.1f}"),
    ("sound_partials_furthest_db", "beyond chance", "{:.1f}"),
    ("sound_neighbours_median_db", "beside partials", "{:.1f}"),
    ("sound_neighbours_worst_db", "worst second of a minute there", "{:.1f}"),
    ("sound_neighbours_furthest_db", "beyond chance there", "{:.1f}"),
    ("sound_partials_cents", "partials, cents", "{:.1f}"),
    ("sound_fine_db", "fine spectrum", "{:.1f}"),
    ("sound_valleys_db", "valleys", "{:.1f}"),
    ("sound_tonality_db", "tonality", "{:.1f}"),
    ("sound_top_octave_db", "8–16 kHz", "{:+.1f}"),
    ("sound_texture_level_db", "texture: level", "{:.1f}"),
    ("sound_texture_variation", "variation", "{:.3f}"),
    ("sound_texture_skew", "skew", "{:.2f}"),
    ("sound_texture_correlation", "correlation", "{:.2f}"),
    ("sound_texture_modulation_db", "modulation to 180 Hz", "{:.1f}"),
    ("sound_partial_width", "partials' width", "{:.2f}"),
    ("sound_partial_slow_db", "their movement", "{:.1f}"),
    ("sound_partial_fast_db", "above 43 Hz", "{:.1f}"),
    ("sound_copying", "copying", "{:.2f}"),
    ("sound_copying_best", "copying, best", "{:.2f}"),
    ("sound_identity_rank", "rank", "{:.0f}"),
    ("grid_ltas_db", "LTAS, grid", "{:.2f}"),
    ("recovery_50_steps", "recovery", "{:.0f}"),
    ("drift_db_per_decade", "drift", "{:.2f}"),
    ("lost_cultures", "lost of 20", "{:.0f}"),
)
_GRAIN = (
    "sound_fine_db",
    "sound_tonality_db",
    *(f"sound_texture_{kind}" for kind in ("level_db", "variation", "skew", "correlation", "modulation_db")),
    *(f"sound_partial_{kind}" for kind in ("width", "slow_db", "fast_db")),
)
_IN_FLOORS = ("sound_row_w1_db", "sound_modulation_db", "sound_partials_excerpt_db", *_GRAIN)
_WITH_FLOOR = (
    *_IN_FLOORS,
    "sound_flicker_db",
    "sound_partials_furthest_db",
    "sound_neighbours_worst_db",
    "sound_neighbours_furthest_db",
    "sound_copying",
    "sound_copying_best",
    "drift_db_per_decade",
)
LIFE = ("drift_db_per_decade", "lost_cultures")
METHOD = 5
"""Raised when figures can no longer be compared with those measured before.

2: without the mirrored ends and the offset of the region; copying by equal chances. 3: without what sways below 10 Hz.
4: with the recording's grain: fine spectrum, texture, movement of partials. 5: texture without the ends that ring.
"""

OLDER = (
    "",
    "† measured by an older method, and not again since: the ends of excerpts ring in the statistics of its texture.",
)


def rule_name(preset: Preset) -> str:
    """Names a rule by its weights: what was measured of another is not this one's."""
    digest = hashlib.sha256()
    for weight in preset.rule.state_dict().values():
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:16]


def kept(figures: Sequence[Figure]) -> Found:
    """What of figures is kept in a file."""
    return {f.key: {k: f.as_dict()[k] for k in ("value", "floor", "ok", "note")} for f in figures}


def read_figures(path: Path) -> dict[str, Found]:
    """Figures of presets by file name; none where there is no such file yet."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}; delete it to measure again.") from error


def write_figures(figures: Mapping[str, Found], path: Path) -> None:
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def is_known(found: Found, key: str) -> bool:
    """Whether a figure was measured."""
    return found.get(key, {}).get("value") is not None


def is_current(found: Found) -> bool:
    """Whether they were measured by the present method."""
    return found.get("measured", {}).get("method") == METHOD


def figures_table(figures: Mapping[str, Found]) -> list[str]:
    """A row per preset; what was measured by an older method is marked."""
    return table(
        ("preset", *(title for _, title, _ in COLUMNS)),
        [
            (f"`{name}`" + ("" if is_current(found) else " †"), *(_cell(found, key, form) for key, _, form in COLUMNS))
            for name, found in figures.items()
        ],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table in Markdown."""
    return [" | ".join(["", *cells, ""]).strip() for cells in (head, ["---"] * len(head), *rows)]


def _cell(found: Found, key: str, form: str) -> str:
    figure = found.get(key, {})
    if figure.get("value") is None:
        return "–"
    text = form.format(figure["value"])
    text += f" ({form.format(figure['floor'])})" if key in _WITH_FLOOR and figure.get("floor") is not None else ""
    return f"**{text}**" if figure.get("ok") is False else text


def summary(figures: Sequence[Found]) -> list[str]:
    """Medians over the presets, and how many of them meet each bar."""
    lines = []
    for key, title, form in COLUMNS:
        found = [f[key] for f in figures if f.get(key, {}).get("value") is not None]
        if not found:
            continue
        line = f"* {title}: median {form.format(statistics.median(f['value'] for f in found))}"
        if key in _IN_FLOORS:
            line += f", {statistics.median(f['value'] / f['floor'] for f in found):.2f} of the noise floor"
        judged = [f["ok"] for f in found if f["ok"] is not None]
        line += f"; {sum(judged)} of {len(judged)} meet the bar" if judged else ""
        missing = sum(not is_known(f, key) for f in figures) if key in LIFE else 0
        line += f"; {missing} of {len(figures)} not measured" if missing else ""
        lines.append(line)
    return lines
