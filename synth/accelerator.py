"""The graphics processor: whether there is one torch can use, and what to say when it is lost."""

import re
from collections.abc import Callable
from pathlib import Path

import torch

Work = Callable[[], None]

# What torch raises as a plain RuntimeError although the device is at fault: libraries of NVIDIA's that answer with a
# status, the start of CUDA, and most of Apple's MPS, which has no error class of its own.
_DEVICE_SAYS = re.compile(
    r"(CUDA|HIP) (error|unknown error|driver error|out of memory)"
    r"|(cuDNN|cuBLAS|cuFFT|cuRAND|cuSOLVER|cuSPARSE) error"
    r"|NVML_SUCCESS == |Unexpected error from cuda|No CUDA GPUs are available"
    r"|MPS (backend out of memory|error)|Invalid buffer size|(Failed to|Could not|Cannot) .*\b[Mm]etal\b"
    r"|.*command buffer exited with error"
)
# A library that refuses its arguments was asked wrongly: a fault of ours.
_ASKED_WRONGLY = re.compile(r"CUDNN_STATUS_BAD_PARAM|CUBLAS_STATUS_INVALID_VALUE|CUFFT_INVALID_(SIZE|VALUE)")
_LONGEST_REASON = 120


def accelerator() -> str:
    """The device torch can use besides the processor: "cuda", "mps", or "" for none."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else ""


def device_failed(error: Exception) -> bool:
    """True when a device broke, is full or lacks an operation; False for a fault of ours, as shapes that do not fit.

    torch has `OutOfMemoryError` and `AcceleratorError` for the first two, and `NotImplementedError` for the last, which
    the processor never raises. Older parts of torch raise a plain `RuntimeError` for the same, known by how it begins.
    """
    if isinstance(error, torch.OutOfMemoryError | torch.AcceleratorError | NotImplementedError):
        return True
    said = str(error)
    return isinstance(error, RuntimeError) and bool(_DEVICE_SAYS.match(said)) and not _ASKED_WRONGLY.search(said)


def is_full(error: Exception) -> bool:
    """True when a device had no memory left."""
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in said for words in ("out of memory", "Invalid buffer size", "_ALLOC_FAILED")
    )


def explain_loss(error: RuntimeError, what: str) -> str:
    """One sentence on what happened, what goes on instead and what to do; `what` says "the culture now lives …"."""
    if is_full(error):
        return f"The graphics card's memory is full, so {what}: close other programs that use the card and load again."
    said = (str(error).splitlines() or [""])[0][:_LONGEST_REASON].rstrip(". ")
    if isinstance(error, NotImplementedError):
        return f"The graphics card cannot do what the sound needs ({said}), so {what}: a newer Petrichord may use it."
    return (
        f"The graphics card stopped working ({said}), so {what}: restart Petrichord to use it again, and update its "
        "driver if it happens often."
    )


def captured(work: Work) -> Work:
    """`work` as a CUDA graph: what it does is recorded here and done again at each call."""
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        # Kernels are chosen before the capture, which allows no such search.
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def nvidia_card_present(
    pci: Path = Path("/sys/bus/pci/devices"), proc: Path = Path("/proc/driver/nvidia/gpus")
) -> bool:
    """True when the system shows an NVIDIA display adapter, whether or not torch can use it; quick."""
    if proc.is_dir() and any(proc.iterdir()):
        return True
    for device in sorted(pci.glob("*")) if pci.is_dir() else []:
        vendor, kind = device / "vendor", device / "class"
        nvidia = vendor.is_file() and vendor.read_text().strip() == "0x10de"
        # PCI class 03 is a display controller; an NVIDIA sound or network function is none.
        if nvidia and kind.is_file() and kind.read_text().startswith("0x03"):
            return True
    return False


def idle_card() -> str:
    """A clause for the status line when there is an NVIDIA card this torch cannot use, else ""."""
    if accelerator() or not nvidia_card_present():
        return ""
    return "there is an NVIDIA card that this torch cannot use: petrichord doctor tells how to"
