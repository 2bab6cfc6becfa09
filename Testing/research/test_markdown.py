"""Tables keep their columns whatever the names in them are."""

from __future__ import annotations

import pytest

from SPASegmentLib.research.markdown import table


def columns(line: str) -> int:
    """Of a line as GitHub reads it: a bar counts unless a backslash that is no escaped one itself stands before it."""
    count, escaped = -1, False
    for letter in line:
        count += letter == "|" and not escaped
        escaped = letter == "\\" and not escaped
    return count


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("liver|spleen", r"liver\|spleen"),
        ("`spa evaluate a|b.npz`", r"`spa evaluate a\|b.npz`"),
        ("ends in \\|", r"ends in \\\|"),
        ("C:\\data\\set", "C:\\data\\set"),
        ("two\nlines\r\nmore", "two lines more"),
        (3, "3"),
    ],
)
def test_a_name_stays_in_its_cell(name: object, cell: str) -> None:
    head, align, row, empty = table(["set", "Dice"], [[name, 0.5]])
    assert row == f"| {cell} | 0.5 |" and empty == ""
    assert columns(head) == columns(align) == columns(row) == 2
