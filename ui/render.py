"""Data -> HTML. Pure; whatever comes from articles, people or models passes `markup.text`."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from qa import disagreement
from qa.domain import Answer, Article, ArticleRef, Citation, Claim, Evidence, Refusal, ShortAnswer, Span
from qa.support import UNSUPPORTED, doubt
from ui.conversation import Conversation, Exchange, Failure, Pending, Place, SourcePage, Stopped, cited
from ui.how_sure import how_sure
from ui.markup import button, count, day, file_name, lang, paragraphs, tag, text, visible, web_link, words
from ui.relative_dates import as_of
from ui.render_actions import actions
from ui.render_failure import failure as failed
from ui.render_filters import ask_about

SUPPORT = ((0.75, "Strong support"), (UNSUPPORTED, "Partial support"), (0.0, "Weak support"))


def conversation(exchanges: Conversation, *, reading: bool = False) -> list[str]:
    """One piece of HTML an exchange; `reading` is somebody else's, which is not to be judged."""
    last = len(exchanges) - 1
    return [_exchange(t, exchange, last=t == last, reading=reading) for t, exchange in enumerate(exchanges)]


def welcome(articles: int, suggestions: Sequence[str]) -> str:
    """The page before the first question: what this is, what it holds, what could be asked."""
    if not articles:
        return _EMPTY_LIBRARY
    return f"""<section class="fn-welcome"><h2>What would you like to know?</h2>
<p>Footnote answers from {count(articles, "article")} and footnotes every claim with the exact sentence it rests on.
When the articles do not say, it tells you so.</p>{_suggestions(suggestions)}</section>"""


def source(page: SourcePage) -> str:
    """The article opened at a citation, its cited sentences marked."""
    article = page.article
    byline = tag("span", _byline(article)) + _original(article) + ask_about(article)
    inner = f"""<header class="fn-source-head">{_steps(page)}<h2 dir="auto">{_title(article)}</h2>
<p class="fn-byline">{byline}</p>{_state(article)}</header>
<div class="fn-text"{lang(article.language)}>{"".join(_paragraphs(page))}</div>"""
    label = f"Source: {article.title or 'untitled article'}"
    return tag("section", inner, cls="fn-source", aria_label=label, data_place=_place(page.current))


def said(*sentences: str) -> str:
    """A line above the question box."""
    return text(" ".join(sentence for sentence in sentences if sentence))


def failure(failure: Failure) -> str:
    """In place of the welcome: why the page cannot be used now."""
    return f'<section class="fn-welcome">{failed(failure)}</section>'


def source_failure(failure: Failure) -> str:
    """What stands in the source view's place when the article cannot be shown."""
    head = tag("header", tag("div", _CLOSE, cls="fn-steps"), cls="fn-source-head")
    return tag("section", head + failed(failure), cls="fn-source", aria_label="Source")


_EMPTY_LIBRARY = """<section class="fn-welcome" data-empty><h2>The library is empty</h2>
<p>Footnote answers questions from your articles and footnotes every claim with the exact sentence it rests on.
Add some first: <a href="#library">files, a web address or a feed</a> here, or a folder from the command line:</p>
<pre><code>footnote ingest FOLDER</code></pre><p>Then load this page again.</p></section>"""

_CLOSE = button(
    '<span aria-hidden="true">✕</span><span class="fn-back" aria-hidden="true">Back</span>',
    cls="fn-close",
    aria_label="Close source",
)


def _suggestions(titles: Sequence[str]) -> str:
    if not titles:
        return ""
    chips = "".join(
        tag("li", button(f"<bdi>{text(title)}</bdi>", cls="fn-chip", data_suggestion=i))
        for i, title in enumerate(titles)
    )
    return f'<h3 id="fn-about">Ask about one of the newest articles</h3><ul aria-labelledby="fn-about">{chips}</ul>'


def _exchange(turn: int, exchange: Exchange, *, last: bool, reading: bool) -> str:
    question = tag("h2", text(exchange.question), cls="fn-question", dir="auto")
    asked_of = f'<p class="fn-small" dir="auto">Asked of: {text(exchange.asked_of)}</p>' if exchange.asked_of else ""
    below = actions(turn, exchange, last=last, judged=not reading)
    return tag("article", question + asked_of + _outcome(turn, exchange) + below, cls="fn-turn")


def _outcome(turn: int, exchange: Exchange) -> str:
    match exchange.outcome:
        case Pending() as pending:
            return _pending(pending)
        case Failure() as failure:
            return failed(failure)
        case Stopped() as stopped:
            return _draft(stopped.text) + '<p class="fn-small">You stopped this answer.</p>'
        case Answer() as answer:
            return _standalone(exchange.question, answer.standalone_question) + _answer(turn, answer)
        case Refusal() as refusal:
            return _standalone(exchange.question, refusal.standalone_question) + _refusal(turn, refusal)


