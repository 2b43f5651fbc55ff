"""Presets on disk: one `.safetensors` file of at most 1 MB, its description as JSON in the metadata.

A file is validated from its header before any tensor is allocated; whatever is wrong is one sentence naming the file
and the field. Nothing is ever unpickled.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.errors import PresetError
from synth.presets.model import SCHEMA_VERSION, Credit, HighBand, Partials, Preset, Vibrato
from synth.presets.routes import Region, region_of, routes_of, told_of_region, told_of_routes
from synth.presets.schema import MAX_ATTACK_FRAMES, Fields, Header, mel_format, rule_skeleton, tensor_plan, weather_spec
from synth.presets.schema import METADATA_KEY as METADATA_KEY
from synth.presets.schema import SUFFIX as SUFFIX
from synth.presets.tuning import told_of_tuning, tuning_of
from synth.presets.variation import base_of, joined
from synth.storage import write_bytes_whole

MAX_BYTES = 1_048_576
_RANGES = {
    "noise_share": (0.0, 1.0),
    "high_band.noise_share": (0.0, 1.0),
    "partials.linewidth_hz": (0.0, 1000.0),
    "partials.shimmer": (0.0, 2.0),
    "partials.shimmer_shared": (0.0, 1.0),
    "partials.tremolo_db": (-40.0, 40.0),
    "attack": (-240.0, 240.0),
    "release_db_per_s": (-10_000.0, 0.0),
}
"""Lowest and highest value of the tensors that a voice multiplies or adds up."""


def _from_1(description: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 had no noise share and no contour, and its vibrato was steady."""
    vibrato = description.get("vibrato")
    steady = {**vibrato, "rate_wander_hz": 0.0, "depth_wander": 0.0} if isinstance(vibrato, dict) else vibrato
    return {**description, "schema_version": 2, "attack_frames": 0, "vibrato": steady}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""From an older schema version to the next, each a pure function of the JSON description."""


def load_preset(path: str | Path) -> Preset:
    """Read and check one preset; `PresetError` says in one sentence what is wrong with which file."""
    path = Path(path)
    return preset_from_bytes(_read(path), path)


def preset_from_bytes(raw: bytes, path: Path) -> Preset:
    """A preset from a file's content; `path` is what errors name and where it came from."""
    header = _header(path, raw)
    description = _description(path, header)
    if (base := base_of(description, path.name)) is not None:
        raw = _read(base)
        header = _header(base, raw)
        description = joined(_description(base, header), description, path.name)
    fields = Fields(path.name, description)
    mel, weather = mel_format(fields.group("mel")), weather_spec(fields.group("weather"))
    rule = rule_skeleton(fields.group("rule"), mel, weather)
    attack_frames = fields.integer("attack_frames", 0, MAX_ATTACK_FRAMES)
    header.check(path.name, tensor_plan(rule, mel, header, attack_frames))
    tensors = _load_tensors(path, raw)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise PresetError(f"{path.name}: “{name}” holds values that are not numbers; the file is damaged.")
    for name, (low, high) in _RANGES.items():
        if name in tensors and not bool(((tensors[name] >= low) & (tensors[name] <= high)).all()):
            raise PresetError(f"{path.name}: “{name}” holds values outside {low:g} to {high:g}; the file is damaged.")
    rule.load_state_dict({k.removeprefix("rule."): v.float() for k, v in tensors.items() if k.startswith("rule.")})
    rule.eval().requires_grad_(False)
    credit, vibrato, region = fields.group("credit"), fields.group("vibrato"), fields.numbers("region_s", 2)
    return Preset(
        name=fields.text("name"),
        mel=mel,
        rule=rule,
        weather=weather,
        state=tensors["state"].float(),
        quantiles=tensors["quantiles"].float(),
        reference_db=fields.number("reference_db", -120, 120),
        credit=Credit(credit.text("recording"), credit.text("author"), credit.text("licence")),
        gain_db=fields.number("gain_db", -80, 80),
        root_hz=fields.number("root_hz", 0, 20_000),
        inharmonic=fields.flag("inharmonic"),
        partials=_partials(tensors),
        vibrato=Vibrato(
            vibrato.number("rate_hz", 0, 50),
            vibrato.number("depth_cents", 0, 1200),
            vibrato.number("jitter_cents", 0, 1200),
            vibrato.number("rate_wander_hz", 0, 50),
            vibrato.number("depth_wander", 0, 10),
        ),
        high_band=_high_band(tensors),
        decay_db_per_s=tensors.get("decay"),
        trim_db=tensors.get("trim"),
        noise_share=tensors.get("noise_share"),
        attack=tensors["attack"].float() if attack_frames else None,
        release_db_per_s=tensors.get("release_db_per_s"),
        tags=fields.texts("tags"),
        # Of presets whose owner said something; older versions of Petrichord do not look for them.
        category=fields.text("category") if "category" in fields.values else "",
        comment=fields.text("comment") if "comment" in fields.values else "",
        author=fields.text("author"),
        parent=fields.text("parent"),
        region_s=(region[0], region[1]),
        recipe=fields.mapping("recipe"),
        metrics=fields.number_map("metrics"),
        settings=fields.number_map("settings"),
        # Of few presets; files written before there were any say nothing.
        tuning=tuning_of(fields.group("tuning")) if "tuning" in fields.values else None,
        # Likewise.
        routes=routes_of(fields),
        region=region_of(fields, "followed_region"),
        macro_names=fields.texts("macro_names") if "macro_names" in fields.values else (),
        source_path=str(path),
    )


