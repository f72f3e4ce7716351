"""Untrusted text made fit for a terminal: no control, escape or direction characters."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co"}


def printable(text: str, keep: str = "") -> str:
    """`text` with white space other than `keep` folded to blanks and hidden characters left out."""
    return "".join(
        character if character in keep or unicodedata.category(character) not in _HIDDEN else _replaced(character)
        for character in text
    )


def _replaced(character: str) -> str:
    return " " if character in "\n\t\r\v\f" else ""
