"""Data -> HTML. The only place that escapes: whatever comes from articles, people or models passes `text` here."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape
from urllib.parse import unquote, urlsplit

from qa.domain import Answer, Article, ArticleRef, Citation, Claim, Evidence, Refusal, ShortAnswer, Span
from ui.conversation import Conversation, Exchange, Failure, Pending, Place, SourcePage, cited

SUPPORT = ((0.75, "Strong support"), (0.4, "Partial support"), (0.0, "Weak support"))
CONFIDENCE = (
    (0.8, "Well supported by these sentences."),
    (0.5, "Probably right: read the sources to be sure."),
    (0.0, "Uncertain: read the sources before you rely on it."),
)


def conversation(exchanges: Conversation) -> list[str]:
    """One piece of HTML an exchange."""
    return [_exchange(turn, exchange) for turn, exchange in enumerate(exchanges)]


def welcome(articles: int, suggestions: Sequence[str]) -> str:
    """The page before the first question: what this is, what it holds, what could be asked."""
    if not articles:
        return _EMPTY_LIBRARY
    chips = "".join(
        f'<li><button type="button" class="fn-chip" data-suggestion="{i}"><bdi>{text(title)}</bdi></button></li>'
        for i, title in enumerate(suggestions)
    )
    about = f'<h3 id="fn-about">Ask about one of the newest</h3><ul aria-labelledby="fn-about">{chips}</ul>' if chips else ""
    return f"""<section class="fn-welcome"><h2>What would you like to know?</h2>
<p>Footnote answers from {_count(articles, "article")} and footnotes every claim with the exact sentence it rests on.
When the articles do not say, it tells you so.</p>{about}</section>"""


def source(page: SourcePage) -> str:
    """The article opened at a citation, its cited sentences marked."""
    article = page.article
    return f"""<section class="fn-source" aria-label="Source: {text(article.title)}" data-place="{_place(page.current)}">
<header class="fn-source-head">{_steps(page)}<h2 dir="auto">{text(article.title or "Untitled")}</h2>
<p class="fn-byline">{_byline(article)}{_original(article)}</p>{_state(article)}</header>
<div class="fn-text"{_lang(article.language)}>{"".join(_paragraphs(page))}</div></section>"""


def failure(failure: Failure) -> str:
    """In place of the welcome: why the page cannot be used now."""
    return f'<section class="fn-welcome">{_failure(failure)}</section>'


def source_failure(failure: Failure) -> str:
    """What stands in the source view's place when the article cannot be shown."""
    return f'<section class="fn-source" aria-label="Source"><header class="fn-source-head"><div class="fn-steps">{_CLOSE}</div></header>{_failure(failure)}</section>'


def text(value: str) -> str:
    """Escaped for element and attribute alike, without characters that hide or reorder what is read."""
    return escape(visible(value), quote=True)


def visible(value: str) -> str:
    """`value` as it is shown: no control, bidi, tag or zero-width characters, lone surrogates replaced."""
    return "".join(_shown(value[i - 1 : i], c, value[i + 1 : i + 2]) for i, c in enumerate(value))


