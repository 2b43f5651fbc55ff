"""What the tour of the first start points at, in order, and what it says there."""

from ui.help.tour import Stop
from ui.window.parts import Parts


def tour_stops(parts: Parts) -> list[Stop]:
    """Six steps over the real parts of the window."""
    dock, tabs = parts.dock, parts.controls.pages.tabs
    return [
        Stop(
            "Play",
            "Press Space to hear the culture, the moving picture. Press Space again to stop it.",
            dock.transport.play,
        ),
        Stop(
            "Touch",
            "Press on the culture: you hear its cells vanish there and grow again. Other brushes are above it.",
            parts.culture,
        ),
        Stop(
            "Choose a sound", "Each preset in this list is another sound. Page Down loads the next one.", parts.presets
        ),
        Stop("Keys", "Play notes with the letters A to P, with the mouse, or with a MIDI keyboard.", dock.keys),
        Stop(
            "Make it move",
            "Turn any knob while it sounds. To let a knob move by itself, open Motion and drag a source onto the knob.",
            tabs.buttons["Motion"],
        ),
        Stop(
            "Record",
            "Ctrl+R records what you hear as a WAV file. F1 shows every key, and starts this tour again.",
            dock.transport.record,
        ),
    ]
