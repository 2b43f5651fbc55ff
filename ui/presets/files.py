"""What a hand does with preset files: names are asked for and looked at here, the librarian does it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.errors import PresetError
from synth.presets.about import About
from synth.presets.bank import BANK_SUFFIX
from synth.presets.card import Card, preset_name
from synth.presets.file import SUFFIX
from synth.presets.user_folder import file_for, unused_name
from ui.files.file_dialog import choose_file, choose_new_file
from ui.presets.details import DetailsForm
from ui.presets.items import path_of
from ui.presets.librarian import Librarian
from ui.presets.list import PresetList
from ui.presets.row import BUNDLED, CARD
from ui.widgets.name_bar import NameBar


class PresetFiles(QObject):
    """Rename, duplicate and delete are for the preset that is chosen in the list."""

    save_asked = Signal(str, bool, object)
    """Keep what plays under this name; the flag allows to replace the user's preset of that name. Last the `About` that
    it is kept with; None keeps what is said of what plays."""
    refused = Signal(str)

    def __init__(
        self, librarian: Librarian, presets: PresetList, names: NameBar, details: DetailsForm, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._librarian, self._list, self._names, self._details = librarian, presets, names, details
        self._use_name: Callable[[str, bool], None] = lambda name, replace: None
        names.named.connect(lambda name, replace: self._use_name(name, replace))

    def ask_save(self, playing: Path | None, name: str) -> None:
        """Ask for the name under which to keep what plays, which is the preset of this file and name."""
        item = self._list.at(playing)
        mine = item is not None and not item.data(BUNDLED)
        name = name if mine else unused_name(f"{name} 2", self._librarian.folder)
        self._show_details(playing)
        self._use_name = lambda chosen, replace: self.save_asked.emit(chosen, replace, self._details.about())
        self._names.ask("SAVE AS", "Save", name, self.check_save, more=True)

    def edit_details(self) -> None:
        """Show what is said of the preset that is chosen in the list, to be changed if it is the user's."""
        if self._list.currentRow() < 0:
            return
        item = self._list.currentItem()
        path, bundled = path_of(item), bool(item.data(BUNDLED))
        if item.data(CARD) is None:
            self.refused.emit(f"“{item.text()}” cannot be read, so it has no details.")
            return
        self._show_details(path, read_only=bundled)
        said = (
            "This preset comes with Petrichord and cannot be changed. Duplicate it (Ctrl+Shift+D) and change the copy."
        )
        check = (lambda name: (said, False)) if bundled else self._check_new(path)
        self._use_name = lambda chosen, _: self._librarian.revise(path, chosen, self._details.about())
        self._names.ask("DETAILS", "Save", item.text(), check, more=True, fixed=bundled)

    def _show_details(self, path: Path | None, *, read_only: bool = False) -> None:
        cards = [card for item in self._list.all_items() if isinstance(card := item.data(CARD), Card)]
        self._details.offer(tag for card in cards for tag in card.tags)
        item = self._list.at(path)
        card = item.data(CARD) if item is not None else None
        self._details.show_about(card.about if isinstance(card, Card) else About(), read_only=read_only)

    def rename(self) -> None:
        """Ask for another name for the user's preset that is chosen in the list."""
        path = self._mine("renamed")
        if path is not None:
            item = self._list.at(path)
            self._use_name = lambda chosen, _: self._librarian.rename(path, chosen)
            self._names.ask("RENAME", "Rename", item.text() if item else preset_name(path), self._check_new(path))

    def duplicate(self) -> None:
        """Copy the preset that is chosen in the list."""
        if self._list.currentRow() >= 0:
            self._librarian.duplicate(path_of(self._list.currentItem()))

    def delete(self) -> None:
        """Move the user's preset that is chosen in the list to the trash."""
        path = self._mine("moved to the trash")
        if path is not None:
            self._librarian.trash(path)

    def _mine(self, what: str) -> Path | None:
        if self._list.currentRow() < 0:
            return None
        item = self._list.currentItem()
        if item.data(BUNDLED):
            self.refused.emit(
                f"“{item.text()}” comes with Petrichord and cannot be {what}. Duplicate it "
                "(Ctrl+Shift+D); the copy is yours."
            )
            return None
        return path_of(item)

    def open(self) -> None:
        """Look for a preset file elsewhere, or for a bank of them, and take it in."""
        choose_file(self._list, "Add presets", f"Presets and banks (*{SUFFIX} *{BANK_SUFFIX})", self._take_in)

    def _take_in(self, path: Path) -> None:
        is_bank = path.suffix.casefold() == BANK_SUFFIX
        (self._librarian.import_bank if is_bank else self._librarian.adopt)(path)

    def export_shown(self) -> None:
        """Ask for the file into which the presets go that the list shows now."""
        paths = self._list.shown()
        if not paths:
            self.refused.emit("The list shows no preset to export: press Esc in the search to show all presets.")
            return
        start = Path.home() / f"Petrichord presets{BANK_SUFFIX}"
        pattern = f"Banks of presets (*{BANK_SUFFIX})"
        choose_new_file(
            self._list, f"Export {len(paths)} presets as one file", start, pattern, BANK_SUFFIX[1:],
            lambda file: self._librarian.export_bank(paths, file),
        )  # fmt: skip

    def check_save(self, name: str) -> tuple[str, bool]:
        """What is to be said about this name for what plays, and whether it can be used all the same."""
        try:
            path = file_for(name, self._librarian.folder)
        except PresetError as problem:
            return str(problem), False
        return (f"You have a preset “{preset_name(path)}”.", True) if path.exists() else ("", True)

    def _check_new(self, own: Path) -> Callable[[str], tuple[str, bool]]:
        def check(name: str) -> tuple[str, bool]:
            said, usable = self.check_save(name)
            taken = usable and said and file_for(name, self._librarian.folder) != own
            return (f"{said[:-1]} already: choose another name.", False) if taken else ("" if usable else said, usable)

        return check
