"""The figure: one row for each round, five columns, colours where masks differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Tuple

import numpy as np
import pytest
from PIL import Image

from SPASegmentLib.commands.canvas import Canvas, lettering, outlines
from SPASegmentLib.commands.figure import FRAME, READER, draw_session
from SPASegmentLib.commands.record import Slice
from SPASegmentLib.interaction.pictures import ADDED, REMOVED


def drawn(session: Slice, path: Path) -> np.ndarray:
    draw_session(session, path, "A title")
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


def coloured(picture: np.ndarray, colour: Tuple[int, int, int]) -> int:
    return int((np.abs(picture - np.array(colour)).max(-1) < 12).sum())


def hued(picture: np.ndarray, colour: Tuple[int, int, int]) -> int:
    """Pixels of which red is to green and blue as in a colour, and that are no grey."""
    chroma = picture - picture.mean(-1, keepdims=True)
    wanted = np.array(colour) - np.mean(colour)
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


@pytest.mark.parametrize(("ending", "kind"), [("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG")])
def test_the_ending_says_the_format(session: Slice, tmp_path: Path, ending: str, kind: str) -> None:
    path = tmp_path / f"figure.{ending}"
    draw_session(session, path, "A title")
    with Image.open(path) as image:
        assert image.format == kind
        assert np.asarray(image.convert("L")).std() > 20


def test_what_is_drawn_lies_where_it_was_put(tmp_path: Path) -> None:
    canvas = Canvas(60, 40)
    canvas.box(10, 5, 20, 3, (255, 0, 0))
    canvas.frame(40, 10, 10, 2, (0, 0, 255))
    canvas.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as image:
        sheet = np.asarray(image)
    assert sheet.shape == (40, 60, 3)
    red, blue = (sheet == (255, 0, 0)).all(-1), (sheet == (0, 0, 255)).all(-1)
    assert red[5:8, 10:30].all() and red.sum() == 60
    assert blue[8:22, 38:52].sum() == blue.sum() == 14 * 14 - 10 * 10


def test_letters_are_upright_and_read_from_the_left() -> None:
    ink = lettering("L", 40) > 0.5
    rows, columns = np.nonzero(ink)
    assert columns[rows < rows.max() - 10].max() < columns.max() - 10  # the foot points to the right, at the bottom
    assert lettering("two words", 20).shape[1] > 3 * lettering("two", 20).shape[1] / 2
    # No formula, whatever a file's name holds, and all letters of Europe.
    assert lettering("$a$.nrrd", 20).any() and lettering("größer", 20).any()
    assert not lettering("", 20).any()


def test_outlines_run_around_masks_once() -> None:
    mask = np.zeros((20, 30), bool)
    mask[5:10, 4:9] = mask[12:18, 20:28] = True
    (one, other) = sorted(outlines(mask), key=len)
    for points, (top, bottom, left, right) in ((one, (5, 9, 4, 8)), (other, (12, 17, 20, 27))):
        assert points.min(0).tolist() == [top - 0.5, left - 0.5] and points.max(0).tolist() == [
            bottom + 0.5,
            right + 0.5,
        ]
        assert points[0].tolist() == points[-1].tolist()
    assert list(outlines(np.zeros((4, 4), bool))) == []
    assert len(list(outlines(np.ones((4, 4), bool)))) == 1
