"""What a preset file must hold: typed access to its JSON fields, and the plan its tensors must match.

Axes: `C` channels, `M` mel bands, `T` frames, `P` partials, `Q` quantiles, `H` high bands, `A` frames of the attack.
"""

from dataclasses import dataclass

from synth.automaton.rules import CHANNELS, LiveRule, NotebookRule, Rule
from synth.automaton.weather import WeatherSpec
from synth.errors import PresetError
from synth.mel import MelFormat
from synth.presets.fields import Fields as Fields

SUFFIX = ".safetensors"
METADATA_KEY = "petrichord"
_MAX_FRAMES = 2048
_MAX_PARTIALS = 512
SHIMMER_BANDS = 5
MAX_ATTACK_FRAMES = 256
"""3 s at 86 frames per second, where no more than 0.75 s are measured."""

Shape = tuple[int, ...]


def mel_format(fields: Fields) -> MelFormat:
    fmt = MelFormat(
        rate_hz=fields.integer("rate_hz", 8000, 192_000),
        n_fft=fields.integer("n_fft", 64, 8192),
        hop=fields.integer("hop", 16, 4096),
        win=fields.integer("win", 64, 8192),
        n_mels=fields.integer("n_mels", 8, 256),
        fmin_hz=fields.number("fmin_hz", 0, 1000),
        fmax_hz=fields.number("fmax_hz", 1000, 96_000),
    )
    if fmt.hop > fmt.n_fft or fmt.win > fmt.n_fft or fmt.fmax_hz > fmt.rate_hz / 2:
        raise PresetError(f"{fields.file}: field “mel” is not a possible spectrogram; the preset cannot be used.")
    return fmt


def weather_spec(fields: Fields) -> WeatherSpec:
    pairs = fields.values.get("patches")
    if not isinstance(pairs, list) or len(pairs) > 16:
        raise PresetError(f"{fields.file}: field “weather.patches” must be a list of at most 16 pairs.")
    inner = Fields(fields.file, {f"patches[{i}]": pair for i, pair in enumerate(pairs)}, fields.prefix)
    patches = [inner.numbers(key, 2, 0, 4096) for key in inner.values]
    return WeatherSpec(
        time_frames=fields.numbers("time_frames", None, 0, 4096),
        patches=tuple((rows, frames) for rows, frames in patches),
        band_period_frames=fields.number("band_period_frames", 0, 4096),
        tau_steps=fields.number("tau_steps", 1, 1e6),
    )


def rule_skeleton(fields: Fields, mel: MelFormat, weather: WeatherSpec) -> Rule:
    """An untrained rule of the described size, ready to be given the file's weights."""
    kind = fields.text("kind")
    if fields.integer("channels", CHANNELS, CHANNELS) and kind == "notebook":
        return NotebookRule()
    if kind != "live":
        raise PresetError(f"{fields.file}: field “rule.kind” is “{kind}”; this Petrichord knows live and notebook.")
    dilations = tuple(int(d) for d in fields.numbers("dilations", None, 1, 64))
    return LiveRule(mel.n_mels, weather.n_fields, CHANNELS, fields.integer("hidden", 1, 1024), dilations)


@dataclass(frozen=True)
class Header:
    """A safetensors header: text metadata, and (dtype, shape) of each tensor."""

    metadata: dict[str, str]
    tensors: dict[str, tuple[str, Shape]]

    def axis(self, name: str, index: int) -> int:
        """Length of one axis of a tensor, −1 where there is none."""
        shape = self.tensors.get(name, ("", ()))[1]
        return shape[index] if index < len(shape) else -1

    def check(self, file: str, plan: dict[str, tuple[str, Shape]]) -> None:
        """`PresetError` unless exactly the planned tensors are there, with their dtypes and shapes."""
        for name, (dtype, shape) in plan.items():
            found = self.tensors.get(name)
            if found is None:
                raise PresetError(f"{file}: “{name}” is missing; the preset cannot be used.")
            if found != (dtype, shape):
                raise PresetError(
                    f"{file}: “{name}” is {found[0]} {list(found[1])} where {dtype} {list(shape)} belongs; the preset "
                    "cannot be used."
                )
        for name in self.tensors.keys() - plan.keys():
            raise PresetError(f"{file}: “{name}” does not belong into a preset; the preset cannot be used.")


def tensor_plan(rule: Rule, mel: MelFormat, header: Header, attack_frames: int = 0) -> dict[str, tuple[str, Shape]]:
    """The tensors a preset of this rule and format must have; free axes are taken from the file, within bounds."""
    M = mel.n_mels
    T, Q = _bounded(header, "state", 2, 8, _MAX_FRAMES), _bounded(header, "quantiles", 1, 2, 4096)
    plan: dict[str, tuple[str, Shape]] = {
        "state": ("F16", (CHANNELS, M, T)),
        "quantiles": ("F16", (M, Q)),
        **{f"rule.{k}": ("F32", tuple(v.shape)) for k, v in rule.state_dict().items()},
    }
    if any(name.startswith("partials.") for name in header.tensors):
        P = _bounded(header, "partials.hz", 0, 0, _MAX_PARTIALS)
        plan |= {f"partials.{k}": ("F32", (P,)) for k in ("hz", "bandwidth_hz", "amplitude")}
        if "partials.linewidth_hz" in header.tensors:
            plan["partials.linewidth_hz"] = ("F32", (P,))
        if "partials.shimmer" in header.tensors:
            plan |= {
                "partials.shimmer": ("F32", (P, SHIMMER_BANDS)),
                "partials.shimmer_shared": ("F32", (SHIMMER_BANDS,)),
            }
        if "partials.tremolo_db" in header.tensors:
            plan["partials.tremolo_db"] = ("F32", (P, 2))
    if any(name.startswith("high_band.") for name in header.tensors):
        H = _bounded(header, "high_band.weights", 0, 1, 128)
        plan |= {"high_band.edges_hz": ("F32", (H + 1,)), "high_band.weights": ("F32", (H, M + 1))}
        if "high_band.noise_share" in header.tensors:
            plan["high_band.noise_share"] = ("F32", (H,))
    if "decay" in header.tensors:
        plan["decay"] = ("F32", (M,))
    for name in ("trim", "noise_share", "release_db_per_s"):
        if name in header.tensors:
            plan[name] = ("F32", (M,))
    if attack_frames:
        plan["attack"] = ("F16", (attack_frames, M))
    return plan


def _bounded(header: Header, name: str, axis: int, low: int, high: int) -> int:
    length = header.axis(name, axis)
    # A length out of bounds is replaced by the bound, which `Header.check` then reports against the file's.
    return min(max(length, low), high)
