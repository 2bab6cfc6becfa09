"""What the effect says about the masks on screen."""

from __future__ import annotations

from typing import Any

from .Translate import tr as _

#: From here on another round is expected to change little.
GOOD_ENOUGH = 0.97


def round_text(proposal: Any, rounds: int) -> str:
    """Where the session stands."""
    text = _("Round {round} of {rounds}").format(round=proposal.round, rounds=rounds)
    if proposal.expected_dice >= GOOD_ENOUGH:
        text += " \u00b7 " + _("another round will change little")
    return text


def difference_text(proposal: Any, index: int) -> str:
    """What the mask is, and what to do with it."""
    if index == 0:
        return _("Recommended mask. Enter accepts it; 1 to {count} choose a better one.").format(
            count=len(proposal.masks) - 1
        )
    return _("{index}: {difference}. Press {index} to go on from it, Enter to accept it.").format(
        index=index, difference=proposal.differences[index - 1].description
    )


def accepted_text(result: Any, frame: Any) -> str:
    """What was written."""
    area = int(result.mask.sum()) * frame.image.pixel_area
    return _("Accepted: {area:.0f} mm2 on this slice. Go on with the next slice, or click another structure.").format(
        area=area
    )
