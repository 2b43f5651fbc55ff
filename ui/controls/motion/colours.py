"""A colour for each source of modulation: its chip's, its rings' and its rows'."""

from ui.look.theme import COLOURS

_COLOURS = {
    "lfo1": "#6fb7ff", "lfo2": "#8e9bff", "lfo3": "#c08cff", "envelope2": "#ff9e6b",
    "macro1": "#ffd166", "macro2": "#f7a1c4", "macro3": "#9be564", "macro4": "#6fe3e1",
    "velocity": "#ff7d7d", "key": "#e0c3a0", "wheel": "#b7c4d4", "bend": "#d4b7e8",
    "pressure": "#ff8fb1", "timbre": "#e8e28a", "random": "#c9c9c9",
    "culture_activity": "#52d0a0", "culture_strength": "#3fb8c9", "follower": "#ffb454",
}  # fmt: skip


def colour_of(source: str) -> str:
    """A source's colour; that of a later version is grey."""
    return _COLOURS.get(source, COLOURS.dim)