def _pending(pending: Pending) -> str:
    if pending.evidence is None:
        return '<p class="fn-progress">Searching the library…</p>'
    articles = len({e.article.article_id for e in pending.evidence})
    found = f"Found {count(len(pending.evidence), 'sentence')} in {count(articles, 'article')}."
    return f'<p class="fn-progress">{found} Reading…</p>{_draft(pending.text)}'


def _draft(written: str) -> str:
    return f'<p class="fn-draft" dir="auto">{text(written)}</p>' if written else ""


def _standalone(question: str, standalone: str) -> str:
    if visible(standalone).split() == visible(question).split():
        return ""
    return f'<p class="fn-standalone">Understood as: <q dir="auto">{text(standalone)}</q></p>'


def _answer(turn: int, answer: Answer) -> str:
    claims = "".join(_claim(turn, answer, i) for i in range(len(answer.claims)))
    return f"""<div class="fn-claims">{claims}</div>{_differing(answer)}{_notice(answer.notice)}
<p class="fn-small">{how_sure(answer)}</p>
<ul class="fn-notes" aria-label="Sources">{"".join(_notes(turn, answer))}</ul>"""


def _differing(answer: Answer) -> str:
    return _notice(disagreement.sentence(answer.difference)) if answer.difference else ""


def _claim(turn: int, answer: Answer, index: int) -> str:
    claim = answer.claims[index]
    cited_here = (c for c in claim.citations if 1 <= c.number <= len(answer.evidence))
    marks = "".join(_citation(answer, claim, c, Place(turn, c.number), f"{turn}-{index}") for c in cited_here)
    cites = f'<span class="fn-cites">{marks}</span>' if marks else ""
    said = tag("p", _with_short_answer(answer, claim) + cites + _doubt(claim), cls="fn-claim", dir="auto")
    return said + "".join(_dated(claim.text, answer.evidence[c.number - 1]) for c in claim.citations[:1])


def _dated(quote: str, evidence: Evidence) -> str:
    """What the quote's "yesterday" is to be counted from, beside it."""
    told = as_of(quote, day(evidence.article.published or ""))
    return f'<p class="fn-small" dir="auto">{text(told)}</p>' if told else ""


def _doubt(claim: Claim) -> str:
    said = doubt(claim)
    return f' <span class="fn-doubt">{text(said)}</span>' if said else ""


def _with_short_answer(answer: Answer, claim: Claim) -> str:
    """The claim's words, the short answer's own among them in bold when the claim is its sentence."""
    short = answer.short_answer
    if short is None or short.number not in {c.number for c in claim.citations}:
        return text(claim.text)
    span = _inside(short, answer.evidence[short.number - 1])
    if span is None or answer.evidence[short.number - 1].quote != claim.text:
        return text(claim.text)
    head, tail = claim.text[: span.start], claim.text[span.end :]
    return f"{text(head)}<strong>{text(span.of(claim.text))}</strong>{text(tail)}"


def _inside(short: ShortAnswer, evidence: Evidence) -> Span | None:
    """The short answer's offsets, which count from the article's start, as offsets into the quote."""
    span = Span(short.start - evidence.start, short.end - evidence.start)
    return span if 0 <= span.start < span.end <= len(evidence.quote) else None


def _support(claim: Claim, citation: Citation, answer: Answer) -> str:
    quoted = claim.text == answer.evidence[citation.number - 1].quote
    return "Quoted word for word" if quoted else words(citation.support, SUPPORT)


def _citation(answer: Answer, claim: Claim, citation: Citation, place: Place, key: str) -> str:
    evidence = answer.evidence[citation.number - 1]
    card = f"fn-card-{key}-{citation.number}"
    said = f"""<q dir="auto">{text(evidence.quote)}</q>\
<span class="fn-card-title" dir="auto">{_title(evidence.article)}</span>\
<span class="fn-card-by">{_byline(evidence.article)}</span>\
<span class="fn-card-by">{_support(claim, citation, answer)}</span>"""
    shown = tag("span", said, cls="fn-card", id=card, role="tooltip", popover="manual")
    return tag("span", _number(place, evidence.article, aria_describedby=card) + shown, cls="fn-cite-box")


def _number(place: Place, article: ArticleRef | Article, **more: str) -> str:
    label = f"Citation {place.number}: {article.title or 'untitled article'}"
    return button(str(place.number), cls="fn-cite", data_place=_place(place), aria_label=label, **more)


def _title(article: ArticleRef | Article) -> str:
    return text(article.title) if visible(article.title).strip() else "Untitled"


