"""The vocoder's page, used as a person does."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, FOR_CPU
from ui.settings.vocoder import VocoderPage

NAME = FOR_CPU.name
WEIGHTS = "bigvgan_generator.pt"
PATIENT_MS = 30_000


def press(button: QToolButton) -> None:
    """By the keyboard, as Enter works everywhere."""
    assert button.isVisible(), f"{button.text()} is not there"
    assert button.isEnabled(), f"{button.text()} cannot be pressed"
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)


def offer(page: VocoderPage, qtbot: QtBot) -> None:
    press(page.get)
    qtbot.waitUntil(page.download.isVisible, timeout=PATIENT_MS)


def download(page: VocoderPage, qtbot: QtBot) -> None:
    """Ask, see the size, take it, and wait for whatever comes of it."""
    offer(page, qtbot)
    press(page.download)
    qtbot.waitUntil(lambda: not page.keeper.busy and not page.cancel.isVisible(), timeout=PATIENT_MS)


def state(page: VocoderPage, name: str = NAME) -> str:
    row = [known.name for known in CHECKPOINTS].index(name)
    item = page.table.item(row, 4)
    assert item is not None
    return item.text()