def web_link(url: str) -> str:
    """`url` when it is a plain http(s) address that a browser may open, else ""."""
    if any(c.isspace() or not c.isprintable() or c in '\\"<>`' for c in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


_EMPTY_LIBRARY = """<section class="fn-welcome"><h2>The library is empty</h2>
<p>Footnote answers questions from your articles and footnotes every claim with the exact sentence it rests on.
Add some articles first, from a file, a folder, a web address or a feed:</p>
<pre><code>footnote ingest FOLDER</code></pre><p>Then load this page again.</p></section>"""

_CLOSE = '<button type="button" class="fn-close" data-close aria-label="Close source"><span aria-hidden="true">✕</span><span class="fn-back" aria-hidden="true">Back</span></button>'


def _exchange(turn: int, exchange: Exchange) -> str:
    return f"""<article class="fn-turn" data-turn-index="{turn}"><h2 class="fn-question" dir="auto">{text(exchange.question)}</h2>
{_outcome(turn, exchange)}</article>"""


def _outcome(turn: int, exchange: Exchange) -> str:
    match exchange.outcome:
        case Pending() as pending:
            return _pending(pending)
        case Failure() as failure:
            return _failure(failure)
        case Answer() as answer:
            return _standalone(exchange.question, answer.standalone_question) + _answer(turn, answer)
        case Refusal() as refusal:
            return _standalone(exchange.question, refusal.standalone_question) + _refusal(turn, refusal)


def _pending(pending: Pending) -> str:
    if pending.evidence is None:
        return '<p class="fn-progress">Searching the library…</p>'
    articles = len({e.article.article_id for e in pending.evidence})
    found = f"Found {_count(len(pending.evidence), 'sentence')} in {_count(articles, 'article')}."
    draft = f'<p class="fn-draft" dir="auto">{text(pending.text)}</p>' if pending.text else ""
    return f'<p class="fn-progress">{found} Reading…</p>{draft}'


def _failure(failure: Failure) -> str:
    remedy = f"<p>{text(failure.remedy)}</p>" if failure.remedy else ""
    error_id = f'<p class="fn-small">Error {text(failure.error_id)}</p>' if failure.error_id else ""
    return f'<div class="fn-failure" role="alert"><p><strong>{text(failure.message)}</strong></p>{remedy}{error_id}</div>'


def _standalone(question: str, standalone: str) -> str:
    if visible(standalone).split() == visible(question).split():
        return ""
    return f'<p class="fn-standalone">Understood as: <q dir="auto">{text(standalone)}</q></p>'


def _answer(turn: int, answer: Answer) -> str:
    claims = "".join(_claim(turn, answer, i) for i in range(len(answer.claims)))
    notes = "".join(_note(Place(turn, n), answer.evidence[n - 1]) for n in cited(answer))
    return f"""<div class="fn-claims">{claims}</div>{_notice(answer.notice)}
<ol class="fn-notes" aria-label="Sources">{notes}</ol>
<p class="fn-small">{_words(answer.confidence, CONFIDENCE)}</p>"""


def _claim(turn: int, answer: Answer, index: int) -> str:
    claim = answer.claims[index]
    marks = "".join(
        _citation(Place(turn, c.number), answer.evidence[c.number - 1], c, f"{turn}-{index}-{c.number}")
        for c in claim.citations
        if 1 <= c.number <= len(answer.evidence)
    )
    return f'<p class="fn-claim" dir="auto">{_with_short_answer(answer, claim)}<span class="fn-cites">{marks}</span></p>'


def _with_short_answer(answer: Answer, claim: Claim) -> str:
    """The claim's words, the short answer's own among them in bold when the claim is its sentence."""
    short = answer.short_answer
    if short is None or short.number not in {c.number for c in claim.citations}:
        return text(claim.text)
    span = _inside(short, answer.evidence[short.number - 1])
    if span is None or answer.evidence[short.number - 1].quote != claim.text:
        return text(claim.text)
    head, words, tail = claim.text[: span.start], span.of(claim.text), claim.text[span.end :]
    return f"{text(head)}<strong>{text(words)}</strong>{text(tail)}"


def _inside(short: ShortAnswer, evidence: Evidence) -> Span | None:
    """The short answer's offsets, which count from the article's start, as offsets into the quote."""
    span = Span(short.start - evidence.start, short.end - evidence.start)
    return span if 0 <= span.start < span.end <= len(evidence.quote) else None


def _citation(place: Place, evidence: Evidence, citation: Citation, key: str) -> str:
    support = _words(citation.support, SUPPORT)
    return f"""<span class="fn-cite-box">{_number(place, evidence.article, f' aria-describedby="fn-card-{key}"')}\
<span class="fn-card" id="fn-card-{key}" role="tooltip" popover="manual"><q dir="auto">{text(evidence.quote)}</q>\
<span class="fn-card-title" dir="auto">{text(evidence.article.title)}</span><span class="fn-card-by">{_byline(evidence.article)}</span>\
<span class="fn-card-by">{support}</span></span></span>"""


def _number(place: Place, article: ArticleRef | Article, more: str = "") -> str:
    label = f"Citation {place.number}: {text(article.title)}"
    return f'<button type="button" class="fn-cite" data-place="{_place(place)}" aria-label="{label}"{more}>{place.number}</button>'


def _note(place: Place, evidence: Evidence) -> str:
    article = evidence.article
    return f"""<li value="{place.number}"><button type="button" class="fn-note" data-place="{_place(place)}">\
<bdi>{text(article.title or "Untitled")}</bdi></button> <span class="fn-byline">{_byline(article)}</span></li>"""


def _refusal(turn: int, refusal: Refusal) -> str:
    closest = "".join(_closest(Place(turn, n), refusal.evidence[n - 1]) for n in cited(refusal))
    shown = f'<h3>What came closest</h3><ol class="fn-closest">{closest}</ol>' if closest else ""
    return f"""<div class="fn-refusal"><p class="fn-claim" dir="auto">{text(refusal.reason)}</p>
<p class="fn-small" dir="auto">{text(refusal.searched)}</p></div>{_notice(refusal.notice)}{shown}"""


def _closest(place: Place, evidence: Evidence) -> str:
    return f"""<li value="{place.number}"><q dir="auto">{text(evidence.quote)}</q>{_number(place, evidence.article)}
<span class="fn-byline"><bdi>{text(evidence.article.title)}</bdi> {_byline(evidence.article)}</span></li>"""


def _notice(notice: str) -> str:
    return f'<p class="fn-notice" role="note" dir="auto">{text(notice)}</p>' if notice else ""


def _steps(page: SourcePage) -> str:
    at = page.cited.index(page.current)
    steps = (("Previous", "‹", at - 1), ("Next", "›", at + 1))
    buttons = "".join(_step(name, sign, page.cited[to] if 0 <= to < len(page.cited) else None) for name, sign, to in steps)
    return f'<div class="fn-steps">{_CLOSE}<span class="fn-where">Citation {at + 1} of {len(page.cited)}</span>{buttons}</div>'


def _step(name: str, sign: str, to: Place | None) -> str:
    target = f'data-place="{_place(to)}"' if to else "disabled"
    return f'<button type="button" class="fn-step" data-step="{name}" {target} aria-label="{name} citation"><span aria-hidden="true">{sign}</span></button>'


def _state(article: Article) -> str:
    ingested = _day(article.ingested_at[:10])
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
        shown.append(f"<time>{_day(article.published)}</time>")
    return " · ".join(shown) or f"<bdi>{text(_file_name(article.uri))}</bdi>"


def _original(article: Article) -> str:
    link = web_link(article.url) or web_link(article.uri)
    if not link:
        return ""
    host = urlsplit(link).hostname or ""
    return f' <a class="fn-original" href="{text(link)}" target="_blank" rel="noopener noreferrer nofollow">Open original<span> ({text(host)})</span></a>'


def _file_name(uri: str) -> str:
    return unquote(uri.rstrip("/").rsplit("/", 1)[-1])


def _lang(language: str) -> str:
    return f' lang="{language}"' if re.fullmatch("[a-z]{2,3}", language) else ""


def _paragraphs(page: SourcePage) -> Iterator[str]:
    """The article's paragraphs; where there is no blank line between any, its lines."""
    whole = page.article.text
    gap = r"\n\s*\n\s*" if re.search(r"\n\s*\n", whole.strip()) else r"\n+"
    start = 0
    for match in [*re.finditer(gap, whole), None]:
        end = match.start() if match else len(whole)
        if whole[start:end].strip():
            yield f'<p dir="auto">{"".join(_pieces(page, Span(start, end)))}</p>'
        start = match.end() if match else end


def _pieces(page: SourcePage, within: Span) -> Iterator[str]:
    """The paragraph's text cut wherever a mark begins or ends, so that overlapping marks nest cleanly."""
    inside = [(p, e) for p, e in page.here if e.start < within.end and e.end > within.start]
    cuts = {within.start, within.end, *(min(max(at, within.start), within.end) for _, e in inside for at in (e.start, e.end))}
    edges = sorted(cuts)
    for start, end in zip(edges, edges[1:], strict=False):
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


def _day(iso: str) -> str:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return text(iso)
    return f"{day.day} {day:%B %Y}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _words(value: float, scale: Iterable[tuple[float, str]]) -> str:
    return next((word for least, word in scale if value >= least), "")


def _shown(before: str, char: str, after: str) -> str:
    category = unicodedata.category(char)
    if char in "\n\t" or category not in ("Cc", "Cf", "Cs"):
        return "" if "\U000e0100" <= char <= "\U000e01ef" else char
    if char in "\u200c\u200d":
        return char if before > "\x7f" and after > "\x7f" else ""
    return "\ufffd" if category == "Cs" else ""
