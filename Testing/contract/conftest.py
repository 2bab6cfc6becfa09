"""One user's hands on three front ends: the conversation alone, the effect in a stand-in for Slicer, the viewer."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

pytest.importorskip("slicer")
if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from front_ends import Browser, Desktop  # noqa: E402
from hands import Alone, Hands  # noqa: E402


@functools.cache
def network() -> Any:
    from SPASegmentLib.model.use import load_default

    return load_default().network


@pytest.fixture(params=["alone", "desktop", pytest.param("browser", marks=pytest.mark.viewer)])
def hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hands]:
    """The three front ends, one after the other; what an environment lacks is left out."""
    if request.param == "alone":
        yield Alone(request.getfixturevalue("scene"), network())
    elif request.param == "desktop":
        pytest.importorskip("PySide6")
        desktop = Desktop(tmp_path)
        yield desktop
        desktop.close()
    else:
        pytest.importorskip("trame_slicer")
        browser = Browser(network())
        yield browser
        browser.settle()
        browser.act(browser.conversation.end)
