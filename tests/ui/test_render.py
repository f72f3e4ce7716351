import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.domain import ArticleState, Citation, Claim, Evidence
from tests.ui.pages import BRIDGE, LETTER, answer, article, evidence, refusal
from ui import render
from ui.conversation import Exchange, Failure, Pending, Place, SourcePage
from ui.markup import visible

COST, FERRIES = (evidence(article(), q) for q in ("The repair will cost £41 million.", "Ferries will run instead."))
OTHER = evidence(article(2, LETTER, title="Traders"), "The repair will cost £38 million, according to the builder.")
VOID = {"input"}
TAGS = set(
    """a article bdi button code div h2 h3 header input label li mark p path pre q section span strong sup svg time
    ul""".split()  # noqa: SIM905
)
ATTRIBUTES = {
    *("placeholder", "autocomplete", "maxlength"),
    *("class", "dir", "id", "role", "type", "lang", "href", "target", "rel", "tabindex", "disabled", "popover"),
    *("aria-label", "aria-labelledby", "aria-describedby", "aria-hidden", "aria-pressed"),
    *(
        "data-place",
        "data-suggestion",
        "data-step",
        "data-verdict",
        "data-turn",
        "data-export",
        "data-about",
        "data-empty",
        "data-of",
        "title",
        "viewbox",
        "d",
    ),
}
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</p></section><form action=//evil.example><input name=password>",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "<!--",
    "&lt;b&gt; &#x3C;i&#x3E;",
    "`${alert(1)}`",
    "\u202eevil\u202c \x00 \ud800",
]


