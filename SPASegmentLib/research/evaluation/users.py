"""Simulated users: what they do between two rounds, and what of the wanted mask reaches the method by it.

`choice`
    Picks the candidate closest to the wanted mask. Nothing else of that mask reaches the session. (The session makes
    what it can of a choice: it weighs the preference, and it gives the chosen mask and its most representative
    point, with the candidate's own label, to the prompt encoder; setting `feedback_prompts`.)
`choice+point`
    Picks, and the chosen candidate's most representative point also counts as a click with the candidate's own
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

USERS = ("choice", "choice+point", "choice+oracle-point", "clicks")
#: Users who give away what no real user's action says.
ORACLES = ("choice+oracle-point",)


@dataclass(frozen=True)
class User:
    """Who works with a method.

    Attributes:
        name: of `USERS`.
        noise: share of choices that fall on another candidate at random.
    """

    name: str = "choice"
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in USERS:
            raise InputError(f"Unknown user {self.name!r}; there are {', '.join(USERS)}.")
        if not 0 <= self.noise < 1:
            raise InputError(f"Choice noise is a share between 0 and 1, not {self.noise}.")
        if self.noise and self.name == "clicks":
            raise InputError("Noise is about choices; the user 'clicks' makes none.")
