"""What the tour of the first start points at, in order, and what it says there."""

from ui.help.tour import Stop
from ui.window.parts import Parts


def tour_stops(parts: Parts) -> list[Stop]:
    """Six steps over the real parts of the window."""
    dock, tabs = parts.dock, parts.controls.pages.tabs
    return [
        Stop("Play", "Press Space: the culture sounds. Space stops it again.", dock.transport.play),
        Stop(
            "Touch",
            "Press on the picture, the culture: you hear the wound, and hear it heal. Above it are other brushes.",
            parts.culture,
        ),
        Stop("Choose a sound", "Each of these is another sound. Page Down goes to the next.", parts.presets),
        Stop("Keys", "Play notes with the letters A to P, with the mouse, or with a MIDI keyboard.", dock.keys),
        Stop(
            "Make it move",
            "Turn any knob while it sounds. Motion lets knobs move by themselves: drag a source from it onto a knob.",
            tabs.buttons["Motion"],
        ),
        Stop(
            "Record",
            "Ctrl+R records what you hear as a WAV file. F1 lists every key, and has this tour.",
            dock.transport.record,
        ),
    ]
