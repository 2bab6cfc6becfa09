"""Simulated users: what they do between two rounds, and what of the wanted mask reaches the method by it.

`choice`
    Goes on from the mask on screen closest to the wanted one, the recommended one included. Nothing else of the wanted
    mask reaches the session. (The session makes what it can of a choice: it weighs the preference, and it gives the
    chosen mask and its most representative point, with the mask's own label, to the prompt encoder; setting
    `feedback_prompts`.)
`candidate`
    The same among the candidates alone, as in the paper; the recommended mask can only be accepted. Figures measured
    before the recommended mask could be gone on from are this user's, without looks (`--user candidate --no-looks`).
`choice+point`
    Picks a candidate, and its most representative point also counts as a click with the candidate's own
    label, as firm as a click of the user's. Again nothing else of the wanted mask reaches the session.
`choice+oracle-point`
    The same, but the point's label is the wanted mask's at that pixel, as in the paper's released code. An oracle:
    no user says such a thing by a choice. For comparison with the paper only.
`clicks`
    Sees the recommended mask alone and clicks into the middle of its largest error, with the right label.
"""

from __future__ import annotations

from dataclasses import dataclass

from SPASegmentLib.errors import InputError

USERS = ("choice", "candidate", "choice+point", "choice+oracle-point", "clicks")
#: Users who give away what no real user's action says.
ORACLES = ("choice+oracle-point",)


@dataclass(frozen=True)
class User:
    """Who works with a method.

    Attributes:
        name: of `USERS`.
        noise: share of choices that fall on another mask at random.
    """

    name: str = "choice"
    noise: float = 0.0

    @property
    def any_mask(self) -> bool:
        """Whether the recommended mask, too, is gone on from."""
        return self.name == "choice"

    def __post_init__(self) -> None:
        if self.name not in USERS:
            raise InputError(f"Unknown user {self.name!r}; there are {', '.join(USERS)}.")
        if not 0 <= self.noise < 1:
            raise InputError(f"Choice noise is a share between 0 and 1, not {self.noise}.")
        if self.noise and self.name == "clicks":
            raise InputError("Noise is about choices; the user 'clicks' makes none.")
