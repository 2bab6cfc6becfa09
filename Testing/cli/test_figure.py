"""The figure: one row for each round, five columns, colours where masks differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from SPASegmentLib.commands.figure import ADDED, FRAME, READER, REMOVED, draw_session
from SPASegmentLib.commands.record import Slice


def drawn(session: Slice, path: Path) -> np.ndarray:
    draw_session(session, path, "A title")
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


def coloured(picture: np.ndarray, colour: str) -> int:
    return int((np.abs(picture - 255 * np.array(to_rgb(colour))).max(-1) < 12).sum())


def hued(picture: np.ndarray, colour: str) -> int:
    """Pixels of which red is to green and blue as in a colour, and that are no grey."""
    chroma = picture - picture.mean(-1, keepdims=True)
    wanted = np.array(to_rgb(colour)) - np.mean(to_rgb(colour))
    length = np.linalg.norm(chroma, axis=-1)
    return int(((chroma @ wanted > 0.97 * length * np.linalg.norm(wanted)) & (length > 40)).sum())


def test_all_parts_are_there(session: Slice, tmp_path: Path) -> None:
    picture = drawn(session, tmp_path / "figure.png")
    for colour in (READER, FRAME):
        assert coloured(picture, colour) > 50
    # What differs is drawn on the anatomy, so that it has the colours' hues only.
    for colour in (ADDED, REMOVED):
        assert hued(picture, colour) > 200
    one_row = drawn(replace(session, steps=session.steps[:1]), tmp_path / "one.png")
    assert picture.shape[1] == one_row.shape[1]
    assert picture.shape[0] > 1.5 * one_row.shape[0]


def test_without_a_reference_no_reader_is_drawn(session: Slice, tmp_path: Path) -> None:
    steps = tuple(replace(step, reference=None) for step in session.steps)
    picture = drawn(replace(session, steps=steps, reference=None, click=None), tmp_path / "figure.png")
    assert coloured(picture, READER) == 0
    assert coloured(picture, FRAME) > 50
