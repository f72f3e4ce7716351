"""The steps from considered evidence to an answer in a chat model's words, with a fake model."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from qa.domain import Answer, ArticleRef, Considered, Evidence, PassageText, Span, Token, Usage
from qa.errors import ChatFailed
from qa.fluent import FluentWriter
from qa.support import supported
from tests.fakes import FakeEmbedder, FakeGenerator

QUOTES = ("Foxes hunt at night.", "Owls sleep by day.", "Cats purr 3 times.")


def considered(quotes: Sequence[str] = QUOTES, answer: Span | None = None) -> Considered:
    """Evidence of one article a sentence, so that the prompt's numbers are the ranks."""
    evidence = tuple(
        Evidence(
            ArticleRef(n, 1, f"a{n}", f"Title {n}", "", None, ""),
            0,
            len(quote),
            quote,
            PassageText(0, len(quote), quote),
            {"sentence": -float(n)},
        )
        for n, quote in enumerate(quotes, start=1)
    )
    return Considered("Foxes?", "Foxes?", (), evidence, 0.9, answer)


def write(*pieces: str, strict: bool = False, context: int = 4_000, **given: Span) -> list[Token | Answer | None]:
    writer = FluentWriter(FakeGenerator(pieces), FakeEmbedder(), context, 600, strict)
    return list(writer.write(considered(**given)))  # type: ignore[arg-type]


def answer(*pieces: str, **options: bool) -> Answer:
    *_, last = write(*pieces, **options)  # type: ignore[arg-type]
    assert isinstance(last, Answer)
    return last


def test_tokens_and_claims_carry_numbers_in_the_order_of_reading() -> None:
    items = write("Cats purr 3 times. [", "3] Foxes hunt at night [1", "].")
    assert "".join(i.text for i in items if isinstance(i, Token)) == "Cats purr 3 times. [1] Foxes hunt at night [2]."
    last = items[-1]
    assert isinstance(last, Answer)
    assert last.text == "Cats purr 3 times. [1] Foxes hunt at night. [2]"
    assert [item.quote for item in last.evidence] == [QUOTES[2], QUOTES[0], QUOTES[1]]
    assert [c.support for claim in last.claims for c in claim.citations] == [1.0, 1.0]
    assert last.notice == ""


def test_a_claim_that_its_sentence_does_not_bear_has_no_support() -> None:
    last = answer("Foxes hunt at night. [1] Cats purr 5 times. [3] Then Spain won. [2]")
    assert [[c.support for c in claim.citations] for claim in last.claims] == [[1.0], [0.0], [0.0]]
    assert [supported(claim) for claim in last.claims] == [True, False, False]
    assert last.notice == "Not borne out by the sentences cited: 2 of 3 statements."


def test_a_claim_without_a_source_is_kept_and_counted() -> None:
    last = answer("Foxes hunt at night. [1] All is well. So it is [9].")
    assert [len(claim.citations) for claim in last.claims] == [1, 0, 0]
    assert last.notice == "Without a source: 2 of 3 statements."
    assert last.dropped_citations == ("[9]",)


def test_strictness_leaves_out_both_and_numbers_what_is_left() -> None:
    last = answer("Cats purr 5 times. [3] All is well. Foxes hunt at night. [1]", strict=True)
    assert last.text == "Foxes hunt at night. [1]"
    assert last.evidence[0].quote == QUOTES[0]
    assert len(last.evidence) == 3
    assert last.notice == ""


@pytest.mark.parametrize(
    ("text", "strict", "reason"),
    [
        ("All is well.", False, "uncited"),
        ("All is well [0] and so [7].", False, "uncited"),
        ("[1][2]", False, "uncited"),
        ("Cats purr 5 times. [3]", True, "unsupported"),
    ],
)
def test_what_rests_on_nothing_is_no_answer(text: str, strict: bool, reason: str) -> None:
    with pytest.raises(ChatFailed) as failed:
        write(text, strict=strict)
    assert failed.value.reason == reason


def test_a_model_that_declines_shows_nothing() -> None:
    assert write("[no", "ne]") == [None]


@pytest.mark.parametrize(
    "text",
    [
        "The sentences do not say who owns the bridge. [none]",
        "[none] The articles do not mention this.",
        "I cannot answer this.\n[none]",
    ],
)
def test_it_may_decline_in_words_too(text: str) -> None:
    assert write(text)[-1] is None


