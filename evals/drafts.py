"""Questions made from one's own articles without a model: drafts, of which somebody says which may count.

Two kinds, and each case says which it is: "cloze" leaves a number or a name out of a sentence, "heading" asks what
stands under a headline or a section's heading. Both are easier than what people ask, since they use the article's own
words: they show that something broke, not how good it is.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice, pairwise
from random import Random
from typing import TypeVar

from evals.cases import Case, Gold
from evals.gold import Listed, Shelf
from qa import sentences, terms
from qa.domain import Article, Span

LENGTH = range(8, 41)
"""Words of a sentence that is asked about."""
GAP = "_____"


def draft(shelf: Shelf, count: int, seed: int = 0, known: Collection[str] = ()) -> list[Case]:
    """`count` cases, spread over the articles and the kinds, or all there are; the same for the same library and seed.

    Cases whose ids are `known` are passed over. An article is read when its first turn comes.
    """
    refs = sorted(shelf.articles(), key=lambda ref: ref.uri)
    Random(seed).shuffle(refs)  # noqa: S311
    found = [_drafts(shelf, ref, seed, known, heading_first=place % 2 == 1) for place, ref in enumerate(refs)]
    return list(islice(_in_turn(found), count))


def cloze(article: Article, sentence: Span, gap: Span) -> Case:
    """What is missing from the sentence? `gap` counts from the article's start, like every span."""
    text = article.text
    asked = f"{text[sentence.start : gap.start]}{GAP}{text[gap.end : sentence.end]}"
    question = f"What is missing here: “{_folded(asked)}”"
    return drafted_case(article, sentence, "cloze", question, (_folded(gap.of(text)),))


def heading(article: Article, words: str, sentence: Span) -> Case:
    """What stands under the heading `words`, which is the title or one of the article's own?"""
    within = "" if words == article.title else f" in “{_folded(article.title)}”"
    return drafted_case(article, sentence, "heading", f"What is said about “{_folded(words)}”{within}?")


def gaps(text: str, sentence: Span) -> list[Span]:
    """Numbers and names that occur in the sentence once; not its first word alone, which is a capital's anyway."""
    within = sentence.of(text)
    hits = [hit for hit in _GAP.finditer(within) if within.count(hit[0]) == 1 and not _only_begins(within, hit)]
    return [Span(sentence.start + hit.start(), sentence.start + hit.end()) for hit in hits]


def telling(article: Article) -> list[Span]:
    """Sentences that can be asked about on their own: of a fair length, not furniture, said once in the article."""
    spans = {span: span.of(article.text) for span in sentences.split(article.text, article.language)}
    said = Counter(spans.values())
    return [span for span, sentence in spans.items() if said[sentence] == 1 and _stands_alone(sentence)]


def headings(article: Article) -> list[tuple[str, Span]]:
    """Each heading with the first sentence under it that can be asked about."""
    spans = telling(article)
    titled = [(article.title, span) for span in spans[:3] if _shares(article.title, span.of(article.text))]
    return [*titled[:1], *_sections(article.text, spans)]


def drafted_case(article: Article, sentence: Span, kind: str, question: str, answers: tuple[str, ...] = ()) -> Case:
    """A case whose id is the same whenever the same is asked about the same sentence."""
    quote = sentence.of(article.text)
    digest = hashlib.sha256("\n".join((article.uri, quote, question)).encode(errors="replace")).hexdigest()
    gold = (Gold(article.uri, quote, 0, sentence.start),)
    return Case(f"{kind}-{digest[:12]}", question, gold, answers=answers, kind=kind, about=article.uri)


# ----------------------------------------------------------------------------------------------------------------


_T = TypeVar("_T")


def _in_turn(sources: Iterable[Iterator[_T]]) -> Iterator[_T]:
    """The first of each, then the second of each, and so on; whatever has no more is passed over."""
    left = list(sources)
    while left:
        going = []
        for source in left:
            for item in islice(source, 1):
                yield item
                going.append(source)
        left = going


