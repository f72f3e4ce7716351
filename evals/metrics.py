"""Records -> scores a case. Pure. A metric that does not apply to a case has no score there, which is not zero.

Citation precision and recall are ALCE's idea (Gao et al., arXiv:2305.14627) against gold sentences instead of a
model's judgement; answers are compared as SQuAD's own script does (Rajpurkar et al., arXiv:1606.05250).
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

from evals import ranking
from evals.ranking import Scores
from evals.records import Record
from qa.support import UNSUPPORTED


def by_case(records: Sequence[Record]) -> dict[str, Scores]:
    """Case id -> the scores that apply to it. Records that are not `scored` have none."""
    scored = [record for record in records if record.scored]
    found = {record.id: {**_citations(record), **_answers(record), **_judgement(record)} for record in scored}
    wanted = {record.id: record.gold_parts for record in scored if record.answerable}
    asked = [record for record in scored if record.answerable]
    sides = [
        ranking.sentence_scores({r.id: r.sentences for r in asked}, wanted),
        ranking.hit_scores({r.id: r.passages for r in asked}, wanted, "passage_hit", ranking.PASSAGE_HITS),
        ranking.hit_scores({r.id: r.articles for r in asked}, wanted, "article_hit", ranking.ARTICLE_HITS),
    ]
    for side in sides:
        for case, scores in side.items():
            found[case] |= scores
    return found


def exact_match(given: str, accepted: Sequence[str]) -> float:
    return float(any(_normal(given) == _normal(answer) for answer in accepted))


def token_f1(given: str, accepted: Sequence[str]) -> float:
    """The best F1 over words, of all accepted answers."""
    return max((_f1_of_words(_normal(given).split(), _normal(answer).split()) for answer in accepted), default=0.0)


def containment(text: str, accepted: Sequence[str]) -> float:
    """Whether the text holds one of the accepted answers, word for word."""
    words = f" {_normal(text)} "
    return float(any(f" {_normal(answer)} " in words for answer in accepted if _normal(answer)))


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# ----------------------------------------------------------------------------------------------------------------


def _citations(record: Record) -> Scores:
    """Of answers. Precision and recall only where there is gold to cite: answering the unanswerable is the
    refusal metrics' matter."""
    if record.refused:
        return {"quote_exactness": record.exact_quotes / record.quotes} if record.quotes else {}
    scores: Scores = {"dangling_citations": float(record.dangling), "dropped_citations": float(record.dropped)}
    if record.timings_ms.get("generate"):
        scores["fell_back"] = float(record.fell_back)
    if record.tokens_read:
        scores |= {"tokens_read": float(record.tokens_read), "tokens_written": float(record.tokens_written)}
    if record.cost is not None:
        scores["cost"] = record.cost
    if record.quotes:
        scores["quote_exactness"] = record.exact_quotes / record.quotes
    if record.claims:
        scores["unsupported_claims"] = record.unsupported / record.claims
    if record.supports:
        borne = sum(support >= UNSUPPORTED for support in record.supports)
        scores["citation_support"] = borne / len(record.supports)
    if record.answerable:
        recall = len({part for parts in record.cited for part in parts}) / record.gold_parts
        precision = sum(bool(parts) for parts in record.cited) / len(record.cited) if record.cited else 0.0
        scores |= {"citation_recall": recall, "citation_f1": f1(precision, recall)}
        if record.cited:
            scores["citation_precision"] = precision
    return scores


def _answers(record: Record) -> Scores:
    """Of answers to questions with accepted answers; exact match and F1 need a short answer to compare."""
    if record.refused or not record.answers or not record.answerable:
        return {}
    scores = {"answer_containment": containment(f"{record.short_answer} {record.words}", record.answers)}
    if record.short_answer:
        scores["answer_exact_match"] = exact_match(record.short_answer, record.answers)
        scores["answer_f1"] = token_f1(record.short_answer, record.answers)
    return scores


def _judgement(record: Record) -> Scores:
    """Only of answers that a judge has judged."""
    judged = {"judge_faithfulness": record.faithfulness, "judge_relevance": record.relevance}
    return {name: value for name, value in judged.items() if value is not None}


_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def _normal(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.casefold().translate(_PUNCTUATION)).split())


def _f1_of_words(given: Sequence[str], wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return f1(shared / len(given), shared / len(wanted))
