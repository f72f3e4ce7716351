"""SQuAD-format files: every paragraph one article, gold = the sentences that an accepted answer touches.

Format: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", arXiv:1606.05250.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import json_of, name_of
from qa import sentences
from qa.domain import LoadedArticle, Span
from qa.errors import CaseError

BETWEEN = "\n\n"
"""Paragraphs of a page."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    uri: str
    article: LoadedArticle
    questions: Sequence[Mapping[str, Any]]


def load(path: Path) -> Dataset:
    """Cases and their articles. Raises CaseError when the file is not of SQuAD's shape, or an answer in no sentence."""
    name = name_of(path)
    try:
        paragraphs = list(_paragraphs(json_of(path), name))
        cases = [case for paragraph in paragraphs for case in _cases(paragraph, path)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseError(
            f"{path}: not a SQuAD-format file ({type(error).__name__}: {error}).",
            'It holds {"data": [{"title", "paragraphs": [{"context", "qas"}]}]}.',
        ) from error
    return Dataset(name, distinct(cases, str(path)), tuple((p.uri, p.article) for p in paragraphs))


def load_pages(path: Path) -> Dataset:
    """The same cases about whole pages: the paragraphs of an entry are one article, which can be left out as one."""
    held = load(path)
    texts, starts = dict[str, list[str]](), dict[str, int]()
    for uri, article in held.articles:
        page = texts.setdefault(_page(uri), [])
        starts[uri] = sum(len(text) + len(BETWEEN) for text in page)
        page.append(article.text)
    titles = {_page(uri): article for uri, article in held.articles}
    articles = tuple((uri, replace(titles[uri], text=BETWEEN.join(page))) for uri, page in texts.items())
    return Dataset(held.name, tuple(_of_page(case, starts) for case in held.cases), articles)


def sentences_touched(spans: Sequence[Span], answer: Span) -> list[Span]:
    """The sentences that share at least one character with the answer."""
    return [span for span in spans if span.start < answer.end and answer.start < span.end]


# ----------------------------------------------------------------------------------------------------------------


def _paragraphs(content: Any, name: str) -> Iterator[_Paragraph]:
    for number, entry in enumerate(content["data"]):
        title = str(entry.get("title") or f"{name} {number}")
        for place, paragraph in enumerate(entry["paragraphs"]):
            article = LoadedArticle(title.replace("_", " "), paragraph["context"], publisher=name, language="en")
            yield _Paragraph(f"squad:{name}/{number}-{title}/{place}", article, paragraph["qas"])


def _page(uri: str) -> str:
    return uri.rpartition("/")[0]


def _of_page(case: Case, starts: Mapping[str, int]) -> Case:
    gold = tuple(replace(g, uri=_page(g.uri), near=starts[g.uri] + (g.near or 0)) for g in case.gold)
    return replace(case, gold=gold, about=_page(case.about))


def _cases(paragraph: _Paragraph, path: Path) -> Iterator[Case]:
    text = paragraph.article.text
    spans = sentences.split(text, "en")
    for question in paragraph.questions:
        answers = [] if question.get("is_impossible") else question["answers"]
        yield Case(
            id=str(question["id"]),
            question=question["question"],
            gold=tuple(_gold(paragraph.uri, text, spans, answers, f"{path}: question {question['id']!r}")),
            answers=tuple(dict.fromkeys(str(answer["text"]) for answer in answers)),
            kind=_kind(question["question"]) if answers else "unanswerable",
            about=paragraph.uri,
        )


def _gold(
    uri: str, text: str, spans: Sequence[Span], answers: Sequence[Mapping[str, Any]], where: str
) -> Iterator[Gold]:
    found: dict[Span, None] = {}
    for answer in answers:
        start = int(answer["answer_start"])
        place = Span(start, start + len(answer["text"].rstrip()))
        touched = sentences_touched(spans, place)
        if not touched or place.start < 0 or place.end > len(text):
            raise CaseError(
                f"{where}: the answer at {start} lies in no sentence of its paragraph.",
                "Mend its answer_start, which counts characters of the context.",
            )
        found |= dict.fromkeys(touched)
    return (Gold(uri, span.of(text), part=0, near=span.start) for span in found)


def _kind(question: str) -> str:
    """The question word: where the words of a question begin, as SQuAD's own analyses group them."""
    asked = ("how many", "how much", "how", "what", "when", "where", "which", "who", "whom", "whose", "why")
    words = f" {' '.join(question.casefold().split())} "
    places = [(words.find(f" {word} "), -len(word), word) for word in asked if f" {word} " in words]
    return min(places)[2] if places else "other"
