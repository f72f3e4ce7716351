"""Two files of lines, a sentence and the question that it answers: src-NAME.txt and tgt-NAME.txt, plain or .gz.

Du, Shao and Cardie, "Learning to Ask", arXiv:1705.00106, publish SQuAD so: in lower case, with spaces around
punctuation. Both are mended as far as they can be without knowing names. The sentences stand in the order of their
articles, so neighbours make an article again, whose other sentences are what a question can be mistaken about.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from evals.cases import Case, Dataset, Gold
from evals.datasets.files import name_of, starts_of, text_of
from qa.domain import LoadedArticle
from qa.errors import CaseError

SENTENCES = 8
"""Distinct sentences that make an article."""
SIGNS = {"-lrb-": "(", "-rrb-": ")", "-lsb-": "[", "-rsb-": "]", "``": '"', "''": '"', "--": "-"}
APART = re.compile(r" (?=[,.;:?!%)\]]|n't\b|'(?:s|re|ve|ll|d|m)\b)|(?<=[(\[$£]) ")


def load(path: Path) -> Dataset:
    """`path` is the file of sentences; the questions lie beside it. Raises CaseError."""
    twin = path.with_name(path.name.replace("src", "tgt", 1))
    if twin == path or not twin.exists():
        raise CaseError(
            f"{path}: there is no file of questions beside it.", "Name the files src-NAME.txt and tgt-NAME.txt."
        )
    sentences, questions = (_lines(one) for one in (path, twin))
    if len(sentences) != len(questions):
        raise CaseError(f"{path}: {len(sentences)} sentences, but {len(questions)} questions in {twin.name}.")
    name = name_of(path).removesuffix(".txt")
    articles = _articles(name, list(dict.fromkeys(sentences)))
    place = {
        sentence: (uri, at)
        for uri, held in articles.items()
        for sentence, at in zip(held, starts_of(held), strict=True)
    }
    cases = tuple(
        Case(f"{name}-{number}", question, (Gold(place[sentence][0], sentence, near=place[sentence][1]),))
        for number, (sentence, question) in enumerate(zip(sentences, questions, strict=True))
    )
    texts = tuple((uri, LoadedArticle("", " ".join(held), language="en")) for uri, held in articles.items())
    return Dataset(name, cases, texts)


# ----------------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[str]:
    return [_mended(line) for line in text_of(path).splitlines() if line.strip()]


def _mended(line: str) -> str:
    text = " ".join(SIGNS.get(word, word) for word in line.split())
    text = APART.sub("", re.sub(r'" ([^"]*) "', r'"\1"', text))
    return text[:1].upper() + text[1:]


def _articles(name: str, distinct: Sequence[str]) -> dict[str, Sequence[str]]:
    return {f"{name}/{at // SENTENCES}": distinct[at : at + SENTENCES] for at in range(0, len(distinct), SENTENCES)}
