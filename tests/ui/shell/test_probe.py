"""Is there a screen? Asked so that the asking process survives."""

import sys

import pytest

from ui.shell.probe import display_usable


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 and Wayland need a name")
def test_no_display_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    usable, why = display_usable()
    assert not usable
    assert why == "neither DISPLAY nor WAYLAND_DISPLAY is set."


def test_a_platform_that_does_not_exist_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    usable, why = display_usable()
    assert not usable
    assert "nonsense" in why
    assert why.endswith(".")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 has display names")
def test_a_display_that_does_not_answer_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":987")
    usable, why = display_usable()
    assert not usable
    assert why.endswith(".")


def test_the_offscreen_platform_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_usable() == (True, "")
