from qa import evidence
from qa.domain import Reading, Span
from tests.qa.test_answerer import ranked

FOXES, CATS = ranked("Foxes hunt.", "Owls sleep."), ranked("Cats purr.", article_id=2, score=0.5, start=100)


def test_passages_stand_in_the_order_of_their_best_sentence_and_equals_stay() -> None:
    readings = [Reading((0.1, 0.5)), Reading((0.9,))]
    assert evidence.best_first([FOXES, CATS], readings) == ([CATS, FOXES], readings[::-1])
    equal = [Reading((0.9, 0.5)), Reading((0.9,))]
    assert evidence.best_first([FOXES, CATS], equal) == ([FOXES, CATS], equal)
    assert evidence.best_first([], []) == ([], [])


def test_each_sentence_is_evidence_with_both_scores() -> None:
    found, words = evidence.of([FOXES, CATS], [Reading((0.1, -1.0)), Reading((0.9,))])
    assert [item.quote for item in found] == ["Cats purr.", "Foxes hunt.", "Owls sleep."]
    assert [item.scores["sentence"] for item in found] == [0.9, 0.1, -1.0]
    assert [item.scores["passage"] for item in found] == [0.5, 1.0, 1.0]
    assert words is None
    assert evidence.of([], []) == ((), None)


def test_the_words_that_answer_are_those_in_the_best_sentence() -> None:
    readings = [Reading((0.1, -1.0), answer=Span(0, 5)), Reading((0.9,), answer=Span(100, 104))]
    assert evidence.of([FOXES, CATS], readings)[1] == Span(100, 104)
    readings[1] = Reading((0.9,), answer=Span(90, 104))
    assert evidence.of([FOXES, CATS], readings)[1] is None
