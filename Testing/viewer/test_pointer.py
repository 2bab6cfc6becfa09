"""Which clicks belong together."""

from __future__ import annotations

from typing import List, Tuple

import pytest

pytestmark = pytest.mark.viewer

#: Time in seconds, place in pixels, Ctrl, and whether it is the second half of a double click.
Clicks = List[Tuple[float, Tuple[int, int], bool, bool]]


@pytest.mark.parametrize("clicks", [
    [(0.0, (50, 50), False, False), (0.2, (52, 49), False, True), (0.4, (50, 50), False, False)],
    [(0.0, (50, 50), False, False), (0.2, (70, 50), False, False), (0.3, (70, 50), False, True)],
    [(0.0, (50, 50), False, False), (0.2, (50, 50), True, False)],
    [(0.0, (50, 50), False, False), (0.9, (50, 50), False, False)],
], ids=["three at a place", "another place", "Ctrl", "later"])  # fmt: skip
def test_a_double_click_is_two_quick_ones_at_one_place(monkeypatch: pytest.MonkeyPatch, clicks: Clicks) -> None:
    pytest.importorskip("trame_slicer")
    from SPASegmentLib.viewer import pointer

    pipeline = pointer._PointerPipeline()
    for time, place, ctrl, again in clicks:
        monkeypatch.setattr(pointer.time, "monotonic", lambda now=time: now)
        assert pipeline._again(place, ctrl) is again


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_a_shaking_hand_clicks_on_any_screen(scale: float) -> None:
    """A hand moves by points; three of them are a click, twelve are a box."""
    pytest.importorskip("trame_slicer")
    from SPASegmentLib.viewer import pointer

    pipeline = pointer._PointerPipeline()
    pipeline.scale = lambda: scale
    for points, click in ((3, True), (12, False)):
        assert pipeline._close((100, 100), (100 + round(points * scale), 101)) is click
