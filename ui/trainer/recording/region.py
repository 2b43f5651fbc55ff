"""A region of a recording and the part of it that is in view: arithmetic without a widget."""

from dataclasses import dataclass, replace

LEAST_S, MOST_S = 0.5, 120.0
"""What `petrichord train` takes."""
_LEAST_VIEW_S = 0.25


@dataclass(frozen=True)
class Span:
    """From one second to another."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def moved(self, by_s: float, whole_s: float) -> "Span":
        """As long as it is, elsewhere within the recording."""
        start = min(max(0.0, self.start + by_s), max(0.0, whole_s - self.length))
        return Span(start, start + self.length)

    def with_start(self, start: float) -> "Span":
        """Another beginning, as far as a region may be short or long."""
        least, most = max(0.0, self.end - MOST_S), max(0.0, self.end - LEAST_S)
        return replace(self, start=min(max(least, start), most))

    def with_end(self, end: float, whole_s: float) -> "Span":
        """Another end, likewise."""
        least, most = min(whole_s, self.start + LEAST_S), min(whole_s, self.start + MOST_S)
        return replace(self, end=min(max(least, end), most))

    def fitted(self, whole_s: float) -> "Span":
        """The nearest that may be learned from a recording of `whole_s` seconds."""
        length = min(max(LEAST_S, self.length), MOST_S, whole_s)
        return Span(self.start, self.start + length).moved(0.0, whole_s)

    def zoomed(self, factor: float, about_s: float, whole_s: float) -> "Span":
        """A view `factor` times as wide, `about_s` staying where it is on screen."""
        length = min(max(self.length * factor, min(_LEAST_VIEW_S, whole_s)), whole_s)
        share = (about_s - self.start) / max(self.length, 1e-9)
        return Span(about_s - share * length, about_s - share * length + length).moved(0.0, whole_s)
