"""The effect in a stand-in for Slicer's host, on a phantom and with real networks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

pytest.importorskip("slicer")
pytest.importorskip("PySide6")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
for _folder in (ROOT / "Testing" / "host", ROOT / "SPASegment"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    """An open stand-in; exceptions in slots and callbacks, and dialogs left unanswered, fail the test."""
    from slicerhost import qt
    from slicerhost.application import Host

    qt.ERRORS.clear()
    qt.ANSWERS.clear()
    opened = Host(tmp_path)
    try:
        yield opened
    finally:
        opened.close()
        for name in [name for name in sys.modules if name.split(".")[0] in ("SegmentEditorSPALib", "SPASegment")]:
            if name != "SegmentEditorSPALib.Model":
                # Networks stay loaded from test to test.
                del sys.modules[name]
    assert not qt.ERRORS, "\n".join(qt.ERRORS)
    assert not qt.ANSWERS


@pytest.fixture
def phantom() -> Any:
    """The built-in ambiguous volume."""
    from SPASegmentLib.data.phantom import ambiguous_phantom

    return ambiguous_phantom()


@pytest.fixture
def desk(host: Any, phantom: Any) -> Any:
    """The effect, active, with a volume and two segments."""
    from slicerhost.desk import Desk

    return Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
