"""What users read can be translated, with contexts as 3D Slicer names them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib import translation
from SPASegmentLib.interaction.differences import compare

SCRIPT = """
from SPASegmentLib import translation
seen = set()

def german(context, text):
    seen.add(context)
    words = {"larger: {percent} % ({area})": "größer: {percent} % ({area})", "all around": "ringsum",
             "no clear preference yet": "noch keine klare Vorliebe"}
    return words.get(text, text)

translation.install(german)
import numpy as np
from SPASegmentLib.interaction.differences import compare
from SPASegmentLib.interaction.profile import Profile
y, x = np.mgrid[:41, :41]
small, large = (np.hypot(x - 20, y - 20) <= r for r in (10, 13))
text = compare(large, small, (1.0, 1.0)).description
assert text.startswith("größer: +") and text.endswith("ringsum"), text
assert Profile.new("a").describe() == "noch keine klare Vorliebe"
assert seen == {"interaction.areas", "interaction.differences", "interaction.profile"}, seen
"""


def test_descriptions_are_translated() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("x", "y", "radius", "german"),
    [
        (23, 23, 13, "unten rechts"),
        (24, 20, 10, "nach rechts verschoben"),
        (16, 16, 10, "nach oben links verschoben"),
    ],
)
def test_directions_follow_a_language_that_is_chosen_late(x: int, y: int, radius: int, german: str) -> None:
    """The page in the browser asks for its language once everything is imported."""
    rows, columns = np.mgrid[:41, :41]
    before = np.hypot(columns - 20, rows - 20) <= 10
    now = np.hypot(columns - x, rows - y) <= radius
    translation.install(translation.translator("de"))
    try:
        text = compare(now, before, (1.0, 1.0)).description
    finally:
        translation.install(translation.english)
    assert text.endswith(german)
