"""What happened in a session, round by round: for the table, the figure and the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.types import RECOMMENDED, Click, Proposal


@dataclass(frozen=True)
class Answer:
    """What the reader said to a proposal.

    Attributes:
        kind: "choose" (go on from a mask), "larger" or "smaller" (the larger, the smaller thing is meant), "accept",
            "back", "ends" (the structure is not on this slice) or "stop" (leave the slice without a mask).
        mask: the mask that was meant, 0 for the recommended one; 0 where none is meant.
    """

    kind: str
    mask: int = RECOMMENDED


@dataclass(frozen=True)
class Step:
    """One round: what was shown, what was said, how long the computation took.

    Attributes:
        proposal: the five masks.
        answer: the reader's answer to it.
        seconds: from the previous action (the click in the first round) to these masks.
        reference: (height, width) bool, what the reader has in mind; None where nobody knows.
    """

    proposal: Proposal
    answer: Answer
    seconds: float
    reference: Optional[np.ndarray] = None

    def dice(self) -> Tuple[float, ...]:
        """Dice of each mask on screen with the reference, the recommended one first; empty without a reference."""
        if self.reference is None:
            return ()
        return tuple(dice(mask, self.reference) for mask in self.proposal.masks)


@dataclass(frozen=True)
class Slice:
    """The session on one slice.

    Attributes:
        pixels: what is seen of the frame, see `mrml.colours.seen`.
        spacing: (x, y) in mm.
        click: where it began; None where a carried mask began it.
        steps: its rounds.
        mask: (height, width) bool, accepted; None where the slice was left without one.
        reference: (height, width) bool, as in `Step`.
    """

    pixels: np.ndarray
    spacing: Tuple[float, float]
    click: Optional[Click]
    steps: Tuple[Step, ...]
    mask: Optional[np.ndarray]
    reference: Optional[np.ndarray] = None

    @property
    def actions(self) -> int:
        """User actions spent: the start, and an answer to each proposal."""
        return 1 + len(self.steps)


def log(slices: Sequence[Slice], weights: str, seed: int) -> Dict[str, Any]:
    """The log of a run, ready for JSON; its rounds are those of the slice that was clicked, the first one."""
    rounds: List[Dict[str, Any]] = []
    for step in slices[0].steps:
        scores = step.dice()
        rounds.append(
            {
                "round": step.proposal.round,
                "dice_recommended": scores[RECOMMENDED] if scores else None,
                "dice_best_on_screen": max(scores) if scores else None,
                "seconds": round(step.seconds, 4),
            }
        )
    return {
        "rounds": rounds,
        "accepted_dice": accepted_dice(slices),
        "actions": sum(s.actions for s in slices),
        "weights": weights,
        "seed": seed,
    }


def accepted_dice(slices: Sequence[Slice]) -> Optional[float]:
    """Dice over all slices taken together, as one volume; None without a reference.

    Slices that were left without a mask count as empty.
    """
    if any(s.reference is None for s in slices):
        return None
    masks = [s.mask if s.mask is not None else np.zeros(s.pixels.shape[:2], bool) for s in slices]
    references = [s.reference for s in slices if s.reference is not None]
    return dice(np.concatenate([m.ravel() for m in masks]), np.concatenate([r.ravel() for r in references]))
