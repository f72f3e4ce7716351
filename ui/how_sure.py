"""How sure Footnote is of an answer, in words: on the page and in what is kept of it. Pure."""

from qa.domain import Answer
from ui.markup import words

CONFIDENCE = (
    (0.7, "Strong support: these sentences probably answer it."),
    (0.5, "Partial support: read the sources to be sure."),
    (0.0, "Weak support: read the sources before you rely on it."),
)
"""Steps of the confidence, by how often an answer at each step cites a gold sentence: see docs/decisions.md."""


def how_sure(answer: Answer) -> str:
    return words(answer.confidence, CONFIDENCE)
