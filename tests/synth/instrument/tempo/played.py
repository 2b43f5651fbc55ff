"""An arpeggiator that is played by hand, and everything that the voices hear of it."""

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    NoteEvent,
    NoteOff,
    NoteOn,
)
from synth.instrument.tempo.arpeggiator import Arpeggiator, ArpeggioSettings

ON = ArpeggioSettings(on=True)
Begun = tuple[float, int]


class Played:
    """An arpeggiator, and everything that the voices hear of it with its place in the song."""

    def __init__(self, settings: ArpeggioSettings = ON, *, song_runs: bool = False, beats: float = 0.0) -> None:
        self.arpeggiator = Arpeggiator(5, settings)
        self.beats, self.song_runs = beats, song_runs
        self.heard: list[tuple[float, NoteEvent]] = []

    def until(self, beats: float) -> None:
        while self.arpeggiator.next_beats < beats:
            self.beats = max(self.beats, self.arpeggiator.next_beats)
            self._note(self.arpeggiator.play_next())
        self.beats = max(self.beats, beats)

    def do(self, beats: float, *events: NoteEvent) -> None:
        self.until(beats)
        for event in events:
            self._note(self.arpeggiator.take(event, beats, song_runs=self.song_runs))

    def obey(self, beats: float, settings: ArpeggioSettings) -> None:
        self.until(beats)
        self._note(self.arpeggiator.obey(settings, beats))

    def _note(self, events: list[NoteEvent]) -> None:
        self.heard += [(self.beats, event) for event in events]

    @property
    def onsets(self) -> list[Begun]:
        return [(beats, event.key) for beats, event in self.heard if isinstance(event, NoteOn)]

    @property
    def keys(self) -> list[int]:
        return [key for _, key in self.onsets]

    @property
    def ends(self) -> list[float]:
        return [beats for beats, event in self.heard if isinstance(event, NoteOff)]

    @property
    def sounding(self) -> set[int]:
        begun: set[int] = set()
        for _, event in self.heard:
            match event:
                case NoteOn(note_id):
                    assert note_id not in begun
                    begun.add(note_id)
                case NoteOff(note_id):
                    begun.discard(note_id)
                case AllSoundOff(None) | AllNotesOff(None):
                    begun.clear()
        return begun


def chord(*keys: int, channel: int = 0) -> list[NoteEvent]:
    return [NoteOn(i, key, 0.5 + i / 10, channel) for i, key in enumerate(keys)]
