"""Who answers the proposals: a list of choices, a simulated reader, or the person at the terminal."""

from __future__ import annotations

import re
from typing import List, Optional, Protocol, Sequence

import numpy as np
from rich.console import Console

from SPASegmentLib.commands.record import Answer
from SPASegmentLib.commands.terminal import show_proposal
from SPASegmentLib.errors import InputError, SPAError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import best_on_screen, choose, dice, wants_to_accept
from SPASegmentLib.interaction.types import RECOMMENDED, FrameImage, Proposal

#: Dice that satisfies a simulated reader at once.
GOOD_ENOUGH = 0.95
#: A reader who has come as far as this Dice stops where no candidate is better by a visible gain.
ACCEPTABLE, VISIBLE_GAIN = 0.8, 0.005


class InputEndedError(InputError):
    """A question was asked, and there is nobody to answer it any more."""


class Reader(Protocol):
    """Looks at five masks and says what to do."""

    def answer(
        self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray], may_end: bool = False,
        seen: Optional[np.ndarray] = None,
    ) -> Answer:  # fmt: skip
        """The answer to one proposal.

        Args:
            proposal: the masks.
            frame: the image they lie on.
            reference: (height, width) bool, what a simulated reader has in mind; None where nobody knows.
            may_end: whether "ends" is an answer: the structure is not on this slice.
            seen: what the slice looks like, see `mrml.colours.seen`; None for the grey of `frame`.
        """

    def refused(self, error: SPAError) -> None:
        """The answer cannot be carried out: say so and answer again, or raise the error."""


class ScriptedReader:
    """Gives the answers of a list, for the slice that was clicked; further slices get the recommended mask.

    Args:
        answers: as `parse_choices` returns them.
    """

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)

    def answer(
        self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray], may_end: bool = False,
        seen: Optional[np.ndarray] = None,
    ) -> Answer:  # fmt: skip
        """The next answer of the list; after its end "accept", or "stop" where the recommended mask is empty.

        Raises:
            InputError: the answer names a mask that is not on screen.
        """
        if not self._answers:
            return Answer("accept" if proposal.masks[RECOMMENDED].any() else "stop")
        answer = self._answers.pop(0)
        offered = len(proposal.masks) - 1
        if answer.mask > offered:
            raise InputError(
                f"Round {proposal.round} offers {offered} candidates, so there is no number {answer.mask} to take;"
                " change --choices."
            )
        return answer

    def refused(self, error: SPAError) -> None:
        """Nobody is there to answer again."""
        raise error


class SimulatedReader:
    """Has a mask in mind and goes on from the mask closest to it.

    The best mask on screen is accepted when it is good enough, when it is acceptable and no candidate looks better
    than the recommended one any more, and in the last round.

    Args:
        seed: of the reader's random numbers.
        rounds: number of the last round.
        good_enough: Dice that satisfies the reader at once.
    """

    def __init__(self, seed: int, rounds: int = SessionSettings.rounds, good_enough: float = GOOD_ENOUGH) -> None:
        self._rounds, self._good_enough = rounds, good_enough
        self._rng = np.random.default_rng(seed)

    def answer(
        self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray], may_end: bool = False,
        seen: Optional[np.ndarray] = None,
    ) -> Answer:  # fmt: skip
        """Accept, choose, or stop where there is nothing to outline or nothing of it was found."""
        if reference is None or not reference.any():
            return Answer("stop")
        _, best = best_on_screen(proposal.masks, reference)
        gain = best - dice(proposal.masks[RECOMMENDED], reference)
        no_better = len(proposal.masks) == 1 or (best >= ACCEPTABLE and gain < VISIBLE_GAIN)
        last = no_better or proposal.round >= self._rounds
        accepted = wants_to_accept(proposal.masks, reference, good_enough=self._good_enough, last_round=last)
        if accepted is None:
            return Answer("choose", choose(proposal.masks, reference, self._rng))
        return Answer("accept", accepted) if best > 0 else Answer("stop")

    def refused(self, error: SPAError) -> None:
        """A simulated reader has no second thoughts."""
        raise error


class TerminalReader:
    """Shows the masks in the terminal and asks.

    Args:
        console: where to show and to ask.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def answer(
        self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray], may_end: bool = False,
        seen: Optional[np.ndarray] = None,
    ) -> Answer:  # fmt: skip
        """Ask until an answer is one of those offered.

        Raises:
            InputEndedError: there is nobody to ask.
        """
        show_proposal(self._console, proposal, frame, seen)
        offered = len(proposal.masks) - 1
        question = "[bold]a[/] accept"
        if offered:
            question = f"[bold]1-{offered}[/] choose, {question}, [bold]a1-a{offered}[/] accept that one"
        question += ", [bold]0[/] or [bold]r[/] go on from the recommended mask"
        question += ", [bold]+[/] the larger thing, [bold]-[/] the smaller thing"
        if proposal.round > 1:
            question += ", [bold]b[/] back one round"
        if may_end:
            question += ", [bold]e[/] the structure is not on this slice"
        question += ", [bold]s[/] stop here: "
        while True:
            try:
                text = self._console.input(question).strip().lower()
            except (EOFError, OSError):  # a terminal that has been closed is an OSError
                raise InputEndedError("There is nobody to ask here; give --choices or --reference.") from None
            answer = _terminal_answer(text, offered, proposal.round, may_end)
            if answer is not None:
                return answer
            self._console.print("That is not one of the answers.", style="yellow")

    def refused(self, error: SPAError) -> None:
        """Say why; the question comes again."""
        self._console.print(str(error), style="yellow", markup=False)


#: What a person can type beside numbers.
_WORDS = {
    "r": Answer("choose", RECOMMENDED), "s": Answer("stop"),
    "+": Answer("larger"), "larger": Answer("larger"), "-": Answer("smaller"), "smaller": Answer("smaller"),
}  # fmt: skip


def _terminal_answer(text: str, offered: int, round_number: int, may_end: bool) -> Optional[Answer]:
    """The answer that a person typed, None if it is none."""
    match = re.fullmatch(r"(a?)(\d?)", text)
    if match and text:
        mask = int(match.group(2) or RECOMMENDED)
        if match.group(1) and mask <= offered:
            return Answer("accept", mask)
        if not match.group(1) and mask <= offered:
            return Answer("choose", mask)
    if text == "b" and round_number > 1:
        return Answer("back")
    if text == "e" and may_end:
        return Answer("ends")
    return _WORDS.get(text)


def parse_choices(text: str) -> List[Answer]:
    """Read ``--choices``.

    It holds numbers of masks (0 is the recommended one), "larger" and "smaller"; at the end "accept", or "accept" with
    a number.

    Raises:
        InputError: something else is written there.
    """
    answers = []
    for word in text.lower().replace(" ", "").split(","):
        if word in ("larger", "smaller"):
            answers.append(Answer(word))
            continue
        match = re.fullmatch(r"(accept)?([0-9])?", word)
        if not word or match is None:
            raise InputError(f'--choices is a list such as "2,0,accept" or "larger,accept2"; "{word}" does not fit in.')
        kind = "accept" if match.group(1) else "choose"
        answers.append(Answer(kind, int(match.group(2) or RECOMMENDED)))
    if [a.kind for a in answers].count("accept") != 1 or answers[-1].kind != "accept":
        raise InputError('--choices ends with "accept", and has it once, as in "2,1,accept".')
    return answers
