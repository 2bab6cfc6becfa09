"""Scripts that name trainings as version 0.1 did."""

from __future__ import annotations

import importlib

import pytest


def test_the_old_name_of_the_trainings_still_works_and_warns() -> None:
    with pytest.warns(DeprecationWarning, match="research.training"):
        importlib.reload(importlib.import_module("SPASegmentLib.training"))
    sources = importlib.import_module("SPASegmentLib.training.sources")
    now = importlib.import_module("SPASegmentLib.research.training.sources")
    assert sources.Nifti.__doc__ == now.Nifti.__doc__
