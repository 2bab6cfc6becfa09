"""Who answers the proposals: a list of choices, a simulated reader, or the person at the terminal."""

from __future__ import annotations

import re
from typing import List, Optional, Protocol, Sequence

import numpy as np
from rich.console import Console

from SPASegmentLib.commands.record import Answer
from SPASegmentLib.commands.screen import show_proposal
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.simulated_user import choose, wants_to_accept
from SPASegmentLib.interaction.types import RECOMMENDED, FrameImage, Proposal


class Reader(Protocol):
    """Looks at five masks and says what to do."""

    def answer(self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray]) -> Answer:
        """The answer to one proposal.

        Args:
            proposal: the masks.
            frame: the image they lie on.
            reference: (height, width) bool, what a simulated reader has in mind; None where nobody knows.
        """


class ScriptedReader:
    """Gives the answers of a list, for the slice that was clicked; on further slices it accepts what is recommended.

    Args:
        answers: as `parse_choices` returns them.
    """

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)

    def answer(self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray]) -> Answer:
        """The next answer of the list.

        Raises:
            InputError: the answer names a mask that is not on screen.
        """
        answer = self._answers.pop(0) if self._answers else Answer("accept", RECOMMENDED)
        offered = len(proposal.masks) - 1
        if answer.mask > offered:
            raise InputError(
                f"Round {proposal.round} offers {offered} candidates, so there is no number {answer.mask} to take;"
                " change --choices."
            )
        return answer


class SimulatedReader:
    """Has a mask in mind, picks the candidate closest to it, and accepts what is good enough.

    Args:
        rounds: after so many the best mask on screen is accepted.
        good_enough: Dice that satisfies the reader at once.
        seed: of the reader's random numbers.
    """

    def __init__(self, rounds: int, good_enough: float, seed: int) -> None:
        self._rounds, self._good_enough = rounds, good_enough
        self._rng = np.random.default_rng(seed)

    def answer(self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray]) -> Answer:
        """Accept, choose, or stop where there is nothing to outline on this slice."""
        if reference is None or not reference.any():
            return Answer("stop")
        last = proposal.round >= self._rounds or len(proposal.masks) == 1
        accepted = wants_to_accept(proposal.masks, reference, good_enough=self._good_enough, last_round=last)
        if accepted is not None:
            return Answer("accept", accepted)
        return Answer("choose", choose(proposal.masks, reference, self._rng))


class TerminalReader:
    """Shows the masks in the terminal and asks.

    Args:
        console: where to show and to ask.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def answer(self, proposal: Proposal, frame: FrameImage, reference: Optional[np.ndarray]) -> Answer:
        """Ask until an answer is one of those offered.

        Raises:
            InputError: there is nobody to ask.
        """
        show_proposal(self._console, proposal, frame)
        offered = len(proposal.masks) - 1
        question = f"[bold]1-{offered}[/] choose, [bold]a[/] accept, [bold]a1-a{offered}[/] accept that one"
        if proposal.round > 1:
            question += ", [bold]b[/] back one round"
        question += ", [bold]s[/] stop here: "
        while True:
            try:
                text = self._console.input(question).strip().lower()
            except EOFError:
                raise InputError("There is nobody to ask here; give --choices or --reference.") from None
            answer = _terminal_answer(text, offered, proposal.round)
            if answer is not None:
                return answer
            self._console.print("That is not one of the answers.", style="yellow")


def _terminal_answer(text: str, offered: int, round_number: int) -> Optional[Answer]:
    """The answer that a person typed, None if it is none."""
    match = re.fullmatch(r"(a?)(\d?)", text)
    if match and text:
        mask = int(match.group(2) or RECOMMENDED)
        if match.group(1) and mask <= offered:
            return Answer("accept", mask)
        if not match.group(1) and 1 <= mask <= offered:
            return Answer("choose", mask)
    if text == "b" and round_number > 1:
        return Answer("back")
    return Answer("stop") if text == "s" else None


def parse_choices(text: str) -> List[Answer]:
    """Read ``--choices``: numbers of candidates, at the end "accept" or "accept" with a number.

    Raises:
        InputError: something else is written there.
    """
    answers = []
    for word in text.lower().replace(" ", "").split(","):
        match = re.fullmatch(r"(accept)?([1-9])?", word)
        if not word or match is None:
            raise InputError(f'--choices is a list such as "2,1,accept" or "3,accept2"; "{word}" does not fit in.')
        kind = "accept" if match.group(1) else "choose"
        answers.append(Answer(kind, int(match.group(2) or RECOMMENDED)))
    if [a.kind for a in answers].count("accept") != 1 or answers[-1].kind != "accept":
        raise InputError('--choices ends with "accept", and has it once, as in "2,1,accept".')
    return answers
