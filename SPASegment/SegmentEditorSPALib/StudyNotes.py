"""A log of what a person does, where it is switched on in the module's panel; studies in the viewer write the same."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple

import qt

from SPASegmentLib.errors import SPAError

from .Translate import tr as _

if TYPE_CHECKING:
    from SPASegmentLib.interaction.diary import Diary

LOG_KEY, PSEUDONYM_KEY = "SPA/StudyLog", "SPA/StudyPseudonym"
#: What lines of the desktop's logs say for the study: no file lists its images.
STUDY = "desktop"


def chosen() -> Tuple[str, str]:
    """Where the log goes, and the pseudonym; empty where it is switched off."""
    settings = qt.QSettings()
    log, name = (str(settings.value(key, "") or "") for key in (LOG_KEY, PSEUDONYM_KEY))
    return (log, name) if log and name else ("", "")


def switch_on(log: str, name: str) -> str:
    """Write from now on.

    Returns:
        A sentence for the user.

    Raises:
        SPAError: the pseudonym or the log cannot be used.
    """
    from SPASegmentLib.interaction.study_log import StudyLog, check_pseudonym
    from SPASegmentLib.output import check_writable

    name = check_pseudonym(name)
    check_writable(Path(log), make_folder=True)
    note = StudyLog(Path(log), STUDY).mend()
    settings = qt.QSettings()
    settings.setValue(LOG_KEY, log)
    settings.setValue(PSEUDONYM_KEY, name)
    written = _("Every accepted mask becomes a line in {name}.").format(name=os.path.basename(log))
    return f"{written} {note}".strip()


def switch_off() -> None:
    """Write no more; what is written stays."""
    qt.QSettings().setValue(LOG_KEY, "")


class StudyNotes:
    """Notes what happens between two accepted masks."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._problem = ""
        self._diary: Optional[Diary] = None
        self._last: Any = None

    @property
    def problem(self) -> str:
        """Why the last line was not written, in words; empty if it was, or the log is switched off."""
        return self._problem if chosen()[0] else ""

    def saw(self, session: Any) -> None:
        """Masks of a session are on screen; time runs since the first ones after the last accepted mask."""
        if not chosen()[0]:
            self._diary = None
            return
        if self._diary is None:
            from SPASegmentLib.interaction.diary import Diary

            self._diary = Diary()
        self._diary.saw(session)
        self._last = session

    def look(self) -> bool:
        """No masks are on screen any more: write a line if one was accepted; whether there was one to write."""
        log, name = chosen()
        diary, session = self._diary, self._last
        if not log or diary is None or session is None or session.result is None:
            return False
        self._diary = self._last = None
        from SPASegmentLib.interaction.study_log import Entry, StudyLog

        diary.stands(session.result.mask)

        def entry(before: Sequence[Entry]) -> Entry:
            place = 1 + sum(entry.participant == name for entry in before)
            return Entry.of(STUDY, name, "main", place, f"mask{place}", "spa", diary.deeds(), None, 0)

        try:
            StudyLog(Path(log), STUDY).add_next(entry)
            self._problem = ""
        except Exception as error:
            # Whatever it is, the mask is accepted.
            if not isinstance(error, SPAError):
                logging.error("SPA", exc_info=error)
            self._problem = _("The mask was accepted, but the study's log was not written: {problem}").format(
                problem=error
            )
        return True
