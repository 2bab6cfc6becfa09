"""The old name of `SPASegmentLib.research.training`, for scripts written against version 0.1; gone with version 0.3."""

from __future__ import annotations

import warnings

from SPASegmentLib.research import training

warnings.warn(
    "SPASegmentLib.training has become SPASegmentLib.research.training.", DeprecationWarning, stacklevel=2
)
__path__ = training.__path__
