"""Fixtures for all layers: a MRML scene, and the folder of data that is not part of the project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shared_data: needs the folder that SPA_SHARED_DATA names; skipped without it")


@pytest.fixture
def scene() -> Iterator[Any]:
    """An empty MRML scene with the logics of slicer-core, also as ``slicer.mrmlScene``."""
    pytest.importorskip("slicer")
    from SPASegmentLib.mrml.scene import open_scene

    with open_scene() as opened:
        yield opened


@pytest.fixture
def shared_data() -> Path:
    """The folder with real images."""
    folder = os.environ.get("SPA_SHARED_DATA")
    if not folder:
        pytest.skip("SPA_SHARED_DATA is not set")
    return Path(folder)
