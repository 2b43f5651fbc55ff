"""How weights and rows lie in memory for the compiled loops. Axes: `C` channels."""

import numpy as np

from synth.compiled.vectors import LANES
from synth.vocoder.arrays import Floats
from synth.vocoder.bigvgan.streaming.fast_filter import weight_at_points
from synth.vocoder.bigvgan.streaming.plan import Activation, Conv, Upsampling
from synth.vocoder.bigvgan.streaming.tiles import TILE_CHANNELS

_PAGE = 4096


def padded(n_channels: int) -> int:
    return -(-n_channels // LANES) * LANES


def aligned(*shape: int, line: int = 0) -> Floats:
    """Zeros on a cache line's border, so many lines into a page."""
    raw = np.zeros(int(np.prod(shape)) + _PAGE // 4, np.float32)
    skip = (64 * line - raw.ctypes.data) % _PAGE // 4
    return raw[skip : skip + int(np.prod(shape))].reshape(shape)


def _in_panels(width: int) -> int:
    return -(-width // TILE_CHANNELS)


def _panels(weight: Floats) -> Floats:
    """(point, channel out, channel in, tap) → (point, panel, tap, channel in, channel); channels that lack are zero."""
    points, n_out, n_in, taps = weight.shape
    wide = np.zeros((points, _in_panels(n_out) * TILE_CHANNELS, n_in, taps), np.float32)
    wide[:, :n_out] = weight
    panels = aligned(points, _in_panels(n_out), taps, n_in, TILE_CHANNELS)
    panels[:] = wide.reshape(points, -1, TILE_CHANNELS, n_in, taps).transpose(0, 1, 4, 3, 2)
    return panels


class Weights:
    """Packed weights by the layer they belong to, shared by heads."""

    def __init__(self) -> None:
        self._packed: dict[int, tuple[Floats, ...]] = {}
        self._owners: list[object] = []

    def conv(self, layer: Conv | Upsampling, n_phases: int = 1) -> tuple[Floats, ...]:
        """Panels (panel, tap, channel in, channel) and the bias; padded channels are zero."""
        if id(layer) not in self._packed:
            weight, bias = layer.weight.numpy(), layer.bias.numpy()
            _, n_in, taps = weight.shape
            n_out = len(weight) // n_phases
            width = n_phases * padded(n_out)
            wide = np.zeros((width, n_in, taps), np.float32)
            wide.reshape(n_phases, -1, n_in, taps)[:, :n_out] = weight.reshape(n_phases, n_out, n_in, taps)
            start = aligned(_in_panels(width) * TILE_CHANNELS)
            start[:width].reshape(n_phases, -1)[:, :n_out] = bias.reshape(n_phases, n_out)
            self._keep(layer, _panels(wide[None]), start, np.zeros(len(start), np.float32))
        return self._packed[id(layer)]

    def fast(self, layer: Conv) -> tuple[Floats, ...]:
        """The same at each point of a fast convolution, taps in groups."""
        if id(layer) not in self._packed:
            bias = layer.bias.numpy()
            start = aligned(_in_panels(len(bias)) * TILE_CHANNELS)
            start[: len(bias)] = bias
            self._keep(layer, _panels(weight_at_points(layer.weight.numpy())), start)
        return self._packed[id(layer)]

    def activation(self, layer: Activation) -> tuple[Floats, ...]:
        if id(layer) not in self._packed:
            a, b = aligned(padded(len(layer.a))), aligned(padded(len(layer.b)))
            a[: len(layer.a)], b[: len(layer.b)] = layer.a.numpy(), layer.b.numpy()
            self._keep(layer, a, b, layer.up.numpy().copy(), layer.down.numpy().copy())
        return self._packed[id(layer)]

    def _keep(self, layer: object, *arrays: Floats) -> None:
        self._packed[id(layer)] = arrays
        self._owners.append(layer)
