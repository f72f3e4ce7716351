"""Where the confidence has no say, whatever it says; it is asked all the same."""

from collections.abc import Mapping

import pytest

from qa.confidence import Confidence
from qa.domain import Filters, RankedPassage, Reading
from qa.probability import probability
from tests.qa.test_answerer import ranked

FOXES, BRIDGE = ranked("Foxes hunt at night."), ranked("Городской совет одобрил ремонт старого моста.")


class Words:
    """A library of a hundred passages, of which ten hold any word."""

    size = 100

    def document_frequencies(self, terms: object) -> dict[str, int]:
        return dict.fromkeys(terms, 10)  # type: ignore[call-overload]


class Sure(Confidence):
    """Of everything; keeps what it was asked."""

    asked: list[Mapping[str, float]]

    def __init__(self) -> None:
        super().__init__(0.0, {}, 0.5)
        object.__setattr__(self, "asked", [])

    def probability(self, features: Mapping[str, float]) -> float:
        self.asked.append(features)
        return 0.9


@pytest.mark.parametrize(
    ("question", "passages", "filters", "expected"),
    [
        ("When do foxes hunt?", [FOXES], Filters(), 0.9),
        ("When do owls sleep?", [FOXES], Filters(), 0.9),
        ("Why not?", [FOXES], Filters(), 0.0),
        ("Why not?", [FOXES], Filters(article_ids=frozenset({1})), 0.9),
        ("Why not?", [FOXES], Filters(publishers=frozenset({"Post"})), 0.0),
        ("Кто одобрил ремонт моста?", [BRIDGE], Filters(), 0.9),
        ("Кто выиграл чемпионат мира?", [BRIDGE], Filters(), 0.0),
        ("Кто выиграл чемпионат мира?", [BRIDGE], Filters(article_ids=frozenset({1})), 0.0),
        # What was read best, the second, is in English.
        ("When do owls sleep?", [BRIDGE, FOXES], Filters(), 0.9),
        ("When do owls sleep?", [FOXES, BRIDGE], Filters(), 0.0),
    ],
)
def test_the_confidence_counts_where_it_can_know(
    question: str, passages: list[RankedPassage], filters: Filters, expected: float
) -> None:
    sure = Sure()
    readings = [Reading((float(n),)) for n in range(len(passages))]
    assert probability(sure, Words(), question, filters, passages, readings) == expected
    assert len(sure.asked) == 1


def test_of_nothing_the_confidence_is_not_asked() -> None:
    sure = Sure()
    assert probability(sure, Words(), "When do foxes hunt?", Filters(), [], []) == 0.0
    assert not sure.asked
