"""What the terminal shows."""

from __future__ import annotations

import io
import re
from typing import Optional, Tuple

import numpy as np
import pytest
from rich.console import Console

from SPASegmentLib.commands.record import Slice
from SPASegmentLib.commands.terminal import rounds_table, show_proposal, window_around
from SPASegmentLib.interaction.types import FrameImage


def shown(session: Slice, *, colours: bool, seen: Optional[np.ndarray] = None) -> str:
    console = Console(
        file=io.StringIO(), width=110, force_terminal=colours, color_system="truecolor" if colours else None
    )
    show_proposal(console, session.steps[0].proposal, FrameImage(session.pixels, session.spacing), seen)
    return console.file.getvalue()


def test_masks_are_listed_with_area_and_difference(session: Slice) -> None:
    lines = shown(session, colours=False).splitlines()
    recommended = next(line for line in lines if "recommended" in line and "mm2" in line)
    area = session.steps[0].proposal.masks[0].sum() * 0.25
    assert f"{area:.0f} mm2" in recommended
    assert "0.88" in recommended  # expected Dice 0.875
    third = next(line for line in lines if re.search(r"^\W*3\W", line))
    assert session.steps[0].proposal.differences[2].description in third


def test_pictures_are_drawn_only_where_there_are_colours(session: Slice) -> None:
    assert "▀" not in shown(session, colours=False)
    pictures = [line for line in shown(session, colours=True).splitlines() if "▀" in line]
    blocks = len(re.findall("▀", pictures[0]))
    assert blocks == 5 * 2 * len(pictures)  # five squares; a character is one pixel wide and two high
    assert "rgb" not in pictures[0]


def test_added_pixels_are_blue_and_removed_ones_orange(session: Slice) -> None:
    text = shown(session, colours=True)
    colours = {tuple(map(int, rgb)) for rgb in re.findall(r"38;2;(\d+);(\d+);(\d+)", text)}
    assert any(b > 1.3 * r and b > 130 for r, g, b in colours)
    assert any(r > 2 * b and r > 130 for r, g, b in colours)


@pytest.mark.parametrize("colour", [(250, 60, 60), (60, 250, 60), (60, 60, 250)])
def test_a_photograph_is_drawn_in_its_colours(session: Slice, colour: Tuple[int, int, int]) -> None:
    """In those that it has, not stretched, and a little darker, so that white lines are seen."""
    seen = np.empty((*session.pixels.shape, 3), np.uint8)
    seen[:] = colour
    dark = tuple(int(part / 255 * 200) for part in colour)
    drawn = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", shown(session, colours=True, seen=seen))
    # More than half of all pixels: the others are outlines and what masks add and remove.
    assert sum(tuple(map(int, each)) == dark for each in drawn) > len(drawn) / 2
    grey = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", shown(session, colours=True))
    assert all(tuple(map(int, each)) != dark for each in grey)


def test_rounds_name_the_answers(session: Slice) -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(rounds_table(session.steps, "rounds"))
    text = console.file.getvalue()
    assert "chooses 3" in text
    assert "accepts 1" in text
    assert "1.000 (1)" in text


@pytest.mark.parametrize("spacing", [(0.5, 0.5), (0.4, 1.6)])
def test_window_is_a_square_in_mm_that_holds_the_masks(spacing: tuple[float, float]) -> None:
    masks = np.zeros((200, 300), bool)
    masks[90:110, 100:140] = True
    rows, columns = window_around(masks, spacing, 1.25)
    assert rows.start <= 90
    assert rows.stop >= 110
    assert columns.start <= 100
    assert columns.stop >= 140
    side_x, side_y = (columns.stop - columns.start) * spacing[0], (rows.stop - rows.start) * spacing[1]
    assert side_x == pytest.approx(side_y, abs=max(spacing))


def test_window_stays_inside_the_frame() -> None:
    masks = np.zeros((50, 60), bool)
    masks[0:4, 55:60] = True
    rows, columns = window_around(masks, (1.0, 1.0), 3.0)
    assert (rows.start, columns.stop) == (0, 60)
    assert window_around(np.zeros((5, 6), bool), (1.0, 1.0), 1.0) == (slice(0, 5), slice(0, 6))