def test_an_answer_that_also_declines_is_an_answer() -> None:
    assert answer("Foxes hunt at night. [1] [none]").text == "Foxes hunt at night. [1]"


def test_the_short_answer_keeps_its_place_where_its_sentence_is_cited() -> None:
    inside = Span(11, 19)
    *_, cited = write("Owls sleep by day. [2] Foxes hunt. [1]", answer=inside)
    *_, left = write("Owls sleep by day. [2]", answer=inside)
    assert isinstance(cited, Answer)
    assert isinstance(left, Answer)
    assert cited.short_answer is not None
    assert (cited.short_answer.text, cited.short_answer.number) == ("at night", 2)
    assert left.short_answer is None


def test_what_the_model_was_not_shown_is_said() -> None:
    last = write("Foxes hunt at night. [1]", context=610)[-1]
    assert isinstance(last, Answer)
    said = "Not shown to the chat model, for lack of room: 2 of the sentences found (FOOTNOTE_CHAT_CONTEXT_TOKENS)."
    assert last.notice == said
    assert len(last.evidence) == 3


def test_what_the_server_tells_of_tokens_is_priced() -> None:
    def usage(tokens: tuple[int, int] | None, *prices: float) -> Usage | None:
        model = FakeGenerator(("Foxes hunt at night. [1]",), tokens=tokens)
        *_, last = FluentWriter(model, FakeEmbedder(), 4_000, 600, prices=prices or (0.0, 0.0)).write(considered())
        assert isinstance(last, Answer)
        return last.usage

    # 2,000 tokens at 0.5 and 100 at 2 a million: 0.001 + 0.0002.
    assert usage((2_000, 100), 0.5, 2.0) == Usage(2_000, 100, pytest.approx(0.0012))
    assert usage((2_000, 100)) == Usage(2_000, 100, None)
    estimated = usage(None, 0.5, 2.0)
    assert estimated is not None
    # "Foxes hunt at night." without its number: 19 letters and spaces at three a token, and a stop.
    assert estimated.written == 8
    assert estimated.read > 300


def test_the_numbers_of_a_list_are_no_figures() -> None:
    last = answer("1. Foxes hunt at night. [1]\n2. Owls sleep by day ([2]).")
    assert last.text == "Foxes hunt at night. [1] Owls sleep by day. [2]"
    assert [c.support for claim in last.claims for c in claim.citations] == [1.0, 1.0]
    assert last.notice == ""


@pytest.mark.parametrize("opening", ["", "<think>"])
def test_what_was_thought_is_neither_claim_nor_refusal(opening: str) -> None:
    """With an opening the generator has taken it out already, all but for fakes."""
    assert write(opening, "Sentence [1] is about foxes.\n</thi", "nk>\n\n[none]")[-1] is None
    last = answer(opening, "Sentence [1] it is, or [none].</think>\n\n", "Owls sleep by day. [2]")
    assert last.text == "Owls sleep by day. [1]"
    assert [item.quote for item in last.evidence] == [QUOTES[1], QUOTES[0], QUOTES[2]]


@pytest.mark.parametrize("stray", ["{} {}</think>", "{} </think> {}", "{} {}\n</think>\n", "</think>{} {}"])
def test_an_end_without_a_thought_costs_no_claim(stray: str) -> None:
    last = answer(stray.format("Foxes hunt at night. [1]", "Owls sleep by day. [2]"))
    assert last.text == "Foxes hunt at night. [1] Owls sleep by day. [2]"
    assert write("[none]</think>")[-1] is None


@pytest.mark.parametrize(("allowed", "left"), [(60.0, 52.5), (5.0, 0.0), (None, None)])
def test_the_answer_has_the_seconds_that_understanding_the_question_left(
    allowed: float | None, left: float | None
) -> None:
    model = FakeGenerator(("Foxes hunt at night. [1]",))
    asked = replace(considered(), timings_ms={"rewrite": 7_500.0, "read": 100.0})
    list(FluentWriter(model, FakeEmbedder(), 4_000, 600, seconds=allowed).write(asked))
    assert model.asked[0].seconds == left


def test_leaving_stops_the_model() -> None:
    generator = FakeGenerator(("Foxes ", "hunt. [1]"))
    written = FluentWriter(generator, FakeEmbedder(), 4_000, 600).write(considered())
    assert next(written) == Token("Foxes")
    assert generator.closed == 0
    written.close()
    assert generator.closed == 1
