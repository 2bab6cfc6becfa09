"""One person's way through a study: which image is next, what is done on it, when it is noted. No page, no VTK."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from SPASegmentLib.errors import StateError
from SPASegmentLib.interaction.diary import Diary
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.study_log import SATISFIED, Entry, StudyLog, check_pseudonym
from SPASegmentLib.viewer.study import Study, Turn

#: What the page shows: nobody has begun; an image is next; one is on screen; a mask is accepted; all is done.
WELCOME, READY, WORKING, RATING, DONE = "welcome", "ready", "working", "rating", "done"
#: What a person reads before an image.
INSTRUCTIONS = {
    "spa": "Click on the structure, or drag a box around it. Five masks appear: choose the one closest to what you "
    "want, as often as it helps, and accept a mask that satisfies you.",
    "clicks": "Click on the structure, or drag a box around it. One mask appears: click on what is missing, and with "
    "Ctrl on what does not belong, until the mask satisfies you, and accept it.",
}
#: What stands where masks will be, and were.
HINTS = {
    WELCOME: "A study with people: begin with the pseudonym that you were given.",
    READY: "The masks come here. Press Show the image when you are ready.",
    WORKING: "Click on the structure in a slice, or drag a box around it.",
    RATING: "The mask is accepted: say how satisfied you are with it.",
    DONE: "All images are done.",
}


class StudyRun:
    """A person at work.

    Args:
        study: what the file says.
        log: where entries go.
        diary: what is done on an image.

    Attributes:
        note: a sentence about the log for the person; empty where all is well.
    """

    def __init__(self, study: Study, log: StudyLog, diary: Optional[Diary] = None) -> None:
        self.study, self.diary = study, diary or Diary()
        self._log = log
        self.note = log.mend()
        self._participant = ""
        self._left: List[Turn] = []
        self._totals: Dict[str, int] = {}
        self._showing = self._accepted = False

    @property
    def phase(self) -> str:
        """Where the person stands."""
        if not self._participant:
            return WELCOME
        if not self._left:
            return DONE
        if not self._showing:
            return READY
        return RATING if self._accepted else WORKING

    @property
    def turn(self) -> Turn:
        """The image that is on screen, or next.

        Raises:
            StateError: there is none.
        """
        if not self._left or not self._participant:
            raise StateError("There is no image to work on.")
        return self._left[0]

    @property
    def alone(self) -> bool:
        """Whether one mask is shown alone, without any others to choose from."""
        return self._showing and self.turn.method == "clicks"

    def begin(self, participant: str) -> None:
        """Somebody takes part, for the first time or again.

        Raises:
            InputError: the pseudonym cannot be used, or the log is damaged.
            StateError: somebody is in the middle, whose image would be lost.
        """
        if self.phase not in (WELCOME, DONE):
            raise StateError(f"{self._participant} is taking part and has to stop first.")
        entries = self._log.entries()
        participant = self._as_known(check_pseudonym(participant), entries)
        self._totals = dict(Counter(turn.phase for turn in self.study.turns(participant, entries)))
        self._left = self.study.left(participant, entries)
        self._participant, self._showing = participant, False

    def _as_known(self, name: str, entries: Sequence[Entry]) -> str:
        """A pseudonym as the study's file or the log has it, whose person may type it in other capitals later."""
        known = [*self.study.participants, *(entry.participant for entry in entries)]
        return name if name in known else next((one for one in known if one.lower() == name.lower()), name)

    def leave(self) -> None:
        """The person stops; what is finished is in the log, and an image that is on screen comes once more."""
        self._participant, self._left, self._showing, self._accepted = "", [], False, False

    def profile(self) -> Profile:
        """What is known of the person where SPA is used: what the images of the same phase have taught, in order."""
        profile = Profile.new("study")
        if self.turn.method != "spa":
            return profile
        for entry in self._log.entries():
            same = entry.participant == self._participant and entry.phase == self.turn.phase
            if same and entry.method == "spa" and entry.lesson_mm is not None:
                profile = profile.updated(entry.lesson_mm)
        return profile

    def shown(self) -> None:
        """The image is on screen: time runs."""
        self._showing, self._accepted = True, False
        self.diary.begin()

    def stands(self, mask: Optional[np.ndarray], finished: bool = True) -> None:
        """Which accepted mask the image has now, and whether the person is done with it, as far as can be seen."""
        if self._showing:
            self._accepted = mask is not None and finished
            self.diary.stands(mask)

    def finish(self, satisfaction: int, dice: Callable[[], Optional[float]]) -> None:
        """The person is done with the image: it is written down, and the next one comes.

        Args:
            satisfaction: 1 to 5; 0 for giving up, whatever was accepted before.
            dice: of what was accepted with the reference.

        Raises:
            StateError: there is nothing to finish, or another program has written this image for the same person.
            OutputError: the log cannot be written; everything stays as it is, and can be finished again.
        """
        wanted = (WORKING, RATING) if satisfaction == 0 else (RATING,)
        if self.phase not in wanted or not 0 <= satisfaction <= SATISFIED:
            raise StateError("Accept a mask first, then say how satisfied you are with it.")
        gave_up = satisfaction == 0
        if gave_up:
            self.diary.stands(None)
        turn, deeds = self.turn, self.diary.deeds()
        reached = None if gave_up else dice()

        def entry(before: Sequence[Entry]) -> Entry:
            self._check_new(turn, before)
            return Entry.of(
                self.study.identity, self._participant, turn.phase, turn.place, turn.image.name, turn.method, deeds,
                reached, satisfaction,
            )  # fmt: skip

        # The log says who came first, which another program may have settled since this person began.
        self._left = self.study.left(self._participant, self._log.add_next(entry))
        self._showing = self._accepted = False

    def _check_new(self, turn: Turn, before: Sequence[Entry]) -> None:
        """Refuse an image that the log has already.

        Raises:
            StateError: two programs work for one pseudonym.
        """
        done = {(e.participant, e.phase, e.image, e.method) for e in before}
        if (self._participant, turn.phase, turn.image.name, turn.method) in done:
            raise StateError(
                f"{self._participant} has finished this image in another program meanwhile, so it is not written "
                "again; press Stop here, and begin with a pseudonym that nobody else uses."
            )

    def facts(self) -> Dict[str, Any]:
        """For the page."""
        phase = self.phase
        facts: Dict[str, Any] = {
            "phase": phase, "participant": self._participant, "participants": list(self.study.participants),
            "note": self.note, "hint": HINTS[phase], "number": 0, "total": 0, "method": "", "trial": False, "task": "",
            "instruction": "",
        }  # fmt: skip
        if phase in (READY, WORKING, RATING):
            turn = self.turn
            facts.update(
                number=turn.place,
                total=self._totals[turn.phase],
                method=turn.method,
                trial=turn.phase == "trial",
                task=turn.image.task,
                instruction=INSTRUCTIONS[turn.method],
            )
        return facts
