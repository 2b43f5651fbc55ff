"""The course of a training: what its curves are drawn from."""

import math
from dataclasses import dataclass, field

from ui.trainer.process.lines import News

_MOST_POINTS = 4000


@dataclass
class History:
    """Loss and LTAS error over iterations; long ones are thinned out, never cut off."""

    iterations: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    ltas_db: list[float] = field(default_factory=list)
    """Of the training batch."""
    checkpoints: list[tuple[int, float]] = field(default_factory=list)
    """Iteration, and LTAS error of a long rollout."""

    def add(self, news: News) -> None:
        """Note one piece of progress, or one checkpoint."""
        if news.event == "checkpoint":
            self.checkpoints.append((news.iteration, news.ltas_db))
            return
        if not (math.isfinite(news.loss) and math.isfinite(news.ltas_db)):
            return
        # A training that is resumed may go back to where its state was written.
        while self.iterations and self.iterations[-1] >= news.iteration:
            for track in (self.iterations, self.loss, self.ltas_db):
                track.pop()
        self.iterations.append(news.iteration)
        self.loss.append(news.loss)
        self.ltas_db.append(news.ltas_db)
        if len(self.iterations) > _MOST_POINTS:
            for track in (self.iterations, self.loss, self.ltas_db):
                del track[1:-1:2]
