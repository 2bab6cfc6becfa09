"""Some of many, evenly spread."""

from __future__ import annotations

from typing import List, Optional, Sequence, TypeVar

import numpy as np

Item = TypeVar("Item")


def evenly(items: Sequence[Item], limit: Optional[int], nearest: bool = False) -> List[Item]:
    """At most `limit` items, evenly spread; None for all.

    Args:
        items: in their order.
        limit: how many at most.
        nearest: a place between two items means the nearer one instead of the one before it. Volumes and stacks are
            picked so, images are not; reported figures stand on both.
    """
    if limit is None or limit >= len(items):
        return list(items)
    places = np.linspace(0, len(items) - 1, limit)
    return [items[int(place)] for place in (np.rint(places) if nearest else places)]
