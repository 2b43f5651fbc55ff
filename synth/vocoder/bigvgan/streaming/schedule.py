"""Who does what: the work of some heads, dealt to threads that meet at barriers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from synth.vocoder.bigvgan.streaming.machine import Kind, Operation, Program, program_of
from synth.vocoder.bigvgan.streaming.tiles import TILE_CHANNELS

_PER_VALUE = {Kind.ACTIVATE: 70, Kind.CONVOLVE_FAST: 50, Kind.SHIFT: 1}
"""What an operation takes for each value out besides its products, in multiply-accumulates."""
_BARRIER = Operation(Kind.BARRIER)

Task = list[Operation]
"""Operations that one worker does in order."""


@dataclass(frozen=True)
class Segment:
    """Work between two barriers: whole tasks for any worker, or operations that each worker does a share of."""

    tasks: tuple[Task, ...]
    shared_by: Literal["tasks", "rows", "channels"]


def schedule(heads: Sequence[Sequence[Segment]], n_workers: int) -> list[Program]:
    """Each worker's program for these heads' segments together."""
    work: list[Task] = [[] for _ in range(n_workers)]
    for segments in zip(*heads, strict=True):
        tasks = [task for segment in segments for task in segment.tasks]
        if segments[0].shared_by == "tasks":
            shares = _dealt(tasks, n_workers)
        else:
            split = _across if segments[0].shared_by == "channels" else _along
            shares = [
                [part for task in tasks for o in task if (part := split(o, worker, n_workers)) is not None]
                for worker in range(n_workers)
            ]
        for mine, share in zip(work, shares, strict=True):
            mine += [*share, _BARRIER]
    return [program_of(mine) for mine in work]


def _dealt(tasks: Sequence[Task], n_workers: int) -> list[Task]:
    """The largest first, each to whoever has least to do; then the busiest's last task is begun by the idlest."""
    shares: list[list[Task]] = [[] for _ in range(n_workers)]
    for task in sorted(tasks, key=_cost, reverse=True):
        min(shares, key=_load).append(task)
    idlest, busiest = (shares.index(choice(shares, key=_load)) for choice in (min, max))
    *before, last = shares[busiest]
    head = _affordable(last, (_load(shares[busiest]) - _load(shares[idlest])) / 2) if before else 0
    if not head:
        return [_joined(share) for share in shares]
    # It goes on behind a barrier, which the others meet somewhere in their own work, at about the same time. The idlest
    # meets it behind the head: tasks are dealt in falling order, so what comes `before` takes longer.
    shares[idlest].insert(0, last[:head])
    dealt = [_with_barrier(_joined(share), _load(before)) for share in shares]
    dealt[busiest] = [*_joined(before), _BARRIER, *last[head:]]
    return dealt


def _joined(tasks: Sequence[Task]) -> Task:
    return [o for task in tasks for o in task]


def _affordable(task: Task, most: float) -> int:
    """How many of its first operations cost no more than this; one at least is left."""
    return sum(cost <= most for cost in accumulate(_cost([o]) for o in task[:-1]))


def _with_barrier(task: Task, at: float) -> Task:
    place = _affordable([*task, _BARRIER], at)
    return [*task[:place], _BARRIER, *task[place:]]


def _load(tasks: Sequence[Task]) -> float:
    return sum(_cost(task) for task in tasks)


def _cost(task: Task) -> float:
    """In multiply-accumulates per frame."""
    return sum(o.macs_per_frame + o.rate * max(o.n_out, 1) * _PER_VALUE.get(o.kind, 0) for o in task)


def _along(o: Operation, worker: int, n_workers: int) -> Operation | None:
    return replace(o, share=worker, shares=n_workers)


def _across(o: Operation, worker: int, n_workers: int) -> Operation | None:
    """A convolution's share of the channels out, in whole panels."""
    panels = -(-o.n_out // TILE_CHANNELS)
    first = TILE_CHANNELS * (panels * worker // n_workers)
    last = min(TILE_CHANNELS * (panels * (worker + 1) // n_workers), o.n_out)
    if first >= last:
        return None
    moved = 4 * first
    return replace(o, w=o.w + moved * o.taps * o.n_in, start=o.start + moved, y=o.y + moved, n_out=last - first)
