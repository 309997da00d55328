"""A client's words as a FULLTEXT query in boolean mode."""

import re

from task1.http import RefusedError

_WORD = re.compile(r"\w+")
SHORTEST_WORD = 3
"""innodb_ft_min_token_size: shorter words are not in the index."""
STOPWORDS = frozenset(
    [
        "a",
        "about",
        "an",
        "are",
        "as",
        "at",
        "be",
        "by",
        "com",
        "de",
        "en",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "la",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "what",
        "when",
        "where",
        "who",
        "will",
        "with",
        "und",
        "www",
    ]
)
"""information_schema.INNODB_FT_DEFAULT_STOPWORD: never in the index, so a query with one of them
would find nothing."""


def search_terms(text: str) -> str:
    """Every word, demanded and quoted: no operator of boolean mode comes from a client.

    Raises `RefusedError` 400 when no word is left that the index may hold.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    kept = [w for w in words if len(w) >= SHORTEST_WORD and w not in STOPWORDS]
    if not kept:
        message = f"q: no word of {SHORTEST_WORD} letters or more that is not a common one"
        raise RefusedError(400, message)
    return " ".join(f'+"{word}"' for word in dict.fromkeys(kept))
