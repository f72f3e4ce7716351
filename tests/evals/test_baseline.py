import math
from itertools import pairwise

import pytest

from evals.baseline import OVERLAP, SIZE, Baseline
from evals.cases import Case, Dataset, Gold
from evals.evaluate import evaluate
from qa.domain import Answer, Filters, Refusal, Turn
from tests.evals.makers import FakeShelf, WordEmbedder, article

RATES = article(1, "rates.txt", "Rates rose on Friday. Nobody knew why.")
STRIKE = article(2, "strike.txt", "Players went on strike. It lasted a day.")
ARTICLES = (RATES, STRIKE)


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return Baseline(ARTICLES, WordEmbedder())


def test_the_nearest_piece_then_its_nearest_sentence(baseline: Baseline) -> None:
    considered = baseline.consider("When was the players' strike?")

    # {players, strike} against {players, strike, day}: 2 / sqrt(2 x 3); the sentence alone: 2 / 2.
    first = considered.passages[0]
    assert (first.passage.article.uri, first.passage.text) == ("strike.txt", STRIKE.text)
    assert first.score == pytest.approx(2 / math.sqrt(6), abs=1e-4)
    assert considered.confidence == first.score
    assert considered.evidence[0].quote == "Players went on strike."
    assert considered.evidence[0].scores["cosine"] == pytest.approx(1)


def test_evidence_is_a_slice_of_its_article(baseline: Baseline) -> None:
    considered = baseline.consider("Who knew on Friday of the strike day?")

    texts = {held.article_id: held.text for held in ARTICLES}
    assert len(considered.evidence) == 4
    assert all(texts[e.article.article_id][e.start : e.end] == e.quote for e in considered.evidence)


def test_the_source_is_the_whole_piece(baseline: Baseline) -> None:
    reply = baseline.compose(baseline.consider("Did rates rise, rose they?"))

    assert isinstance(reply, Answer)
    assert reply.text == "Rates rose on Friday. [1][2]"
    assert [evidence.quote for evidence in reply.evidence] == ["Rates rose on Friday.", "Nobody knew why."]
    # The claim is stored text: how near the piece is to the question says nothing of its support.
    assert [citation.support for claim in reply.claims for citation in claim.citations] == [1, 1]


def test_excluded_and_chosen_articles(baseline: Baseline) -> None:
    def articles(filters: Filters) -> set[int]:
        found = baseline.consider("players strike", (Turn("a", "b"),), filters)
        return {ranked.passage.article.article_id for ranked in found.passages}

    assert articles(Filters()) == {1, 2}
    assert articles(Filters(excluded_ids=frozenset({2}))) == {1}
    assert articles(Filters(article_ids=frozenset({2}))) == {2}
    assert articles(Filters(article_ids=frozenset({2}), excluded_ids=frozenset({2}))) == set()


def test_with_nothing_found_it_refuses(baseline: Baseline) -> None:
    considered = baseline.consider("strike", (), Filters(excluded_ids=frozenset({1, 2})))

    assert isinstance(baseline.compose(considered), Refusal)
    assert considered.confidence == 0


def test_long_articles_are_cut_with_overlap_and_each_sentence_ranked_once() -> None:
    text = " ".join(f"Rates rose on day {number} of the long strike." for number in range(60))
    considered = Baseline([article(1, "long.txt", text)], WordEmbedder()).consider("rates")

    spans = sorted((r.passage.start, r.passage.end) for r in considered.passages)
    assert all(end - start <= SIZE for start, end in spans)
    assert any(0 < one[1] - other[0] <= OVERLAP for one, other in pairwise(spans))
    places = [(e.start, e.end) for e in considered.evidence]
    assert len(places) == len(set(places)) == 20


def test_a_sentence_is_embedded_once_however_often_it_is_asked_for() -> None:
    embedder = WordEmbedder()
    baseline = Baseline(ARTICLES, embedder)
    baseline.consider("strike")
    before = len(embedder.embedded)
    baseline.consider("strike again")

    # Two articles, four sentences.
    assert before == len(embedder.embedded) == 6


def test_it_is_measured_like_any_answerer(baseline: Baseline) -> None:
    case = Case("q", "players strike?", (Gold("strike.txt", "Players went on strike."),))
    report, _ = evaluate(Dataset("two", (case,)), baseline, FakeShelf(*ARTICLES), system="baseline", draws=0)

    # It cites both sentences of the piece; one of them is gold.
    assert report["system"] == "baseline"
    assert report["metrics"]["hit@1"] == 1
    assert (report["metrics"]["citation_precision"], report["metrics"]["citation_recall"]) == (0.5, 1)
    assert report["metrics"]["quote_exactness"] == 1
