"""Areas in words: as many digits as a reader needs, and pixels where an image does not say how large these are."""

from __future__ import annotations

from SPASegmentLib.translation import texts

_ = texts(__name__)


def area_text(area: float, in_mm: bool = True, signed: bool = False) -> str:
    """Such as "42 mm2", "0.04 mm2" or "17 pixels".

    Args:
        area: in mm2, or in pixels where their size is unknown.
        in_mm: which of the two.
        signed: with "+" or "-".
    """
    if in_mm:
        return _("{area} mm2").format(area=sign_and_amount(area) if signed else amount(area))
    return _("{area} pixels").format(area=f"{area:+.0f}" if signed else f"{area:.0f}")


def amount(value: float) -> str:
    """A number that is not negative, with as many digits as a reader needs: 0.04, 0.4, 4.2, 42."""
    if value >= 9.95 or value == 0:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.1g}"


def sign_and_amount(value: float) -> str:
    """The same with its sign."""
    return f"{'+' if value >= 0 else '-'}{amount(abs(value))}"
