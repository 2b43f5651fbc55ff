"""What a CUDA graph demands of a rollout, held against it on the CPU: by a stand-in that records and does again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves

from tests.training.learning.test_fused import B, K, M, T, case, score
from tests.training.tiny import FMT, TINY, beating_tone
from training.analysis.data import Recording, prepare
from training.learning.fused import Drive, Tape, rollout
from training.learning.replay import Replay, Work
from training.learning.trainer import Trainer

aten = torch.ops.aten
WAITS = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten.is_nonzero, aten.unique_dim}
"""What cannot be done before the device has finished: the host asks for a value, or for how many there are."""


class Recorder(TorchDispatchMode):
    """A graph of everything done while it was on, replayed on the same memory: as CUDA's, its results are where they
    were, and nothing the host decided is decided again."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert func.overloadpacket not in WAITS, f"{func} waits for the device"
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        for func, args, kwargs, before in self.calls:
            for kept, now in zip(tree_leaves(before), tree_leaves(func(*args, **kwargs)), strict=True):
                if isinstance(kept, Tensor) and kept.data_ptr() != now.data_ptr():
                    kept.copy_(now)


def record(work: Work) -> Recorder:
    """As `CudaCapture`: warm up, then capture without keeping what capturing left."""
    work()
    recorder = Recorder()
    with recorder:
        work()
    return recorder


def _gradients(tape: Tape, seed: int, n_steps: int) -> list[Tensor]:
    rule, _, _ = case((1, 4, 16), torch.float32)
    torch.manual_seed(seed)
    grid = (torch.randn(B, M, T, rule.channels) * 1.2).requires_grad_()
    drive = Drive(torch.randn(10, B, M, T, K).to(tape.dtype), (torch.rand(n_steps, B * M * T // 2) < 0.5).int())
    final, overflow = rollout(rule, grid, tape, drive)
    score(final, overflow).backward()
    assert grid.grad is not None
    return [final.detach(), overflow.detach(), grid.grad, *(p.grad for p in rule.parameters() if p.grad is not None)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_replaying_what_was_captured_is_doing_it(dtype: torch.dtype) -> None:
    """With other cells, weather and coins each time, for longer and shorter rollouts in turn."""
    rule, _, _ = case((1, 4, 16), torch.float32)
    eager, replayed = (Tape(rule, (B, M, T), dtype, capture=capture) for capture in (None, record))
    for seed, n_steps in enumerate((9, 5, 9, 19, 5, 9, 19)):
        for got, wanted in zip(_gradients(replayed, seed, n_steps), _gradients(eager, seed, n_steps), strict=True):
            assert torch.equal(got, wanted)


def test_each_piece_of_work_is_captured_once_and_only_replayed_from_then_on() -> None:
    done: list[str] = []

    def work(name: str) -> Callable[[], None]:
        return lambda: done.append(name)

    run = Replay(record)
    for name in ("a", "b", "a", "a", "b"):
        run(name, work(name))
    assert done == ["a", "a", "b", "b"]


def test_a_rollout_never_asks_what_is_in_its_buffers() -> None:
    """On the meta device tensors hold nothing: any value asked for is an error there."""
    rule, _, _ = case((1, 4), torch.float32)
    tape = Tape(rule, (B, M, T), torch.float32, "meta")
    tape.reserve(11, K)
    tape.forward(11)
    tape.backward(11)
    # Which of the two torch raises there depends on the call.
    with pytest.raises((RuntimeError, NotImplementedError)):
        tape.overflow.item()


def test_a_tapes_buffers_stay_where_they_are() -> None:
    """A graph knows addresses: longer rollouts may add buffers, but not move one."""
    rule, _, _ = case((1, 4, 16), torch.float32)
    tape = Tape(rule, (B, M, T))
    _gradients(tape, 0, 5)
    places = [t.data_ptr() for t in _tensors(tape)]
    _gradients(tape, 1, 19)
    assert set(places) <= {t.data_ptr() for t in _tensors(tape)}
    assert len(_tensors(tape)) > len(places)


def _tensors(tape: Tape) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(vars(tape)) if isinstance(leaf, Tensor)]


class _Waits(TorchDispatchMode):
    """Counts what would make the host wait for the device."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket in WAITS:
            self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


def test_an_iteration_reads_from_the_device_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With damage, a restart, samples of the pool and the sound's loss: only the figures at its end are read."""
    target = prepare(Recording(beating_tone(), 22050, "tone"), FMT)
    trainer = Trainer(target, replace(TINY, pool=8, pooled=2, audio_from=0.0, frames=64))
    reads: list[int] = []
    read, step = training_read(), trainer.session.optimizer.step

    def counted(figures: Tensor) -> list[float]:
        reads.append(figures.numel())
        return read(figures)

    def apart() -> None:
        # Adam's count of steps is a number on the host, whatever device the weights are on.
        with _disable_current_modes():
            step()

    monkeypatch.setattr("training.learning.trainer._read", counted)
    monkeypatch.setattr(trainer.session.optimizer, "step", apart)
    for done in (0.0, 0.5, 0.9):
        with _Waits() as waits:
            trainer._iterate(done)
        trainer.session.iteration += 3
        assert waits.seen == []
    assert reads == [2 + 2 * TINY.batch] * 3


def training_read() -> Callable[[Tensor], list[float]]:
    from training.learning import trainer

    return trainer._read