def save_preset(preset: Preset, path: str | Path) -> Path:
    """Write atomically: either the old file or the whole new one is there, whenever the power goes."""
    path = Path(path)
    raw = preset_bytes(preset)
    try:
        write_bytes_whole(path, raw, shared=True)
    except OSError as error:
        raise PresetError(
            f"The preset could not be written to {path}: {error.strerror}; choose another folder."
        ) from error
    return path


def preset_bytes(preset: Preset) -> bytes:
    """What a preset's file holds."""
    tensors = _tensors(preset)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise PresetError(f"“{preset.name}” cannot be saved: “{name}” holds values that are not numbers.")
    raw: bytes = save_tensors(tensors, {METADATA_KEY: json.dumps(describe(preset))})
    if len(raw) > MAX_BYTES:
        raise PresetError(f"“{preset.name}” cannot be saved: {len(raw)} bytes are more than a preset's {MAX_BYTES}.")
    return raw


def describe(preset: Preset) -> dict[str, Any]:
    """The JSON description of a preset: everything that is not a tensor."""
    rule: dict[str, Any] = {"kind": preset.rule.kind, "channels": preset.rule.channels}
    if isinstance(preset.rule, LiveRule):
        rule |= {"hidden": preset.rule.sense.out_channels, "dilations": list(preset.rule.dilations)}
    plain = (
        *("name", "reference_db", "gain_db", "root_hz", "inharmonic", "tags", "author", "parent"),
        *("region_s", "recipe", "metrics", "settings"),
    )
    return {
        "schema_version": SCHEMA_VERSION,
        **{name: getattr(preset, name) for name in plain},
        "mel": asdict(preset.mel),
        "weather": asdict(preset.weather),
        "credit": asdict(preset.credit),
        "vibrato": asdict(preset.vibrato),
        "attack_frames": 0 if preset.attack is None else len(preset.attack),
        "rule": rule,
        **{name: said for name in ("category", "comment") if (said := getattr(preset, name))},
        **({} if preset.tuning is None else {"tuning": told_of_tuning(preset.tuning)}),
        **({"routes": told_of_routes(preset.routes)} if preset.routes else {}),
        **({"macro_names": list(preset.macro_names)} if any(preset.macro_names) else {}),
        **({} if preset.region == Region() else {"followed_region": told_of_region(preset.region)}),
    }


