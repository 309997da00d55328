"""How wide text is at most, without a font at hand, and text cut to fit."""

_NARROW, _MIDDLE, _WIDE = 0.4, 0.66, 1.04
_NARROW_SIGNS = frozenset("iIjltfr.,:;'|!()[]/- ·")
_WIDE_SIGNS = frozenset("mwMWQOGD@%×&")
_BOLD = 1.12
"""Ems a sign; no less than in DejaVu Sans, the widest of the fonts that browsers fall back to."""
ELLIPSIS = "…"


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a line of text takes at most at a font size."""
    ems = sum(map(_ems, text))
    return ems * size * (_BOLD if bold else 1)


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, its end cut where it would be wider."""
    if width_of(text, size, bold=bold) <= width:
        return text
    kept = text
    while kept and width_of(kept + ELLIPSIS, size, bold=bold) > width:
        kept = kept[:-1]
    return kept + ELLIPSIS


def _ems(sign: str) -> float:
    if sign in _NARROW_SIGNS:
        return _NARROW
    if sign in _WIDE_SIGNS or ord(sign) > 0x2E7F:
        return _WIDE
    if sign == ELLIPSIS:
        return 1.0
    return 0.76 if sign.isupper() else _MIDDLE
