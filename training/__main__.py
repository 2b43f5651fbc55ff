"""`python -m training`: the same as `petrichord train`."""

import sys

from synth.commands.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
