"""Whether PyTorch can be used here, and what to do if not; nothing of it is imported before it is asked for."""

from __future__ import annotations

from typing import Optional

from SPASegmentLib import packages
from SPASegmentLib.errors import DependencyError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: What was found out by `require_torch`; None before. A failed import is not tried twice: what it left half done would
#: give another error the next time.
_found: Optional[str] = None


def is_installed() -> bool:
    """Whether PyTorch is there and has not failed yet; without importing it, which takes seconds."""
    return not _found and packages.is_installed("torch")


def require_torch() -> None:
    """Import PyTorch, and make sure that arrays find their way into it and back.

    Raises:
        DependencyError: it cannot be used; the message says what to do.
    """
    global _found
    if _found is None:
        _found = _problem()
    if _found:
        raise DependencyError(_found)


def _problem() -> str:
    import numpy

    try:
        import torch
    except ModuleNotFoundError as error:
        return _not_installed() if error.name == "torch" else _cannot_be_imported(error)
    except Exception as error:  # the loader of libraries raises OSError, and others as they like
        return _cannot_be_imported(error)
    if not packages.is_installed("torch"):
        return _not_installed()
    try:
        there_and_back = torch.from_numpy(numpy.ones(1, dtype=numpy.float32)).numpy()
    except Exception as error:
        return _(
            "PyTorch {torch} does not work with NumPy {numpy} ({reason}); install a newer PyTorch, or an older NumPy."
        ).format(torch=torch.__version__, numpy=numpy.__version__, reason=_first_line(error))
    assert there_and_back[0] == 1.0
    return ""


def _not_installed() -> str:
    return _("PyTorch is not installed; install it, as pytorch.org says.")


def _cannot_be_imported(error: Exception) -> str:
    return _(
        "PyTorch is installed but cannot be imported ({reason}); install it again, in a build for this computer."
    ).format(reason=_first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error) or repr(error)).strip().splitlines()[0][:300]
