"""Clicks, choices and acceptance by mouse, button and key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize("view", ["Red", "Green", "Yellow"])
def test_click_choose_accept_undo(desk: Any, view: str) -> None:
    first = desk.click(view)
    assert first.round == 1 and first.masks.shape[0] == 5
    frame = desk.controller.frame
    assert not desk.voxels().any() and not desk.panel.back.enabled
    desk.workflow.screen.strip.buttons[2].click()
    desk.wait()
    assert desk.proposal.round == 2 and desk.panel.back.enabled
    desk.panel.back.click()
    desk.wait()
    assert np.array_equal(desk.proposal.masks, first.masks)
    desk.panel.accept.click()
    assert np.array_equal(frame.segment_mask(desk.segmentation, desk.segment), first.masks[0])
    written = desk.voxels()
    assert written.sum() == first.masks[0].sum()
    desk.editor.undo()
    assert not desk.voxels().any()
    desk.editor.redo()
    assert np.array_equal(desk.voxels(), written)


@pytest.mark.parametrize("view", ["Red", "Green"])
def test_the_hint_is_true_of_the_rounds_after_it(desk: Any, view: str) -> None:
    """Who picks a candidate close to the recommended mask is told when to stop; nobody is while masks differ."""
    hints = []

    def look() -> None:
        recommended, *others = desk.proposal.masks
        fits = [2 * (recommended & other).sum() / (recommended.sum() + other.sum()) for other in others]
        hints.append("change little" in desk.panel.round.text)
        assert hints[-1] == (np.mean(fits) >= 0.95)

    told = []
    for candidate in (2, 3):
        first = desk.click(view)
        assert "change little" not in desk.panel.round.text
        while desk.proposal.round < 6:
            look()
            before, hint = desk.proposal.masks[0], hints[-1]
            desk.workflow.choose(candidate)
            desk.wait()
            after = desk.proposal.masks[0]
            told += [2 * (before & after).sum() / (before.sum() + after.sum())] if hint else []
        assert "change little" not in desk.panel.round.text
        desk.workflow.cancel()
    assert len(told) >= 2 and min(told) > 0.9

    for candidate in range(1, len(first.masks)):
        desk.workflow.cancel()
        desk.click(view)
        look()
        desk.workflow.choose(candidate)
        desk.wait()
        look()
    assert any(hints)
    assert not all(hints)
