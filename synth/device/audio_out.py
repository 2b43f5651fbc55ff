"""The output as the engine sees it: a ring that is always being emptied at the right pace, whatever happens outside.

A supervisor thread finds out what happens to the output and does what the table in `output_states` says. Devices are
opened in threads of their own, so it never waits for a driver, and nobody who makes sound ever waits for it. A device
that is not there is looked for until it is.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from synth.device.devices import leave_open, rescan
from synth.device.feeder import Tap
from synth.device.feeding import Feeding
from synth.device.opening import Opening
from synth.device.output_states import OPENING, SOUNDING, TRANSITIONS, Action, Event, State
from synth.device.outputs import BUFFER_S
from synth.device.queue_length import QueueLength
from synth.device.ring import Ring
from synth.device.sinks import Sink, open_sink
from synth.thread_priority import raise_thread_priority

Notify = Callable[[str, bool], None]
OpenSink = Callable[[str | None, int, float], Sink]
"""Opens a device by name at a rate, with about so much sound queued in it."""

LOOK_AGAIN_S = (1.0, 2.0, 3.0)
"""Between looks for a device; the last holds for ever."""
_OPEN_LIMIT_S = 8.0
_TICK_S = 0.1
_HALT_S = 1.5
"""A tick that takes so much longer: the machine slept, or the program was halted."""
_AWAKE_S = 1.0
"""In which the threads of a program that was halted come to run again one after the other."""
_SUPERSEDED = "Another output was chosen meanwhile."
_CLOSED = "The output was closed."


@dataclass(frozen=True)
class _Request:
    device: str | None
    buffer_s: float | None
    """None leaves it as it is."""
    answer: "Future[str] | None" = None
    """Gets "" or the reason why not; without one, the reason is a notice."""

    def tell(self, text: str) -> bool:
        """Answer whoever waits for it; False when there is nobody."""
        if self.answer is None:
            return False
        if not self.answer.done():
            self.answer.set_result(text)
        return True


class AudioOut:
    """One ring, one feeder at a time, and the supervisor that keeps a sink behind them."""

    def __init__(
        self,
        rate_hz: int,
        ring: Ring,
        resume_at: int,
        tap: Tap,
        notify: Notify,
        device: str | None = None,
        open_device: OpenSink = open_sink,
        buffer_s: float = BUFFER_S,
    ) -> None:
        self.rate_hz = rate_hz
        self._notify, self._open_device = notify, open_device
        self.feeding = Feeding(rate_hz, ring, resume_at, tap)
        self.state = State.STOPPED
        self._wanted = device
        self._queue = QueueLength(buffer_s)
        self._requests: SimpleQueue[_Request] = SimpleQueue()
        self._asked = _Request(device, None)
        self._opening: Opening | None = None
        self._abandoned: list[Opening] = []
        self._opening_until = self._look_at = self._trusted_from = 0.0
        self._looks = 0
        self._lost = False
        self._problem = ""
        self._wake, self._begun, self._closing = threading.Event(), threading.Event(), False
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin to consume the ring, by the device or in silence with a notice; waits for the device a little."""
        self._supervisor.start()
        self._begun.wait(_OPEN_LIMIT_S + 1)

    def set_device(self, wanted: str | None, buffer_s: float | None = None) -> None:
        """Move to another output or buffer soon; a failure is a notice and leaves the present one."""
        self._ask(_Request(wanted, buffer_s))

    def ask_device(self, wanted: str | None, buffer_s: float | None = None) -> "Future[str]":
        """As `set_device`, but a failure is the answer instead of a notice; "" once the device plays."""
        answer: Future[str] = Future()
        self._ask(_Request(wanted, buffer_s, answer))
        return answer

    def close(self) -> None:
        """Fade out, let the sink finish, stop the threads."""
        self._closing = True
        self._wake.set()
        self._supervisor.join(3.0)
        if self._busy_driver():
            leave_open()

    def _ask(self, request: _Request) -> None:
        self._requests.put(request)
        self._wake.set()

    # What happens

    def _supervise(self) -> None:
        raise_thread_priority("helper")
        self._do(Event.START)
        while self.state is not State.CLOSED:
            before = time.monotonic()
            self._wake.wait(_TICK_S)
            self._wake.clear()
            self._forgive_a_halt(time.monotonic() - before - _TICK_S)
            if (event := self._happened()) is not None:
                self._do(event)
            if self.state is not State.STARTING:
                self._begun.set()
        for request in (self._drain(_CLOSED), self._asked):
            if request is not None:
                request.tell(_CLOSED)

    def _happened(self) -> Event | None:
        now = time.monotonic()
        if self._closing:
            return Event.CLOSE
        if (request := self._drain(_SUPERSEDED) or self._better_queue(now)) is not None:
            if self.state in (State.MOVING, State.ALONE, State.CHOOSING):
                self._asked.tell(_SUPERSEDED)
            self._asked = request
            return Event.ASK
        if self.state in SOUNDING and (trouble := self.feeding.trouble(self._trusted_from)):
            self._problem = trouble
            return Event.LOST
        if self.state in OPENING:
            return self._came_of_opening(now)
        if self.state is State.WAITING and now >= self._look_at:
            return Event.DUE
        return None

    def _drain(self, text: str) -> _Request | None:
        """The last request there is; those before it are told a text."""
        found: _Request | None = None
        try:
            while True:
                request = self._requests.get_nowait()
                if found is not None:
                    found.tell(text)
                found = request
        except Empty:
            return found

    def _better_queue(self, now: float) -> _Request | None:
        """Asks for another length of the queue in the device that plays, when there is a reason, and says so."""
        if self.state is not State.PLAYING:
            return None
        before = self._queue.s
        feeding = self.feeding
        length_s = self._queue.judge(feeding.underruns, feeding.read_used_s(), now, feeding.step_s)
        if length_s is None:
            return None
        if length_s > before:
            later_ms = 1000 * (length_s - self._queue.asked_s) / before * feeding.full_s
            text = (
                "The sound broke up, because this machine is too busy: to keep it whole, what you play is now heard "
                f"{later_ms:.0f} ms later than usual. It will be as quick as before once the machine is calm."
            )
        else:
            text = "The machine is calm again: what you play is heard as quickly as before."
        self._notify(text, False)
        return _Request(self._wanted, None)

    def _came_of_opening(self, now: float) -> Event | None:
        opening = self._opening
        assert opening is not None
        if opening.sink is not None:
            return Event.OPENED
        if opening.error is not None:
            self._problem = str(opening.error)
            return Event.REFUSED
        if now < self._opening_until:
            return None
        self._opening_until = float("inf")
        self._problem = (
            f"The output “{opening.wanted or 'default'}” does not answer: check the sound system or choose another."
        )
        return Event.UNANSWERED

    def _forgive_a_halt(self, late_s: float) -> None:
        """Nobody is late who was not allowed to run."""
        if late_s < _HALT_S:
            return
        self._trusted_from = time.monotonic()
        self._queue.excuse(self._trusted_from + _AWAKE_S)
        self._opening_until += late_s
        self._notify(
            f"Petrichord stood still for {late_s:.0f} s, as when a machine sleeps, and plays on where it was.",
            False,
        )

    # What is done about it

    def _do(self, event: Event) -> None:
        if (self.state, event) not in TRANSITIONS:
            return
        state, actions = TRANSITIONS[self.state, event]
        for action in actions:
            self._act(action)
        self.state = state

    def _act(self, action: Action) -> None:
        match action:
            case Action.OPEN_ASKED:
                self._open(self._asked.device, self._asked.buffer_s)
            case Action.OPEN_WANTED:
                self._open(self._wanted, None)
            case Action.ABANDON:
                self._abandon()
            case Action.SILENCE:
                self.feeding.use_silence(abort=bool(self.feeding.trouble(self._trusted_from)))
            case Action.USE:
                self._use_opened()
            case Action.WANT:
                self._wanted = self._asked.device
                if self._asked.buffer_s is not None:
                    self._queue.ask(self._asked.buffer_s)
            case Action.GRANT:
                self._asked.tell("")
            case Action.REFUSE:
                if not self._asked.tell(self._problem):
                    self._notify(self._problem, True)
            case Action.SCHEDULE:
                self._look_at = time.monotonic() + LOOK_AGAIN_S[min(self._looks, len(LOOK_AGAIN_S) - 1)]
                self._looks += 1
            case Action.TELL_NONE:
                self._notify(f"{self._problem} Playing on in silence.", True)
            case Action.TELL_LOST:
                self._lost = True
                self._notify(f"{self._problem} Playing on in silence and trying to open it again.", True)
            case Action.TELL_BACK:
                self._notify(f"The output “{self.feeding.name}” is {'back' if self._lost else 'there now'}.", False)
            case Action.RELEASE:
                self.feeding.close()

    def _open(self, wanted: str | None, buffer_s: float | None) -> None:
        """Begin to open; PortAudio looks for devices anew before, where it has looked already and is not in use."""
        length_s = self._queue.s if buffer_s is None else buffer_s
        look = self.state is not State.STOPPED and self.feeding.silent and not self._busy_driver()

        def attempt() -> Sink:
            if look:
                rescan()
            return self._open_device(wanted, self.rate_hz, length_s)

        self._opening_until = time.monotonic() + _OPEN_LIMIT_S
        self._opening = Opening(wanted, attempt, self._wake.set)

    def _abandon(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.abandon()
            self._abandoned.append(opening)

    def _use_opened(self) -> None:
        opening, self._opening = self._opening, None
        assert opening is not None and opening.sink is not None
        self._looks = 0
        self.feeding.use(opening.sink)

    def _busy_driver(self) -> bool:
        """True while a thread is inside PortAudio and may never return: it must not be shut down then."""
        self._abandoned = [opening for opening in self._abandoned if opening.inside]
        opening = self._opening
        return self.feeding.stuck or bool(self._abandoned) or (opening is not None and opening.inside)