def _tensors(preset: Preset) -> dict[str, Tensor]:
    tensors = {f"rule.{k}": v.float().contiguous() for k, v in preset.rule.state_dict().items()}
    tensors |= {"state": preset.state.half().contiguous(), "quantiles": preset.quantiles.half().contiguous()}
    if preset.partials is not None:
        tensors |= {
            "partials.hz": preset.partials.hz.float(),
            "partials.bandwidth_hz": preset.partials.bandwidth_hz.float(),
            "partials.amplitude": preset.partials.amplitude.float(),
        }
        if preset.partials.linewidth_hz is not None:
            tensors["partials.linewidth_hz"] = preset.partials.linewidth_hz.float()
        if preset.partials.shimmer is not None and preset.partials.shimmer_shared is not None:
            tensors["partials.shimmer"] = preset.partials.shimmer.float().contiguous()
            tensors["partials.shimmer_shared"] = preset.partials.shimmer_shared.float().contiguous()
        if preset.partials.tremolo_db is not None:
            tensors["partials.tremolo_db"] = preset.partials.tremolo_db.float().contiguous()
    if preset.high_band is not None:
        tensors |= {
            "high_band.edges_hz": preset.high_band.edges_hz.float(),
            "high_band.weights": preset.high_band.weights.float().contiguous(),
        }
        if preset.high_band.noise_share is not None:
            tensors["high_band.noise_share"] = preset.high_band.noise_share.float().contiguous()
    if preset.decay_db_per_s is not None:
        tensors["decay"] = preset.decay_db_per_s.float()
    if preset.trim_db is not None:
        tensors["trim"] = preset.trim_db.float().contiguous()
    if preset.noise_share is not None:
        tensors["noise_share"] = preset.noise_share.float().contiguous()
    if preset.attack is not None and len(preset.attack):
        tensors["attack"] = preset.attack.half().contiguous()
    if preset.release_db_per_s is not None:
        tensors["release_db_per_s"] = preset.release_db_per_s.float().contiguous()
    return tensors


def _partials(tensors: dict[str, Tensor]) -> Partials | None:
    if "partials.hz" not in tensors:
        return None
    return Partials(
        tensors["partials.hz"],
        tensors["partials.bandwidth_hz"],
        tensors["partials.amplitude"],
        tensors.get("partials.linewidth_hz"),
        tensors.get("partials.shimmer"),
        tensors.get("partials.shimmer_shared"),
        tensors.get("partials.tremolo_db"),
    )


def _high_band(tensors: dict[str, Tensor]) -> HighBand | None:
    if "high_band.weights" not in tensors:
        return None
    return HighBand(tensors["high_band.edges_hz"], tensors["high_band.weights"], tensors.get("high_band.noise_share"))


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise PresetError(f"{path} is a folder; a preset is a single {SUFFIX} file.")
        if size > MAX_BYTES:
            raise PresetError(
                f"{path.name} is {size / 1e6:.1f} MB, more than a preset's {MAX_BYTES / 1e6:.1f} MB; it is "
                "something else."
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PresetError(f"There is no preset {path}; `petrichord presets` lists those installed.") from error
    except OSError as error:
        raise PresetError(f"The preset {path} cannot be read: {error.strerror}.") from error


def _header(path: Path, raw: bytes) -> Header:
    try:
        (length,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        return Header(metadata, {k: (v["dtype"], tuple(v["shape"])) for k, v in header.items()})
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError, struct.error) as error:
        raise _damaged(path) from error


def _load_tensors(path: Path, raw: bytes) -> dict[str, Tensor]:
    """The tensors; the library checks that their offsets are contiguous and inside the file."""
    try:
        tensors: dict[str, Tensor] = load_tensors(raw)
        return tensors
    except SafetensorError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> PresetError:
    return PresetError(f"{path.name} is not a preset: it is cut short or not a {SUFFIX} file.")


def _description(path: Path, header: Header) -> dict[str, Any]:
    try:
        description = json.loads(header.metadata[METADATA_KEY])
        version = description["schema_version"]
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise PresetError(f"{path.name} is a {SUFFIX} file, but not a Petrichord preset.") from error
    while isinstance(version, int) and version in MIGRATIONS:
        description = MIGRATIONS[version](description)
        version = description["schema_version"]
    if version != SCHEMA_VERSION:
        raise PresetError(
            f"{path.name} has schema_version {version!r}, this Petrichord reads {SCHEMA_VERSION}; update Petrichord."
        )
    return dict(description)