def _notes(turn: int, answer: Answer) -> Iterator[str]:
    """The cited articles in the order of reading, each once, with its numbers in front."""
    articles: dict[ArticleRef, list[str]] = {}
    for number in cited(answer):
        article = answer.evidence[number - 1].article
        articles.setdefault(article, []).append(_number(Place(turn, number), article))
    for article, marks in articles.items():
        yield f'<li><span class="fn-cites">{"".join(marks)}</span><span>{_named(article)}</span></li>'


def _named(article: ArticleRef) -> str:
    return f'<bdi>{_title(article)}</bdi> <span class="fn-byline">{_byline(article)}</span>'


def _refusal(turn: int, refusal: Refusal) -> str:
    closest = "".join(_closest(Place(turn, n), refusal.evidence[n - 1]) for n in cited(refusal))
    shown = f'<h3>What came closest</h3><ul class="fn-closest">{closest}</ul>' if closest else ""
    return f"""<div class="fn-refusal"><p class="fn-claim" dir="auto">{text(refusal.reason)}</p>
<p class="fn-small" dir="auto">Searched: {text(refusal.searched)}.</p></div>{_notice(refusal.notice)}{shown}"""


def _closest(place: Place, evidence: Evidence) -> str:
    return f"""<li><q dir="auto">{text(evidence.quote)}</q>{_number(place, evidence.article)}
{_dated(evidence.quote, evidence)}<span class="fn-byline">{_named(evidence.article)}</span></li>"""


def _notice(notice: str) -> str:
    return f'<p class="fn-notice" role="note" dir="auto">{text(notice)}</p>' if notice else ""


def _steps(page: SourcePage) -> str:
    at = page.cited.index(page.current)
    steps = (("Previous", "‹", at - 1), ("Next", "›", at + 1))
    buttons = "".join(
        _step(name, sign, page.cited[to] if 0 <= to < len(page.cited) else None) for name, sign, to in steps
    )
    where = f'<span class="fn-where">Citation {at + 1} of {len(page.cited)}</span>'
    return tag("div", _CLOSE + where + buttons, cls="fn-steps")


def _step(name: str, sign: str, to: Place | None) -> str:
    target = {"data_place": _place(to)} if to else {"disabled": ""}
    shown = f'<span aria-hidden="true">{sign}</span>'
    return button(shown, cls="fn-step", data_step=name, aria_label=f"{name} citation", **target)


def _state(article: Article) -> str:
    ingested = day(article.ingested_at[:10])
    match article.state:
        case "superseded":
            said = f"Quoted from the version of {ingested}; this article has changed since."
        case "removed":
            said = f"This article has been removed from the library. You see the version of {ingested} that was quoted."
        case "current":
            return ""
    return f'<p class="fn-notice" role="note">{said}</p>'


def _byline(article: ArticleRef | Article) -> str:
    parts = [article.publisher, ", ".join(article.authors) if isinstance(article, Article) else ""]
    shown = [f"<bdi>{text(part)}</bdi>" for part in parts if visible(part).strip()]
    if article.published:
        shown.append(f"<time>{day(article.published)}</time>")
    return " · ".join(shown) or f"<bdi>{text(file_name(article.uri))}</bdi>"


def _original(article: Article) -> str:
    link = web_link(article.url) or web_link(article.uri)
    if not link:
        return ""
    host = text(urlsplit(link).hostname or "")
    rel = "noopener noreferrer nofollow"
    return tag("a", f"Open original <span>({host})</span>", cls="fn-original", href=link, target="_blank", rel=rel)


def _paragraphs(page: SourcePage) -> Iterator[str]:
    for within in paragraphs(page.article.text):
        yield f'<p dir="auto">{"".join(_pieces(page, within))}</p>'


def _pieces(page: SourcePage, within: Span) -> Iterator[str]:
    """The paragraph's text cut wherever a mark begins or ends, so that overlapping marks nest cleanly."""
    inside = [(p, e) for p, e in page.here if e.start < within.end and e.end > within.start]
    ends = (at for _, e in inside for at in (e.start, e.end) if within.start < at < within.end)
    edges = sorted({within.start, within.end, *ends})
    for start, end in pairwise(edges):
        over = [(p, e) for p, e in inside if e.start <= start and end <= e.end]
        piece = text(page.article.text[start:end])
        yield _mark(page, piece, [p for p, _ in over]) if over else piece
        yield from (_mark_number(page, p) for p, e in over if e.end == end)


def _mark(page: SourcePage, piece: str, places: Sequence[Place]) -> str:
    if page.current in places:
        return f'<mark class="fn-mark fn-current" tabindex="-1">{piece}</mark>'
    return f'<mark class="fn-mark">{piece}</mark>'


def _mark_number(page: SourcePage, place: Place) -> str:
    if place == page.current:
        return f'<sup class="fn-here">{place.number}</sup>'
    return _number(place, page.article)


def _place(place: Place) -> str:
    return f"{place.turn}:{place.number}"
