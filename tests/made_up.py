"""What hypothesis makes up: replies and conversations of any words, which keep what `qa.domain` promises of them."""

from dataclasses import replace

from hypothesis import strategies as st

from qa.domain import (
    Answer,
    Article,
    ArticleRef,
    Citation,
    Claim,
    Difference,
    Evidence,
    PassageText,
    Refusal,
    Reply,
    Said,
    ShortAnswer,
)
from ui.conversation import Conversation, Exchange, Failure, Pending, Stopped

WORDS = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "](x) ![i](http://x/i)",
        "\x1b[31m\u202e",
        "a\n\n# b\n[^1-1]: c",
        "\U0001f309 \u00e9e\u0301",
    ]
)
"""What somebody else wrote."""
SAID = WORDS.map(lambda words: f"{words}.")
"""The same where there is something at least."""
DATES = st.none() | st.dates().map(str) | WORDS
SHARES = st.floats(0, 1)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    sentences = draw(st.lists(SAID, min_size=1, max_size=4))
    return Article(
        draw(st.integers(1, 9)),
        draw(st.integers(1, 3)),
        draw(SAID),
        draw(WORDS),
        draw(WORDS),
        tuple(draw(st.lists(WORDS, max_size=2))),
        draw(DATES),
        draw(st.sampled_from(["en", "", "x<y"])),
        draw(WORDS | st.just("https://paper.example/a")),
        " ".join(sentences),
        "0",
        "2026-04-21T08:00:00Z",
    )


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """A slice of an article's text, inside a passage that is one too."""
    article = draw(articles())
    start = draw(st.integers(0, len(article.text) - 1))
    end = draw(st.integers(start + 1, len(article.text)))
    before, after = draw(st.integers(0, start)), draw(st.integers(end, len(article.text)))
    passage = PassageText(before, after, article.text[before:after])
    return Evidence(article.ref, start, end, article.text[start:end], passage, {"sentence": draw(SHARES)})


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Each claim a sentence of the evidence or other words, with numbers of what is there."""
    found = draw(st.lists(evidence(), min_size=1, max_size=3))
    claim = st.builds(Claim, st.sampled_from([one.quote for one in found]) | SAID, _citations(len(found)))
    made = Answer(
        draw(SAID),
        draw(SAID),
        tuple(draw(st.lists(claim, min_size=1, max_size=3))),
        tuple(found),
        draw(SHARES),
        dropped_citations=tuple(draw(st.lists(st.just("[9]"), max_size=1))),
        notice=draw(WORDS),
        timings_ms={"read": draw(st.floats(0, 1e5))},
    )
    return replace(made, short_answer=draw(st.none() | _short(found)), difference=draw(st.none() | _difference(found)))


def _citations(most: int) -> st.SearchStrategy[tuple[Citation, ...]]:
    return st.lists(st.builds(Citation, st.integers(1, most), SHARES), max_size=3).map(tuple)


@st.composite
def _short(draw: st.DrawFn, found: list[Evidence]) -> ShortAnswer:
    number = draw(st.integers(1, len(found)))
    of = found[number - 1]
    start = draw(st.integers(of.start, of.end - 1))
    end = draw(st.integers(start + 1, of.end))
    return ShortAnswer(of.quote[start - of.start : end - of.start], number, start, end)


def _difference(found: list[Evidence]) -> st.SearchStrategy[Difference]:
    said = st.builds(Said, SAID, st.integers(1, len(found)), st.dates().map(str))
    return st.builds(Difference, said, said)


def refusals() -> st.SearchStrategy[Refusal]:
    found = st.lists(evidence(), max_size=3).map(tuple)
    return st.builds(Refusal, SAID, SAID, SAID, WORDS, found, SHARES, WORDS, st.just({"total": 1.0}))


def replies() -> st.SearchStrategy[Reply]:
    return answers() | refusals()


def exchanges() -> st.SearchStrategy[Exchange]:
    """With any outcome that a question can have."""
    found = st.none() | st.lists(evidence(), max_size=2).map(tuple)
    failures = st.builds(Failure, SAID, WORDS, st.sampled_from(["", "ab12"]))
    outcomes = replies() | failures | st.builds(Stopped, found, WORDS) | st.builds(Pending, found, WORDS)
    return st.builds(
        Exchange, SAID, outcomes, WORDS, st.sampled_from(["k1", "k2"]), st.sampled_from(["", "up", "down"])
    )


def conversations() -> st.SearchStrategy[Conversation]:
    return st.lists(exchanges(), min_size=1, max_size=3).map(tuple)


def named(ref: ArticleRef) -> tuple[str, str, str]:
    return ref.title, ref.publisher, ref.uri


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
"""Whatever a browser can send."""
