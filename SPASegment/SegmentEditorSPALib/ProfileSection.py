"""The module panel's part about profiles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import qt
import slicer

from SPASegmentLib.errors import SPAError
from SPASegmentLib.interaction.profile import DEFAULT

from . import Dependencies, ProfileActions
from .Translate import tr as _
from .Widgets import ask, button, label, row, section


class ProfileSection:
    """Which profile is in use; new, rename, reset, forget, import, export, and the scene's copy.

    Attributes:
        widget: the section.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """Build the widgets.

        Args:
            say: shows what happened last.
        """
        self._say = say
        self.widget, form = section(_("Profiles"))
        form.addRow(label(_(
            "A profile holds what SPA has learned about the outlines that you prefer: some numbers, nothing of"
            " an image or a patient."
        )))
        self.profiles = qt.QComboBox()
        self.profiles.connect("activated(int)", lambda n: self._with_profile(self._activate, self.profiles.itemText(n)))
        form.addRow(_("In use:"), self.profiles)
        self.learned = label("")
        form.addRow("", self.learned)
        self.new = button(_("New..."), lambda: self._with_profile(self._new))
        self.rename = button(_("Rename..."), lambda: self._with_profile(self._rename))
        self.reset = button(_("Reset"), lambda: self._with_profile(self._reset))
        self.forget = button(_("Forget"), lambda: self._with_profile(self._forget))
        self.exporting = button(_("Export..."), lambda: self._with_profile(self._export))
        self.importing = button(_("Import..."), lambda: self._with_profile(self._import))
        self.from_scene = button(_("Take from the scene"), lambda: self._with_profile(self._take_from_scene))
        self.from_scene.setToolTip(_("Use the copy that a loaded scene holds"))
        form.addRow(row(self.new, self.rename, self.reset))
        form.addRow(row(self.importing, self.exporting, self.forget))
        form.addRow(self.from_scene)

    def refresh(self) -> None:
        """Bring texts and buttons up to date."""
        names, active = ProfileActions.store().names(), ProfileActions.active()
        self.profiles.blockSignals(True)
        self.profiles.clear()
        for name in names:
            self.profiles.addItem(name)
        self.profiles.setCurrentIndex(names.index(active))
        self.profiles.blockSignals(False)
        self.learned.setText(ProfileActions.learned_text())
        for each in (self.rename, self.forget):
            each.setEnabled(active != DEFAULT)
        self.from_scene.setEnabled(bool(ProfileActions.name_in_scene()))

    def _with_profile(self, action: Callable[..., str], *arguments: str) -> None:
        problem = Dependencies.ensure(with_network=False)
        try:
            self._say(problem or action(*arguments))
        except SPAError as error:
            self._say(str(error))
        self.refresh()

    def _activate(self, name: str) -> str:
        ProfileActions.activate(name)
        return _("Profile in use: {name}").format(name=name)

    def _new(self) -> str:
        name = ask(_("New profile"), _("Name:"))
        if not name:
            return ""
        ProfileActions.store().create(name)
        return self._activate(name)

    def _rename(self) -> str:
        name = ask(_("Rename the profile"), _("Name:"), ProfileActions.active())
        if name in ("", ProfileActions.active()):
            return ""
        ProfileActions.store().rename(ProfileActions.active(), name)
        return self._activate(name)

    def _reset(self) -> str:
        question = _("Forget what the profile {name} has learned?").format(name=ProfileActions.active())
        if not slicer.util.confirmOkCancelDisplay(question):
            return ""
        ProfileActions.store().reset(ProfileActions.active())
        return self._activate(ProfileActions.active())

    def _forget(self) -> str:
        question = _("Delete the profile {name}?").format(name=ProfileActions.active())
        if not slicer.util.confirmOkCancelDisplay(question):
            return ""
        ProfileActions.store().forget(ProfileActions.active())
        return self._activate(DEFAULT)

    def _export(self) -> str:
        path = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), _("Export the profile"), "", "JSON (*.json)")
        if not path:
            return ""
        if not path.lower().endswith(".json"):
            path += ".json"  # what is imported again is looked for by this ending
            # The dialog has asked about another name.
            question = _("{name} exists. Replace it?").format(name=os.path.basename(path))
            if os.path.exists(path) and not slicer.util.confirmOkCancelDisplay(question):
                return ""
        ProfileActions.store().export_to(ProfileActions.active(), Path(path))
        return _("Exported to {name}.").format(name=os.path.basename(path))

    def _import(self) -> str:
        path = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), _("Import a profile"), "", "JSON (*.json)")
        return self._activate(ProfileActions.store().import_from(Path(path))) if path else ""

    def _take_from_scene(self) -> str:
        return self._activate(ProfileActions.take_from_scene())