def _drafts(shelf: Shelf, ref: Listed, seed: int, known: Collection[str], heading_first: bool) -> Iterator[Case]:
    """All of one article, each once: one kind, then the other, in an order that does not depend on other articles."""
    article, random = shelf.article(ref.article_id), Random(repr((seed, ref.uri)))  # noqa: S311
    kinds = [_headings(article, random), _clozes(article, random)]
    seen = set[str]()
    for case in _in_turn(kinds if heading_first else reversed(kinds)):
        if case.id not in seen and case.id not in known:
            seen.add(case.id)
            yield case


def _clozes(article: Article, random: Random) -> Iterator[Case]:
    """One of every sentence before a second one of any."""
    spans = telling(article)
    random.shuffle(spans)
    return _in_turn([_gapped(article, span, random) for span in spans])


def _gapped(article: Article, sentence: Span, random: Random) -> Iterator[Case]:
    found = gaps(article.text, sentence)
    return (cloze(article, sentence, gap) for gap in random.sample(found, len(found)))


def _headings(article: Article, random: Random) -> Iterator[Case]:
    found = headings(article)
    return (heading(article, *one) for one in random.sample(found, len(found)))


def _folded(text: str) -> str:
    return " ".join(text.split())


def _stands_alone(sentence: str) -> bool:
    return bool(
        len(sentence.split()) in LENGTH
        and _BEGINS.match(sentence)
        and _ENDS.search(sentence)
        and not _LEANS.match(sentence)
        and not _FURNITURE.search(sentence)
        and sum(c.isalpha() or c.isspace() for c in sentence) > 0.8 * len(sentence)
    )


def _only_begins(within: str, hit: re.Match[str]) -> bool:
    """Whether a single word has its capital for beginning a sentence or a quotation."""
    before = within[: hit.start()].rstrip()
    return hit[0].isalpha() and (not before or before[-1] in ".!?\"“‘'")


def _shares(title: str, sentence: str) -> bool:
    """Whether the sentence has at least two of the title's words that carry meaning."""
    return len(set(terms.weighty(title)) & set(terms.weighty(sentence))) >= 2


def _sections(text: str, spans: list[Span]) -> Iterator[tuple[str, Span]]:
    """Short lines of their own without a full stop, with the sentence that the next paragraph begins with."""
    starts = {span.start: span for span in spans}
    edges = [0, *(at for gap in _BLANK.finditer(text) for at in gap.span()), len(text)]
    paragraphs = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    for line, below in pairwise(paragraphs):
        if below.start in starts and _HEADING.fullmatch(line.of(text)) and len(line.of(text).split()) <= 12:
            yield line.of(text), starts[below.start]


_WORD = r"[A-Z](?:[’'][A-Z])?[\w-]*[a-z]"
_NAME = rf"{_WORD}(?:(?: (?:of|de|van|von|[A-Z]))?(?: the)? {_WORD})*"
_NUMBER = r"[£$€]?\d+(?:[.,:]\d+)*(?:%|bn|m|k| per cent| percent| million| billion| trillion)?"
_GAP = re.compile(rf"(?<![\w£$€.,’'-])(?:{_NUMBER}|{_NAME})(?![\w-]|[’'](?!s\b)\w)")
_BEGINS = re.compile(r"[\"“‘']?[A-Z0-9£$€]")
_ENDS = re.compile(r"[.!][\"”’']?$")
_LEANS = re.compile(
    r"[\"“‘']?(?:he|she|it|its|they|their|his|her|we|our|i|you|this|that|these|those|but|and|or|so|also|then|there|here|"
    r"however|meanwhile|instead|another|others|both|such|yet|nor)\b",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"https?:|www\.|@|©|\||\b(?:cookies?|subscrib\w*|newsletters?|copyright|all rights reserved|click|sign (?:in|up)|"
    r"log in|terms of (?:use|service)|privacy policy|read more|follow us|share this|advertisement|javascript|"
    r"last updated|photographs? by|email us)\b",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_HEADING = re.compile(r"[A-Z0-9][^\n]*[^\s.!?:;,\"”’'…]")
