"""What each notice's button does."""

from collections.abc import Callable
from pathlib import Path

from synth.engine.protocol import Notice
from synth.log import log_path
from ui.files.opening import show_in_system
from ui.widgets.banner import Banner, Remedy


def show_log(path: Path | None = None) -> Remedy:
    """Open the file that holds the details."""
    return Remedy("Show log", lambda: show_in_system(path or log_path()))


class Remedies:
    """Says the engine's notices in the banner, each with the button that helps."""

    def __init__(
        self,
        banner: Banner,
        choose_output: Callable[[], object],
        choose_folder: Callable[[], object],
        choose_vocoder: Callable[[], object],
    ) -> None:
        self._banner = banner
        self._known = {
            "output": Remedy("Choose output", choose_output),
            "folder": Remedy("Choose folder", choose_folder),
            "vocoder": Remedy("Choose vocoder", choose_vocoder),
            "log": show_log(),
        }

    def say(self, notice: Notice) -> None:
        """Good news and mere facts need no button."""
        wanted = notice.urgent or notice.remedy == "vocoder"
        if not notice.urgent and notice.remedy:
            # What was wrong with it is mended.
            self._banner.settle(notice.remedy)
        self._banner.say(
            notice.text,
            urgent=notice.urgent,
            remedy=self._known.get(notice.remedy) if wanted else None,
            about=notice.remedy,
        )

    def report(self, problem: str) -> None:
        """Something nobody expected: the log has the details."""
        self._banner.complain(problem, show_log())
