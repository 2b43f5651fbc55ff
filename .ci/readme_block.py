"""Print the shell block that follows `<!-- ci:NAME -->` in a README, so that CI runs what users are told to run.

Usage: python readme_block.py README.md NAME
"""

import re
import sys
from pathlib import Path


def block(text: str, name: str) -> str:
    """The first fenced sh block after the marker; `SystemExit` when there is none."""
    match = re.search(rf"<!-- ci:{re.escape(name)} -->\s*```sh\n(.*?)```", text, re.DOTALL)
    if match is None:
        raise SystemExit(f"README has no block marked ci:{name}")
    return match.group(1)


if __name__ == "__main__":
    print(block(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2]), end="")
