"""Every key of the window, in groups, as F1 shows them. A test holds this list against the keys that really work."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """Keys in Qt's own spelling, separated by spaces; `shown` where that would be hard to read."""

    keys: str
    meaning: str
    shown: str = ""

    @property
    def label(self) -> str:
        return self.shown or self.keys.replace(" ", ", ")


GLOSSARY: tuple[Key, ...] = tuple(
    Key("", meaning, term)
    for term, meaning in (
        ("Culture", "The moving picture that is played: time from left to right, pitch from bottom to top"),
        ("Cell", "One point of the culture: a small range of pitch for 12 milliseconds"),
        ("Row", "All cells of one range of pitch"),
        ("Step", "One change of the culture, in which each cell follows the cells around it"),
        ("Evolution", "How many steps the culture takes for each column that is heard, 86 columns a second"),
        ("Weather", "Slow random movement that changes the timbre"),
        ("Playhead", "Where the culture is read; L and R are its places for the left and right ear"),
        ("Seed", "A cell from which the culture grows; Reseed starts all of it from seeds again"),
        ("Own pitch", "The pitch of the recording, instead of the note that was last played"),
        ("Init", "Every control to its default, whatever the preset says"),
        ("Revert", "Controls to the preset’s values; those with a lock stay"),
        ("Lock", "Keeps a control’s value when another preset is loaded"),
        ("State A to D", "Four sets of all controls, to compare; right-click one to name it"),
        ("Vary", "Moves the controls of the sound a little, at random"),
        ("Freeze", "Holds the culture still; the freeze brush holds only the cells it touches"),
        ("Preset", "One timbre: what was learned from a recording, a grown culture and controls"),
        ("Take", "A recording of what you hear, as a WAV file"),
        ("Vocoder", "What turns the culture into sound; “spectral” is built in and always works"),
        ("BigVGAN", "Another vocoder, a neural network, which needs a checkpoint"),
        ("Checkpoint", "A file with a trained network; in training, the culture as it is so far"),
        ("22k80, 44k128", "Formats of a culture: 80 rows up to 8 kHz, or 128 rows up to 22 kHz"),
        ("Latency", "The time from a key or a touch to its sound"),
        ("Underrun", "A gap in the sound, because the computer was late"),
        (
            "Spectrum error",
            "Difference between a culture’s average spectrum (LTAS) and its recording’s; below 1 dB is close",
        ),
        ("Variation", "A number: another one grows another culture from the same recording"),
    )
)
"""Words of this instrument that a newcomer cannot know."""


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        "SOUND",
        (
            Key("Space", "Play and stop"),
            Key(
                "A W S E D F T G Y H U J K O L P ; '",
                "Play notes, several at once; W E T Y U O P are black keys (letters of a US keyboard)",
                "A … P",
            ),
            Key("Z X", "Octave down and up"),
            Key("Shift+Space", "Latch: hold the notes you play, and let them go"),
            Key("M", "Tap the tempo, twice or more"),
            Key("Shift+Esc", "Silence every note at once, whoever plays it"),
            Key("Ctrl+Shift+S", "Stop the MIDI file that was dropped on the window"),
            Key("0", "The drone at the preset's own pitch"),
            Key("Ctrl+D", "Output device"),
        ),
    ),
    (
        "TAKES",
        (
            Key("Ctrl+R", "Record a take, and stop recording"),
            Key("Ctrl+Shift+R", "List of takes: Enter plays, F2 renames, Del throws away"),
            Key("Ctrl+Shift+P", "Play the last take, and stop it"),
            Key("Ctrl+Shift+B", "In the list of takes: play on from a moment of the chosen one"),
            Key("Ctrl+Shift+T", "In the list of takes: choose a part of one, play it over and over, save it"),
            Key("Ctrl+Shift+F", "Sample format, and whether to wait for sound"),
            Key("Ctrl+T", "Show the last take in its folder"),
        ),
    ),
    (
        "CULTURE",
        (
            Key("R", "Reseed: grow the whole culture again from seed cells"),
            Key("Ctrl+F", "Freeze the culture"),
            Key("Ctrl+U", "Thaw every frozen cell"),
            Key("Ctrl+H", "Follow hand"),
            Key(
                "Ctrl+Z Ctrl+Shift+Z Ctrl+Y",
                "Undo and redo: a knob, a note, a stroke, the trash, in their order",
                "Ctrl+Z, Ctrl+Shift+Z",
            ),
            Key("C", "Colour by the hidden channels"),
        ),
    ),
    (
        "CONTROLS",
        (
            Key(
                "Ctrl+1 Ctrl+2 Ctrl+3 Ctrl+4",
                "Sound, Voice, Motion, Effects; again: the next part of it",
                "Ctrl+1 … Ctrl+4",
            ),
            Key("Ctrl+Shift+C", "List of the routes by which sources move controls: change, switch off, delete"),
            Key("Alt+1 Alt+2 Alt+3 Alt+4", "Control state A, B, C, D", "Alt+1 … Alt+4"),
            Key("B Shift+B", "The control state that played before; copy what plays to it"),
            Key("V Shift+V", "Vary the controls; go back to what Vary made before"),
            Key("Ctrl+Shift+I", "Revert: the controls as the preset has them"),
            Key("Ctrl+I", "Init: every control to its default, volume and note too"),
            Key("Ctrl+Shift+L", "Lock the knob in use: it stays when another preset is loaded"),
            Key("Ctrl+Shift+M", "Let the MIDI controller that you move next move the control in use; Esc cancels"),
        ),
    ),
    (
        "BRUSH",
        (
            Key("1 2 3 4 5", "Erase, paint, noise, reseed, freeze", "1 … 5"),
            Key("6 7 8", "Round, stripe, line"),
            Key("[ ]", "Smaller and larger", "[  ]"),
            Key(", .", "Weaker and stronger", ",  ."),
            Key("Ctrl+B", "Go to the culture: arrows move, hold Enter to touch, Shift+Enter to erase or thaw"),
        ),
    ),
    (
        "PRESETS",
        (
            Key("PgUp PgDown", "Previous and next", "Page Up, Page Down"),
            Key("Ctrl+L", "Search names and tags"),
            Key("Ctrl+K Ctrl+Shift+K", "Favourite; show favourites only"),
            Key("Ctrl+G Ctrl+Shift+G", "Choose tags; sort and group the list"),
            Key(
                "Ctrl+Alt+1 Ctrl+Alt+2 Ctrl+Alt+3 Ctrl+Alt+4 Ctrl+Alt+5 Ctrl+Alt+0",
                "Give the chosen preset so many stars",
                "Ctrl+Alt+0 … Ctrl+Alt+5",
            ),
            Key("Ctrl+Shift+H", "Hear the chosen preset without loading it, and stop it; in the list → does it too"),
            Key("Ctrl+E", "Category, tags and comment of the chosen preset"),
            Key("Ctrl+S", "Save what plays as a preset of yours"),
            Key("Ctrl+O Ctrl+Shift+E", "Add a preset or a bank of presets; export those shown as a bank"),
            Key("Ctrl+Shift+N", "Grow a preset from a recording; the training that runs"),
            Key("F2 Ctrl+Shift+D", "Rename; duplicate the chosen preset"),
            Key("Ctrl+Del Ctrl+M", "Move it to the trash; its menu"),
        ),
    ),
    (
        "NEW FROM A RECORDING",
        (
            Key("Ctrl+Shift+O Ctrl+Shift+U", "Choose another recording; trainings that were not finished"),
            Key("Ctrl+P", "Listen to the region"),
            Key("Ctrl+Shift+A", "The region that training chooses by itself"),
            Key("", "Move the region; with Ctrl its start, with Shift its end", "← →"),
            Key("", "Zoom; Home shows all of the recording", "+ −"),
            Key("Ctrl+Return", "Start training; resume it"),
            Key("Ctrl+.", "Stop; it can be resumed"),
            Key("Ctrl+Backspace", "Back from a checkpoint to what played before"),
            Key("Ctrl+Shift+Return", "Keep what was grown"),
            Key("Ctrl+Shift+Del", "Discard it, and go back to the recording"),
        ),
    ),
    (
        "WINDOW",
        (
            Key("Tab", "Next control; Enter presses a button"),
            Key("Esc", "Dismiss a notice or a sheet; stop a preset that is heard without being loaded"),
            Key("F1 Shift+F1", "This list; about Petrichord"),
            Key("Ctrl+,", "Settings"),
            Key("Ctrl+Q", "Quit"),
        ),
    ),
    (
        "MOUSE",
        (
            Key("", "Drag to touch; right-drag erases (with the freeze brush, thaws)", "On the culture"),
            Key("", "Brush size; Shift: length, Ctrl: height", "Wheel there"),
            Key(
                "",
                "Drag, wheel or arrows, Shift for fine; double-click for the default; click the number to type a "
                "value: −3\u00a0dB, 50\u00a0%, 1.2\u00a0s; once Tab took you there, just type; Home, End, "
                "Page Up and Down",
                "On a knob",
            ),
            Key(
                "",
                "How far its route moves it, likewise with Up and Down; or let a source’s chip rest on it",
                "Ctrl and drag there",
            ),
            Key(
                "", "Lock it, put back the preset’s value or the default, learn a MIDI controller", "Right-click there"
            ),
        ),
    ),
    ("WORDS", GLOSSARY),
)
