"""The module panel's part about a log for studies."""

from __future__ import annotations

import os
from typing import Callable

import qt
import slicer

from SPASegmentLib.errors import SPAError

from . import Dependencies, StudyNotes
from .Translate import tr as _
from .Widgets import ask, breakable, button, label, row, section


class StudySection:
    """Switches the log on and off.

    Attributes:
        widget: the section.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """Build the widgets.

        Args:
            say: shows what happened last.
        """
        self._say = say
        self.widget, form = section(_("Log for a study"))
        form.addRow(label(_(
            "For studies with people: seconds, rounds, clicks and choices of every accepted mask go into a CSV file,"
            " under a pseudonym and without anything of an image. Off, nothing is written."
        )))
        self.state = label("")
        form.addRow(self.state)
        self.on = button(_("Switch on..."), lambda: self._switch(True))
        self.off = button(_("Switch off"), lambda: self._switch(False))
        form.addRow(row(self.on, self.off))
        # At the end: what is added to a closed section is seen all the same.
        self.widget.collapsed = True

    def refresh(self) -> None:
        """Bring text and buttons up to date."""
        log, name = StudyNotes.chosen()
        on = _("On: {name} writes into {file}.").format(name=name, file=os.path.basename(log))
        self.state.setText(breakable(on) if log else _("Off."))
        self.off.setEnabled(bool(log))

    def _switch(self, on: bool) -> None:
        if on:
            self._say(self._switch_on())
        else:
            StudyNotes.switch_off()
            self._say(_("The log is switched off; what is written stays."))
        self.refresh()

    def _switch_on(self) -> str:
        problem = Dependencies.ensure(with_network=False)
        if problem:
            return problem
        name = ask(_("Log for a study"), _("Pseudonym (nobody's name):"), StudyNotes.chosen()[1])
        if not name:
            return ""
        # A log that is there already is added to, not replaced.
        added_to = qt.QFileDialog.DontConfirmOverwrite
        window, title = slicer.util.mainWindow(), _("Log for a study")
        path = qt.QFileDialog.getSaveFileName(window, title, "", "CSV (*.csv)", "", added_to)
        if not path:
            return ""
        try:
            return StudyNotes.switch_on(path if path.lower().endswith(".csv") else path + ".csv", name)
        except SPAError as error:
            return str(error)
