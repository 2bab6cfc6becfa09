"""The interface of everything that is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Protocol, Tuple

import numpy as np

from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.users import User


@dataclass(frozen=True)
class Screen:
    """What the user sees in one round.

    Attributes:
        masks: (1 + k, h, w) bool; row 0 is the recommended mask, the others are offered beside it.
        probability: (h, w) float32 in 0..1 behind the recommended mask.
        expected_dice: what the method expects of the recommended mask; NaN if it expects nothing.
        predictions: (n, h, w) bool, samples of masks that a user may want, in the first round; None where the
            method has no such set or in later rounds.
    """

    masks: np.ndarray
    probability: np.ndarray
    expected_dice: float = float("nan")
    predictions: Optional[np.ndarray] = None


class Method(Protocol):
    """Turns a click into masks, and the user's answers into better ones."""

    @property
    def users(self) -> Tuple[str, ...]:
        """The users (`users.USERS`) that it can work with."""

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """Rounds 1, 2, ... with this user; at most `rounds`, fewer where nothing can change any more."""