class Page(HTMLParser):
    """What a browser would make of the HTML: tags, attributes, and the text by tag."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(f"{tag}.{dict(attrs).get('class')}")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().startswith(f"{tag}.")

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self._open), data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def inside(self, element: str) -> list[str]:
        """The text inside each part of the page whose tag and class begin so."""
        return [data for open_, data in self.texts if any(o.startswith(element) for o in open_)]

    @property
    def text(self) -> str:
        return "".join(data for _, data in self.texts)


def safe(html: str) -> Page:
    page = Page(html)
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert all(re.match("https?://|#library$", value or "") for name, value in page.attributes if name == "href")
    return page


def shown(outcome: Pending | Failure | object, question: str = "What will it cost?") -> Page:
    return safe("".join(render.conversation((Exchange(question, outcome),))))  # type: ignore[arg-type]


def opened(*found: Evidence, text: str = BRIDGE, current: int = 1, **fields: object) -> Page:
    places = tuple(Place(0, n) for n in range(1, len(found) + 1))
    here = tuple(zip(places, found, strict=True))
    return safe(render.source(SourcePage(article(1, text, **fields), Place(0, current), places, here)))


def test_an_answer_shows_its_claims_with_their_numbers() -> None:
    page = shown(answer(COST, OTHER))
    assert page.inside("p.fn-claim")[0] == COST.quote
    assert ("data-place", "0:1") in page.attributes
    assert ("aria-label", "Citation 2: Traders") in page.attributes


def test_a_number_carries_quote_title_publisher_and_date() -> None:
    card = " ".join(shown(answer(COST)).inside("span.fn-card"))
    for part in (COST.quote, "Bridge to close for nine months", "The Westhaven Courier", "20 April 2026"):
        assert part in card


def test_every_described_number_has_its_card() -> None:
    attributes = shown(answer(COST, OTHER, FERRIES)).attributes
    described = [value for name, value in attributes if name == "aria-describedby"]
    assert len(described) == 3
    assert described == [value for name, value in attributes if name == "id"]


def test_the_short_answer_is_bold_inside_its_sentence() -> None:
    page = shown(answer(COST, OTHER, short="£41 million"))
    assert page.inside("strong") == ["£41 million"]
    assert "".join(page.inside("p.fn-claim")).startswith("The repair will cost £41 million.1")


def test_a_short_answer_that_does_not_fit_is_not_bold() -> None:
    reply = answer(COST, short="£41 million")
    assert reply.short_answer is not None
    for wrong in (replace(reply.short_answer, start=0, end=4), replace(reply.short_answer, number=9)):
        assert shown(replace(reply, short_answer=wrong)).inside("strong") == []
    said = replace(reply, claims=(Claim("It costs a lot.", (Citation(1, 1.0),)),))
    assert shown(said).inside("strong") == []


def test_the_sources_name_each_article_once_with_its_numbers() -> None:
    html = "".join(render.conversation((Exchange("?", answer(COST, OTHER, FERRIES)),)))
    notes = html[html.index('<ul class="fn-notes"') :]
    assert re.findall(r"<bdi>(Bridge|Traders)", notes) == ["Bridge", "Traders"]
    assert re.findall(r'data-place="0:(\d)"', notes) == ["1", "3", "2"]


@pytest.mark.parametrize(
    ("support", "words"), [(0.9, "Strong support"), (0.5, "Partial support"), (0.1, "Weak support")]
)
def test_support_is_said_in_words(support: float, words: str) -> None:
    page = shown(replace(answer(COST), claims=(Claim("It costs a lot.", (Citation(1, support),)),)))
    assert words in page.text
    assert "%" not in page.text


def test_a_claim_that_is_the_sentence_is_said_to_be_quoted() -> None:
    assert "Quoted word for word" in shown(answer(COST)).text


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.7, "Strong"), (0.69, "Partial"), (0.5, "Partial"), (0.49, "Weak")]
)
def test_confidence_is_said_in_words(confidence: float, words: str) -> None:
    assert words in shown(answer(COST, confidence=confidence)).text


def test_numbers_that_name_nothing_are_not_shown() -> None:
    page = shown(replace(answer(COST), claims=(Claim("So.", (Citation(0, 1.0), Citation(7, 1.0))),)))
    assert not [value for name, value in page.attributes if name == "data-place"]


def test_the_standalone_question_is_shown_where_it_differs() -> None:
    assert (
        shown(answer(COST, standalone_question="What will the bridge cost?")).inside("q")[0]
        == "What will the bridge cost?"
    )
    assert "Understood as" not in shown(answer(COST), question=" What  will it cost?").text


def test_a_refusal_says_so_and_shows_what_was_searched_and_what_came_closest() -> None:
    page = shown(refusal(COST, OTHER))
    for part in ("The articles do not say.", "Searched: 12 articles with 240 sentences.", COST.quote, OTHER.quote):
        assert part in page.text
    assert [value for name, value in page.attributes if name == "data-place"] == ["0:1", "0:2"]


def test_a_refusal_without_anything_close_has_no_empty_list() -> None:
    page = shown(refusal())
    assert "closest" not in page.text
    assert "ul" not in page.tags


def test_a_notice_is_shown_on_both_kinds_of_reply() -> None:
    for reply in (
        answer(COST, notice="The chat model did not answer."),
        refusal(notice="The chat model did not answer."),
    ):
        assert shown(reply).inside("p.fn-notice") == ["The chat model did not answer."]


def test_a_question_under_way_says_what_was_found() -> None:
    assert shown(Pending()).inside("p.fn-progress") == ["Searching the library…"]
    page = shown(Pending((COST, FERRIES, OTHER), "It costs"))
    assert page.inside("p.fn-progress") == ["Found 3 sentences in 2 articles. Reading…"]
    assert page.inside("p.fn-draft") == ["It costs"]


def test_a_failure_says_what_happened_what_to_do_and_its_id() -> None:
    page = shown(Failure("It broke.", "Mend it.", "ab12"))
    assert page.inside("div.fn-failure") == ["It broke.", "Mend it.", "Error ab12"]
    assert ("role", "alert") in page.attributes


def test_the_welcome_says_what_this_is_and_offers_titles() -> None:
    page = safe(render.welcome(1_200, ("Bridge closes", "Traders fear")))
    assert "1,200 articles" in page.text
    assert page.inside("button.fn-chip") == ["Bridge closes", "Traders fear"]
    assert [value for name, value in page.attributes if name == "data-suggestion"] == ["0", "1"]


def test_an_empty_library_says_how_to_ingest() -> None:
    page = safe(render.welcome(0, ()))
    assert "footnote ingest" in page.text


def test_a_library_without_titles_offers_nothing() -> None:
    assert "button" not in safe(render.welcome(3, ())).tags


def test_the_source_shows_the_whole_text_with_the_sentence_marked() -> None:
    page = opened(COST, FERRIES)
    assert page.inside("mark.fn-mark fn-current") == [COST.quote]
    assert page.inside("mark.fn-mark") == [COST.quote, FERRIES.quote]
    body = "".join(page.inside("div.fn-text"))
    assert re.sub(r"[\s\d]", "", body) == re.sub(r"[\s\d]", "", BRIDGE)


def test_the_other_sentences_can_be_opened_and_the_current_one_is_numbered() -> None:
    page = opened(COST, FERRIES, current=2)
    assert page.inside("mark.fn-mark fn-current") == [FERRIES.quote]
    assert page.inside("sup.fn-here") == ["2"]
    assert page.inside("button.fn-cite") == ["1"]


def test_a_sentence_over_a_paragraph_break_is_marked_on_both_sides() -> None:
    text = "One half\n\nand the other. More."
    page = opened(evidence(article(1, text), "One half\n\nand the other."), text=text)
    assert page.inside("mark.fn-mark fn-current") == ["One half", "and the other."]
    assert page.inside("sup.fn-here") == ["1"]


def test_overlapping_sentences_are_both_marked() -> None:
    text = "abcdef ghi"
    page = opened(evidence(article(1, text), "abcd"), evidence(article(1, text), "cdef"), text=text)
    assert page.inside("mark.fn-mark fn-current") == ["ab", "cd"]
    assert page.inside("mark.fn-mark") == ["ab", "cd", "ef"]


def test_offsets_count_in_the_stored_text_even_where_characters_are_not_shown() -> None:
    text = "\u202eHidden\u200b first.\x00 👩‍🚒 Then the \u202dsentence. End."
    page = opened(evidence(article(1, text), "Then the \u202dsentence."), text=text)
    assert page.inside("mark.fn-mark fn-current") == ["Then the sentence."]


def test_lines_are_paragraphs_where_no_blank_line_is() -> None:
    text = "Heading\nFirst line.\nSecond line."
    assert opened(evidence(article(1, text), "First line."), text=text).tags.count("p") == 1 + 3


def test_lines_are_paragraphs_too_where_one_is_longer_than_a_text_broken_to_a_width_has() -> None:
    broken, whole = "A line\nbroken off.\n\nAnother.", f"{'A long line. ' * 12}\nThe next.\n\nAnother."
    for text, count in ((broken, 2), (whole, 3)):
        assert opened(evidence(article(1, text), "Another."), text=text).tags.count("p") == 1 + count


@pytest.mark.parametrize(
    ("state", "said"), [("current", None), ("superseded", "has changed since"), ("removed", "has been removed")]
)
def test_a_version_that_is_no_longer_current_is_said_to_be(state: str, said: str | None) -> None:
    notices = opened(COST, state=state).inside("p.fn-notice")
    assert state in get_args(ArticleState)
    assert (said in notices[0] and "21 April 2026" in notices[0]) if said else not notices


def test_the_original_can_be_opened_only_at_a_web_address() -> None:
    assert ("href", "https://courier.example/bridge") in opened(COST).attributes
    assert ("href", "https://e.example/a") in opened(COST, url="", uri="https://e.example/a").attributes
    assert "a" not in opened(COST, url="javascript:alert(1)").tags


def test_steps_lead_to_the_neighbours_and_stop_at_the_ends() -> None:
    first, last = opened(COST, FERRIES), opened(COST, FERRIES, current=2)
    assert first.attributes.count(("disabled", "")) == 1
    assert first.inside("span.fn-where") == ["Citation 1 of 2"]
    assert last.inside("span.fn-where") == ["Citation 2 of 2"]
    assert opened(COST).attributes.count(("disabled", "")) == 2


def test_an_article_without_title_publisher_or_date_is_still_named() -> None:
    page = opened(COST, title=" ", publisher="", published=None, authors=(), uri="file:///in/bridge%20notes.txt")
    assert "Untitled" in page.inside("h2")
    assert "bridge notes.txt" in page.text


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["title", "publisher", "published", "url", "uri", "authors", "language", "text"])
def test_hostile_articles_are_inert(payload: str, field: str) -> None:
    value = (payload,) if field == "authors" else f"{payload} Ferries will run instead." if field == "text" else payload
    hostile = replace(article(1), **{field: value})  # type: ignore[arg-type]
    found = evidence(hostile, "Ferries will run instead.")
    shown(answer(found, short="Ferries"))
    shown(refusal(found))
    page = safe(render.source(SourcePage(hostile, Place(0, 1), (Place(0, 1),), ((Place(0, 1), found),))))
    if field in ("title", "publisher", "text"):
        assert visible(payload).strip() in page.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_questions_replies_and_errors_are_inert(payload: str) -> None:
    claims = (Claim(payload, (Citation(1, 0.5),)),)
    outcomes = (
        replace(answer(COST, standalone_question=payload, notice=payload), claims=claims),
        replace(refusal(COST, standalone_question=payload, notice=payload), reason=payload, searched=payload),
        Failure(payload, payload, payload),
        Pending((), payload),
    )
    for outcome in outcomes:
        assert shown(outcome, payload).text.count(visible(payload)) >= 2
    assert visible(payload) in safe(render.welcome(1, (payload,))).text


ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=6), st.data())
def test_any_text_in_any_cut_is_shown_whole_and_marked_as_stored(parts: list[str], data: st.DataObject) -> None:
    text = "\n\n".join(parts)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = replace(COST, start=start, end=end, quote=text[start:end])
    page = opened(found, text=text)
    squeeze = "".join
    assert squeeze("".join(page.inside("mark.fn-mark")).split()) == squeeze(
        squeeze(visible(c) for c in _pieces(text, start, end)).split()
    )


def _pieces(text: str, start: int, end: int) -> list[str]:
    """The marked range cut at the paragraph breaks, since a joiner is shown by its neighbours in its own piece."""
    return re.split(r"\n\s*\n\s*", text[start:end]) if "\n" in text[start:end] else [text[start:end]]
