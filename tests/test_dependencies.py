"""What is imported is required, and what is required is imported: pyproject.toml held against the source."""

import re
import sys
import tomllib
from pathlib import Path

from tests.test_rooms import PACKAGES, read_imports

ROOT = Path(__file__).parents[1]
MODULE_OF = {"pyside6_essentials": "PySide6", "python_rtmidi": "rtmidi"}
"""Where a distribution's module is named otherwise."""
OURS = {*PACKAGES, "presets"}
WITHOUT_ITS_OWN = {"bigvgan"}
"""Installed with --no-deps (README): what it needs stands in our list."""
PART_OF = {"shiboken6": "PySide6"}
"""Modules of a distribution that another one requires in its own version."""


def required() -> set[str]:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in content["project"]["dependencies"]]
    normal = [re.sub(r"[-.]+", "_", name).lower() for name in names]
    return {MODULE_OF.get(name, name) for name in normal}


def imported() -> set[str]:
    found = {each.target.split(".")[0] for each in read_imports()[1]} - set(sys.stdlib_module_names) - OURS
    return {PART_OF.get(module, module) for module in found}


def test_every_package_that_is_imported_is_required() -> None:
    assert imported() - WITHOUT_ITS_OWN - required() == set()


def test_every_package_that_is_required_is_imported() -> None:
    assert required() - imported() == set()


def test_the_packages_are_read_at_all() -> None:
    assert {"torch", "numpy", "PySide6", "llvmlite"} <= imported() & required()
