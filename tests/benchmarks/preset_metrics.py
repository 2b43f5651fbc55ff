"""A preset judged by ear's evidence: metrics re-analysed from rendered sound, with nothing of the instrument's own mel.

    python -m tests.benchmarks.preset_metrics PRESET_OR_WAV RECORDING --start S --seconds D

A preset is first rendered for 90 s by the `petrichord` command in a process of its own, once living and once with
evolution off; a WAV is taken as it is. `petrichord evaluate` measures more.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from training.evaluation.rendering import SETTLED_S, render
from training.evaluation.sound_metrics import ANALYSES, levels, metrics


def judge(
    subject: str, recording: Path, start_s: float, seconds: float | None, length_s: float, mel: str = "22k80"
) -> dict[str, Any]:
    """Figures for a WAV, or for a preset living and with evolution off."""
    analysis = ANALYSES[mel]
    target = levels(recording, start_s, seconds, analysis)

    def figures(wav: Path) -> dict[str, float]:
        settled = int(SETTLED_S * analysis.frames_per_second)
        return metrics(levels(wav, analysis=analysis, left=True)[:, settled:], target, analysis.frames_per_second)

    if subject.endswith(".wav"):
        return {"wav": figures(Path(subject))}
    with tempfile.TemporaryDirectory() as folder:
        living = render(subject, Path(folder, "living.wav"), length_s)
        still = render(subject, Path(folder, "still.wav"), length_s / 3, "--steps-per-second", "0")
        return {"living": figures(living), "evolution_off": figures(still)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge a preset by what is heard.")
    parser.add_argument("subject", metavar="PRESET_OR_WAV")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--start", type=float, default=0.0, help="start of the trained region in s")
    parser.add_argument("--seconds", type=float, help="its length in s; to the end by default")
    parser.add_argument("--length", type=float, default=90.0, help="seconds to render")
    parser.add_argument("--format", choices=tuple(ANALYSES), default="22k80", help="mel format to compare in")
    args = parser.parse_args()
    result = judge(args.subject, args.recording, args.start, args.seconds, args.length, args.format)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
