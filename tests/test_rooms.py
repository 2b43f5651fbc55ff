"""Imports point one way between the rooms (folders) of synth, ui and training; neither two folders that lie beside each
other, at any depth, nor two files need each other.

The source is read, never imported. An import counts wherever it stands: at the top, inside a function, under
TYPE_CHECKING.
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("synth", "ui", "training")
# Rooms from low to high; a room imports from itself and from the rows above it. "" holds a package's top-level files.
ORDER = {
    "synth": (
        ("",),
        ("compiled",),
        ("sound_files",),
        ("automaton",),
        ("presets",),
        ("culture", "vocoder"),
        ("instrument",),
        ("loading",),
        ("effects",),
        ("output",),
        ("device",),
        ("takes", "midi"),
        ("engine",),
        ("measurement",),
        ("commands",),
    ),
    "ui": (
        ("look",),
        ("widgets",),
        ("files",),
        ("culture",),
        ("perform",),
        ("controls",),
        ("presets",),
        ("takes",),
        ("help",),
        ("window",),
        ("settings",),
        ("trainer",),
        ("shell",),
    ),
    "training": (("analysis",), ("learning",), ("evaluation",), ("studies",), ("",)),
}
SEEN_AT_A_GLANCE = 15
READ_IN_ONE_GO = 300
"""Lines of a module."""
HELPERS = {"hands"}
"""Folders among the tests that hold no tests."""
QT = {"PySide6", "pyqtgraph", "superqt"}


@dataclass(frozen=True)
class Import:
    """One file's need for a module, `target` dotted; `lazy` when it stands inside a function."""

    source: str
    target: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.line} → {self.target}"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(
    name: str, tree: ast.AST, is_package: bool = False, known: frozenset[str] = frozenset()
) -> Iterator[Import]:
    """Every import statement of a file; `from package import name` names the submodule where there is one."""
    package = name if is_package else name.rpartition(".")[0]

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(name, alias.name, child.lineno, lazy)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    above = package.split(".")[: len(package.split(".")) - child.level + 1]
                    base = ".".join([*above, base]) if base else ".".join(above)
                for alias in child.names:
                    inside = f"{base}.{alias.name}"
                    yield Import(name, inside if inside in known else base, child.lineno, lazy)
            else:
                yield from visit(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    yield from visit(tree, False)


def python_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@functools.cache
def read_imports() -> tuple[frozenset[str], list[Import]]:
    files = [path for package in PACKAGES for path in python_files(package)]
    known = frozenset(module_of(path) for path in files)
    found = [
        each
        for path in files
        for each in imports_of(module_of(path), ast.parse(path.read_text("utf-8")), path.name == "__init__.py", known)
    ]
    return known, found


def room_of(module: str) -> tuple[str, str]:
    """Package and room; "" for a top-level file and for the package itself."""
    package, *inside = module.split(".")
    return package, inside[0] if inside and (ROOT / package / inside[0]).is_dir() else ""


def breaks_the_order(found: Import) -> bool:
    """True when it goes up or sideways between rooms, or from a package to one that may not be known there."""
    package, room = room_of(found.source)
    target, target_room = room_of(found.target)
    if target not in PACKAGES:
        return False
    if package == target:
        level = {name: at for at, names in enumerate(ORDER[package]) for name in names}
        return room != target_room and level[target_room] >= level[room]
    if package == "synth":
        return room != "commands" or not found.lazy
    return target != "synth"


def circles(needs: dict[str, set[str]]) -> list[list[str]]:
    """Files that need each other, directly or through others: strongly connected components (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(needs.get(name, ())):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            together = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(together) > 1:
                found.append(sorted(together))

    for name in sorted(needs):
        if name not in index:
            visit(name)
    return found


def needs_of(imports: list[Import]) -> dict[str, set[str]]:
    known, _ = read_imports()
    needs: dict[str, set[str]] = {}
    for each in imports:
        if each.target in known and each.target != each.source:
            needs.setdefault(each.source, set()).add(each.target)
    return needs


def folder_of(module: str) -> str:
    """The dotted name of the folder that a module lies in; of a package, itself."""
    return module if (ROOT / module.replace(".", "/")).is_dir() else module.rpartition(".")[0]


def needs_of_folders_beside(imports: list[Import]) -> dict[str, set[str]]:
    """What folders need of those that lie in the same folder, whatever deeper in either of them needs what."""
    needs: dict[str, set[str]] = {}
    for each in imports:
        one, other = folder_of(each.source).split("."), folder_of(each.target).split(".")
        same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        if same:
            needs.setdefault(".".join(one[: same + 1]), set()).add(".".join(other[: same + 1]))
    return needs


def folders() -> list[Path]:
    return sorted(path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_has_its_place_in_the_order(package: str) -> None:
    listed = {room for row in ORDER[package] for room in row if room}
    there = {path.name for path in (ROOT / package).iterdir() if (path / "__init__.py").is_file()}
    # Rooms that are planned may be missing; a room nobody has placed may not exist.
    assert there <= listed


def test_imports_go_from_high_rooms_to_low_ones_only() -> None:
    assert not [str(each) for each in read_imports()[1] if breaks_the_order(each)]


def test_no_files_import_each_other_in_a_circle() -> None:
    assert not circles(needs_of(read_imports()[1]))


def test_no_folders_beside_each_other_need_each_other() -> None:
    assert not circles(needs_of_folders_beside(read_imports()[1]))


def test_the_instrument_knows_nothing_of_qt() -> None:
    _, imports = read_imports()
    assert not [
        str(each) for each in imports if each.source.split(".")[0] == "synth" and each.target.split(".")[0] in QT
    ]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    files = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= SEEN_AT_A_GLANCE, f"{folder.name} has {len(files)} files: make a sub-folder"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_is_read_in_one_go(package: str) -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in python_files(package)}
    assert not {path: count for path, count in lines.items() if count > READ_IN_ONE_GO}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_tests_have_the_rooms_of_what_they_test(package: str) -> None:
    code = {room_of(module_of(path))[1] for path in python_files(package)} - {""}
    tests = {path.name for path in (ROOT / "tests" / package).iterdir() if any(path.glob("**/*.py"))}
    assert {name for name in tests if (ROOT / "tests" / package / name).is_dir()} - HELPERS == code


# The reading above is itself held to account: each kind of import it must see, and each kind of fault it must find.

SAMPLE = """
from typing import TYPE_CHECKING
import synth.mel
from synth import errors
from . import beside
from .beside import thing
from ..engine.engine import Engine
if TYPE_CHECKING:
    from ui.window.parts import Parts
class A:
    def f(self):
        import ui.shell.app
        try:
            from synth.takes.wav import x
        except ImportError:
            pass
"""


def test_imports_are_read_wherever_they_stand() -> None:
    known = frozenset({"synth.errors", "synth.output.beside"})
    found = {(i.target, i.lazy) for i in imports_of("synth.output.here", ast.parse(SAMPLE), known=known)}
    assert found == {
        ("typing", False),
        ("synth.mel", False),
        ("synth.errors", False),
        ("synth.output.beside", False),
        ("synth.engine.engine", False),
        ("ui.window.parts", False),
        ("ui.shell.app", True),
        ("synth.takes.wav", True),
    }


@pytest.mark.parametrize(
    ("source", "target", "lazy", "breaks"),
    [
        ("synth.instrument.reading.tilt", "synth.output.meter", True, True),
        ("synth.culture.culture", "synth.vocoder.contract", False, True),
        ("synth.output.meter", "synth.mel", False, False),
        ("synth.mel", "synth.output.meter", False, True),
        ("synth.engine.engine", "ui.look.clock", True, True),
        ("synth.commands.play", "ui.shell.app", True, False),
        ("synth.commands.play", "ui.shell.app", False, True),
        ("ui.look.clock", "synth.engine.engine", False, False),
        ("ui.look.clock", "training.cli", False, True),
        ("training.cli", "training.learning.pool", False, False),
        ("training.learning.pool", "training.cli", True, True),
        ("ui.widgets.knob", "ui.widgets.meter", False, False),
        ("ui.widgets.knob", "ui.controls.panel", True, True),
    ],
)
def test_the_order_tells_up_from_down(source: str, target: str, lazy: bool, breaks: bool) -> None:
    assert breaks_the_order(Import(source, target, 1, lazy)) is breaks


def test_circles_of_two_and_of_three_are_found() -> None:
    needs = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a", "e"}}
    assert sorted(circles(needs)) == [["a", "b", "c"], ["d", "e"]]


def test_folders_beside_each_other_are_seen_at_any_depth() -> None:
    pairs = [
        ("synth.instrument.voices.bank", "synth.instrument.parameters.table"),
        ("synth.instrument.parts", "synth.instrument.voices.bank"),
        ("synth.vocoder.bigvgan.streaming.pace", "synth.vocoder.spectral.movement.vibrato"),
        ("ui.controls.panel", "synth.mel"),
        ("synth.output.chain", "synth.effects.rack"),
    ]
    imports = [Import(source, target, 1, False) for source, target in pairs]
    assert needs_of_folders_beside(imports) == {
        "synth.instrument.voices": {"synth.instrument.parameters"},
        "synth.vocoder.bigvgan": {"synth.vocoder.spectral"},
        "synth.output": {"synth.effects"},
    }
