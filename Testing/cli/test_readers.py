"""Answers: from a list, and from the terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import List

import numpy as np
import pytest
from rich.console import Console

from SPASegmentLib.commands.readers import ScriptedReader, SimulatedReader, TerminalReader, parse_choices
from SPASegmentLib.commands.record import Answer, Slice
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import FrameImage, Proposal


def test_choices_are_read() -> None:
    assert parse_choices("2, 1,accept") == [Answer("choose", 2), Answer("choose", 1), Answer("accept", 0)]
    assert parse_choices("0,larger,smaller,accept") == [
        Answer("choose", 0), Answer("larger"), Answer("smaller"), Answer("accept", 0)
    ]  # fmt: skip
    assert parse_choices("ACCEPT3") == [Answer("accept", 3)]


@pytest.mark.parametrize(
    "text",
    ["", "2,1", "accept,1", "2,,accept", "-1,accept", "larger", "larger2,accept", "12,accept", "yes", "accept,accept"],
)
def test_choices_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--choices"):
        parse_choices(text)


def test_a_list_answers_and_then_accepts(session: Slice) -> None:
    frame = FrameImage(session.pixels, session.spacing)
    reader = ScriptedReader(parse_choices("2,accept1"))
    answers = [reader.answer(session.steps[0].proposal, frame, None) for _ in range(4)]
    assert answers == [Answer("choose", 2), Answer("accept", 1), Answer("accept", 0), Answer("accept", 0)]


def test_a_list_cannot_name_a_mask_that_is_not_there(session: Slice) -> None:
    reader = ScriptedReader(parse_choices("4,accept"))
    with pytest.raises(InputError, match="offers 2 candidates"):
        reader.answer(session.steps[1].proposal, FrameImage(session.pixels, session.spacing), None)


def test_a_simulated_reader_chooses_the_closest_and_accepts_what_is_good_enough(session: Slice) -> None:
    frame = FrameImage(session.pixels, session.spacing)
    first, second = (step.proposal for step in session.steps)
    reader = SimulatedReader(seed=0, rounds=6, good_enough=0.95)
    assert reader.answer(first, frame, session.reference) == Answer("choose", 3)
    assert reader.answer(second, frame, session.reference) == Answer("accept", 1)


def test_a_simulated_reader_takes_the_best_in_the_last_round(session: Slice) -> None:
    reader = SimulatedReader(seed=0, rounds=1, good_enough=0.99)
    frame = FrameImage(session.pixels, session.spacing)
    assert reader.answer(session.steps[0].proposal, frame, session.reference) == Answer("accept", 3)


def only_recommended(shown: Proposal) -> Proposal:
    return replace(shown, masks=shown.masks[:1], differences=())


def test_without_candidates_the_recommended_mask_is_taken(session: Slice) -> None:
    frame = FrameImage(session.pixels, session.spacing)
    shown = only_recommended(session.steps[0].proposal)
    assert SimulatedReader(seed=0).answer(shown, frame, session.reference) == Answer("accept", 0)
    console = Typed(["1", "a"])
    assert TerminalReader(console).answer(shown, frame, None) == Answer("accept", 0)
    assert "choose" not in console.file.getvalue()


def test_a_simulated_reader_goes_on_only_while_there_is_something_to_gain(session: Slice) -> None:
    """The best candidate is the recommended mask itself: enough at Dice 0.91, not at 0.80."""
    frame = FrameImage(session.pixels, session.spacing)
    shown = session.steps[1].proposal
    same = replace(shown, masks=np.stack([shown.masks[0], shown.masks[0]]))
    for radius, answer in ((11.5, Answer("accept", 0)), (15.5, Answer("choose", 0))):
        y, x = np.mgrid[:60, :70]
        wanted = np.hypot(x - 30, y - 25) <= radius
        assert SimulatedReader(seed=0).answer(same, frame, wanted) == answer


def test_a_simulated_reader_stops_where_there_is_nothing(session: Slice) -> None:
    reader = SimulatedReader(seed=0)
    frame = FrameImage(session.pixels, session.spacing)
    elsewhere = np.zeros_like(session.reference)
    assert reader.answer(session.steps[0].proposal, frame, elsewhere) == Answer("stop")
    elsewhere[50:, 60:] = True
    last = replace(session.steps[0].proposal, round=6)
    assert reader.answer(last, frame, elsewhere) == Answer("stop")


class Typed(Console):
    """A console at which somebody has typed these lines."""

    def __init__(self, lines: List[str]) -> None:
        super().__init__(file=io.StringIO(), width=100)
        self._lines = lines

    def input(self, *args: object, **kwargs: object) -> str:  # type: ignore[override]
        self.print(*args)
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("2", Answer("choose", 2)), ("a", Answer("accept", 0)), (" A2 ", Answer("accept", 2)), ("b", Answer("back")),
     ("s", Answer("stop")), ("0", Answer("choose", 0)), ("r", Answer("choose", 0)), ("+", Answer("larger")),
     ("smaller", Answer("smaller"))],
)
def test_a_person_answers(session: Slice, typed: str, answer: Answer) -> None:
    console = Typed(["", "5", "3", "a3", "what?", typed])
    frame = FrameImage(session.pixels, session.spacing)
    assert TerminalReader(console).answer(session.steps[1].proposal, frame, None) == answer
    assert console.file.getvalue().count("not one of the answers") == 5


def test_the_first_round_offers_no_way_back(session: Slice) -> None:
    console = Typed(["b", "1"])
    frame = FrameImage(session.pixels, session.spacing)
    assert TerminalReader(console).answer(session.steps[0].proposal, frame, None) == Answer("choose", 1)
    assert "back" not in console.file.getvalue()


def test_nobody_to_ask(session: Slice) -> None:
    with pytest.raises(InputError, match="--choices or --reference"):
        TerminalReader(Typed([])).answer(
            session.steps[0].proposal, FrameImage(session.pixels, session.spacing), None
        )
