"""The output's states as one table: what happens to an output, and what is done about it.

In every state but `STOPPED` and `CLOSED` sound flows somewhere: to a device, or to a clock that stands in for one.
The table is pure; `audio_out` finds out what happened and does what is told.
"""

from collections.abc import Mapping
from enum import Enum, auto


class State(Enum):
    """What the output is doing."""

    STOPPED = auto()
    """Not started yet."""
    STARTING = auto()
    """The first device is being opened."""
    PLAYING = auto()
    """A device plays."""
    MOVING = auto()
    """A device plays while the one that was asked for is being opened beside it."""
    ALONE = auto()
    """That failed: the device was let go, some allow one stream only, and the one asked for is tried once more."""
    RETURNING = auto()
    """That failed as well: the device before is being opened again."""
    CHOOSING = auto()
    """Without a device, the one that was asked for is being opened."""
    WAITING = auto()
    """Without a device, until it is time to look for one."""
    SEARCHING = auto()
    """Without a device, the one that is wanted is being opened."""
    CLOSED = auto()
    """Over."""


class Event(Enum):
    """What can happen to it."""

    START = auto()
    ASK = auto()
    """Somebody asks for a device or a buffer."""
    OPENED = auto()
    """The device that was being opened is there."""
    REFUSED = auto()
    """It cannot be opened."""
    UNANSWERED = auto()
    """It has not answered for too long; it may still."""
    LOST = auto()
    """The device that plays is gone or takes no more sound."""
    DUE = auto()
    """It is time to look for a device."""
    CLOSE = auto()


class Action(Enum):
    """What is done about it, in the order of the table."""

    OPEN_ASKED = auto()
    """Begin to open what was asked for."""
    OPEN_WANTED = auto()
    """Begin to open the device that is wanted: the one before, or the one that was lost."""
    ABANDON = auto()
    """Wait no longer for what is being opened; if it comes after all, it is closed."""
    SILENCE = auto()
    """Let a clock stand in for the device."""
    USE = auto()
    """Play through what was opened."""
    WANT = auto()
    """What was asked for is from now on what is wanted."""
    GRANT = auto()
    """Tell whoever asked that it is done."""
    REFUSE = auto()
    """Tell whoever asked why it cannot be."""
    SCHEDULE = auto()
    """Look for a device in a while."""
    TELL_NONE = auto()
    """Say that there is no device, and that it is looked for."""
    TELL_LOST = auto()
    """Say that the device was lost, and that it is looked for."""
    TELL_BACK = auto()
    """Say that there is a device again."""
    RELEASE = auto()
    """Let go of everything."""


S, E, A = State, Event, Action

TRANSITIONS: Mapping[tuple[State, Event], tuple[State, tuple[Action, ...]]] = {
    (S.STOPPED, E.START): (S.STARTING, (A.OPEN_WANTED,)),
    (S.STOPPED, E.CLOSE): (S.CLOSED, ()),
    # The first device
    (S.STARTING, E.OPENED): (S.PLAYING, (A.USE,)),
    (S.STARTING, E.REFUSED): (S.WAITING, (A.SILENCE, A.TELL_NONE, A.SCHEDULE)),
    (S.STARTING, E.UNANSWERED): (S.SEARCHING, (A.SILENCE, A.TELL_NONE)),
    (S.STARTING, E.ASK): (S.CHOOSING, (A.ABANDON, A.SILENCE, A.OPEN_ASKED)),
    (S.STARTING, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
    # A device plays
    (S.PLAYING, E.ASK): (S.MOVING, (A.OPEN_ASKED,)),
    (S.PLAYING, E.LOST): (S.WAITING, (A.SILENCE, A.TELL_LOST, A.SCHEDULE)),
    (S.PLAYING, E.CLOSE): (S.CLOSED, (A.RELEASE,)),
    # Another is asked for
    (S.MOVING, E.OPENED): (S.PLAYING, (A.USE, A.WANT, A.GRANT)),
    (S.MOVING, E.REFUSED): (S.ALONE, (A.SILENCE, A.OPEN_ASKED)),
    (S.MOVING, E.UNANSWERED): (S.PLAYING, (A.REFUSE, A.ABANDON)),
    (S.MOVING, E.ASK): (S.MOVING, (A.ABANDON, A.OPEN_ASKED)),
    (S.MOVING, E.LOST): (S.CHOOSING, (A.SILENCE, A.TELL_LOST)),
    (S.MOVING, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
    (S.ALONE, E.OPENED): (S.PLAYING, (A.USE, A.WANT, A.GRANT)),
    (S.ALONE, E.REFUSED): (S.RETURNING, (A.REFUSE, A.OPEN_WANTED)),
    (S.ALONE, E.UNANSWERED): (S.RETURNING, (A.REFUSE, A.ABANDON, A.OPEN_WANTED)),
    (S.ALONE, E.ASK): (S.ALONE, (A.ABANDON, A.OPEN_ASKED)),
    (S.ALONE, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
    (S.RETURNING, E.OPENED): (S.PLAYING, (A.USE,)),
    (S.RETURNING, E.REFUSED): (S.WAITING, (A.TELL_NONE, A.SCHEDULE)),
    (S.RETURNING, E.UNANSWERED): (S.SEARCHING, (A.TELL_NONE,)),
    (S.RETURNING, E.ASK): (S.ALONE, (A.ABANDON, A.OPEN_ASKED)),
    (S.RETURNING, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
    # There is none
    (S.CHOOSING, E.OPENED): (S.PLAYING, (A.USE, A.WANT, A.GRANT)),
    (S.CHOOSING, E.REFUSED): (S.WAITING, (A.REFUSE, A.SCHEDULE)),
    (S.CHOOSING, E.UNANSWERED): (S.WAITING, (A.REFUSE, A.ABANDON, A.SCHEDULE)),
    (S.CHOOSING, E.ASK): (S.CHOOSING, (A.ABANDON, A.OPEN_ASKED)),
    (S.CHOOSING, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
    (S.WAITING, E.DUE): (S.SEARCHING, (A.OPEN_WANTED,)),
    (S.WAITING, E.ASK): (S.CHOOSING, (A.OPEN_ASKED,)),
    (S.WAITING, E.CLOSE): (S.CLOSED, (A.RELEASE,)),
    (S.SEARCHING, E.OPENED): (S.PLAYING, (A.USE, A.TELL_BACK)),
    (S.SEARCHING, E.REFUSED): (S.WAITING, (A.SCHEDULE,)),
    # Whoever is silent is waited for: a second call into a dead driver would only get stuck beside the first.
    (S.SEARCHING, E.UNANSWERED): (S.SEARCHING, ()),
    (S.SEARCHING, E.ASK): (S.CHOOSING, (A.ABANDON, A.OPEN_ASKED)),
    (S.SEARCHING, E.CLOSE): (S.CLOSED, (A.ABANDON, A.RELEASE)),
}

OPENING = frozenset({S.STARTING, S.MOVING, S.ALONE, S.RETURNING, S.CHOOSING, S.SEARCHING})
"""States in which something is being opened."""
SOUNDING = frozenset({S.PLAYING, S.MOVING})
"""States in which a device plays."""
