"""A `petrichord` command run beside the window: it may take minutes, can be stopped and leaves the sound alone."""

import sys
from contextlib import suppress

from PySide6.QtCore import QObject, QProcess, Signal

from synth.thread_priority import ordinary

_KILL_MS = 2000
_NICE = 10


class Child(QObject):
    """One command at a time; its lines arrive as it prints them."""

    line = Signal(str)
    """Of its output."""
    note = Signal(str)
    """Of what it tells beside its output: progress and problems."""
    finished = Signal(bool)
    """True when it came to its end, False when it failed or was stopped."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self.last_note = ""

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, *arguments: str) -> bool:
        """Run `petrichord ARGUMENTS`; False while another runs."""
        if self._process is not None:
            return False
        process = self._process = QProcess(self)
        self.last_note = ""
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_notes)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._fail)
        process.started.connect(self._step_back)
        with ordinary():
            process.start(sys.executable, ["-m", "synth.commands.cli", *arguments])
        return True

    def stop(self) -> None:
        """End it now; what it printed stays."""
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """The window closes: nothing arrives any more and nothing is left behind."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(_KILL_MS)

    def _step_back(self) -> None:
        """Whatever plays comes first."""
        import psutil

        if self._process is not None:
            with suppress(psutil.Error, OSError):
                gentle = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else _NICE
                psutil.Process(self._process.processId()).nice(gentle)

    def _read(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            self.line.emit(bytes(process.readLine().data()).decode("utf-8", "replace").rstrip("\r\n"))

    def _read_notes(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            for note in filter(None, (line.strip() for line in text.splitlines())):
                self.last_note = note.removeprefix("petrichord: ")
                self.note.emit(self.last_note)

    def _end(self, code: int, how: QProcess.ExitStatus) -> None:
        self._read()
        self._read_notes()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.finished.emit(code == 0 and how == QProcess.ExitStatus.NormalExit)

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self.last_note = f"{sys.executable} cannot be started."
            self._process.deleteLater()
            self._process = None
            self.finished.emit(False)
