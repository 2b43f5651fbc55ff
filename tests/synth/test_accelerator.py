"""Which errors are the graphics card's, and which are faults of ours that must surface as what they are."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from synth.accelerator import device_failed, explain_loss, is_full
from synth.automaton.rules import LiveRule
from synth.culture.culture import LiveCulture
from synth.culture.failover import FailoverCulture
from synth.loading import device_probe
from synth.vocoder.bigvgan.streaming import stream
from tests.doubles.instruments import PRESET

FULL = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GiB, other allocations: 1.2 GiB)."),
    RuntimeError("Invalid buffer size: 20.00 GiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
)
BROKEN = (
    torch.AcceleratorError("CUDA error: unspecified launch failure\nand advice for programmers."),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(...)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("cuFFT error: CUFFT_INTERNAL_ERROR"),
    RuntimeError("CUDA driver error: device not ready"),
    RuntimeError("Unexpected error from cudaGetDeviceCount(). Error 999: unknown error"),
    RuntimeError('NVML_SUCCESS == r INTERNAL ASSERT FAILED at "CUDACachingAllocator.cpp":838, please report a bug'),
    RuntimeError("Failed to create Metal device"),
)
LACKING = (NotImplementedError("The operator 'aten::foo' is not currently implemented for the MPS device."),)


def _shapes() -> None:
    torch.zeros(2, 3) @ torch.zeros(2, 3)


def _convolution() -> None:
    nn.Conv1d(3, 4, 3)(torch.zeros(1, 5, 8))


def _copy() -> None:
    torch.zeros(3).copy_(torch.zeros(4))


def _index() -> None:
    torch.zeros(3).index_select(0, torch.tensor([1.5]))


def _inference_tensor() -> None:
    with torch.inference_mode():
        made = torch.ones(2)
    (made * torch.ones(2, requires_grad=True)).sum().backward()


def _asked_wrongly() -> None:
    raise RuntimeError("cuDNN error: CUDNN_STATUS_BAD_PARAM")


def _two_devices() -> None:
    raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!")


FAULTS = (_shapes, _convolution, _copy, _index, _inference_tensor, _asked_wrongly, _two_devices)


@pytest.mark.parametrize("error", [*FULL, *BROKEN, *LACKING], ids=lambda error: str(error)[:40])
def test_a_device_that_fails_is_told_from_a_fault(error: RuntimeError) -> None:
    assert device_failed(error)
    assert is_full(error) is (error in FULL)
    said = explain_loss(error, "the culture now lives on the processor")
    assert ("memory is full" in said) is (error in FULL)
    assert ("stopped working" in said) is (error in BROKEN)
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_ours_is_no_failure_of_a_device(fault: Callable[[], None]) -> None:
    """torch's own errors for wrong shapes, wrong types and wrong use, as it raises them."""
    with pytest.raises(RuntimeError) as raised:
        fault()
    assert not device_failed(raised.value)


def test_an_error_that_is_not_torchs_is_no_failure_of_a_device() -> None:
    assert not device_failed(ValueError("CUDA error: unspecified launch failure"))


@pytest.mark.parametrize("method", ["step", "grid"])
def test_a_culture_on_a_card_lets_a_shape_error_through(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    away = LiveCulture(PRESET, 3)
    sheltered = FailoverCulture(away, LiveCulture(PRESET, 3))

    def fault(*_: object) -> None:
        _shapes()

    monkeypatch.setattr(away, method, fault)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        getattr(sheltered, method)()
    assert not sheltered.is_home
    assert sheltered.trouble == ""


def test_the_search_for_the_fastest_device_lets_a_shape_error_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> float:
        _shapes()
        return 0.0

    monkeypatch.setattr(device_probe, "_step_s", fault)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        device_probe.fastest_device(LiveRule(16, 2), 16, 32, torch.float32, "cuda")


@pytest.mark.parametrize("where", ["opened", "measured"])
def test_opening_a_stream_on_a_card_lets_a_shape_error_through(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        device = "mps"

        def __init__(self, plan: object, n_heads: int, device: str = "") -> None:
            self.plan = plan
            if where == "opened":
                _shapes()

        def process(self, log_mel: torch.Tensor) -> torch.Tensor:
            return log_mel @ log_mel

    class Plan:
        n_mels = 8

    monkeypatch.setattr("synth.vocoder.bigvgan.streaming.eager.EagerStream", Broken)
    monkeypatch.setattr(stream, "plan_of", lambda generator: Plan())
    monkeypatch.setattr(stream, "accelerator", lambda: "mps")
    monkeypatch.setattr(stream, "_on_processor", lambda plan, n_heads, n_threads: None)
    with pytest.raises(RuntimeError, match=r"mat1 and mat2|batch2 tensor"):
        stream.open_stream(nn.Identity(), 1, None, "")
