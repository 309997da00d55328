"""Names and values of a program as text that can do no harm: markup, control characters, length."""

import html
import re
import unicodedata

SHOWN = 120
"""Characters of a name or value that are shown."""
_TICKS = re.compile(r"`+")


def clean(text: str, limit: int = SHOWN) -> str:
    """One line of what can be printed; the middle of a long one is left out."""
    # Cut first: a megabyte of text is not walked through.
    if len(text) > 4 * limit:
        text = f"{text[: 2 * limit]}…{text[-2 * limit :]}"
    plain = text if text.isprintable() else text.translate(_SHOWN_AS)
    plain = " ".join(plain.split())
    if len(plain) > limit:
        half = (limit - 1) // 2
        plain = f"{plain[:half]}…{plain[-half:]}"
    return plain


def code(text: str, limit: int = SHOWN) -> str:
    """As a code span of Markdown: no markup, mention, link, formula or HTML works in it."""
    plain = clean(text, limit) or " "
    ticks = max((len(run) for run in _TICKS.findall(plain)), default=0)
    fence = "`" * (ticks + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"


def escaped(text: str, limit: int = SHOWN) -> str:
    """For HTML, text or attribute."""
    return html.escape(clean(text, limit), quote=True).replace("$", "&#36;")


class _Characters(dict[int, str]):
    """What each character is shown as, worked out when it is first met."""

    def __missing__(self, point: int) -> str:
        shown = self[point] = _character(chr(point))
        return shown


_SHOWN_AS = _Characters()


def _character(character: str) -> str:
    # Cc: newlines, escapes of a terminal. Cf: what turns the direction of writing. Cs: half pairs.
    kind = unicodedata.category(character)
    if kind in ("Zl", "Zp") or character in "\n\r\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if kind in ("Cc", "Cf", "Cs", "Co") else character
