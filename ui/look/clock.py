"""Lengths of time as the window writes them, everywhere alike."""


def clock(seconds: float) -> str:
    """Whole seconds gone by: 0:42, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
