"""The library page's data -> HTML. Pure; whatever comes from articles, files or people passes `markup.text`."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlencode

from ingest.correct import one_field
from ingest.pipeline import Outcome
from qa.domain import Article, ArticleRef
from ui.job_state import Job, JobItem, Stage
from ui.listing import Listing
from ui.markup import button, count, day, file_name, lang, paragraphs, tag, text, visible, web_link
from ui.render_filters import ask_about

JOBS, EARLIER = 3, 20
FAILURES = 50
TAKEN = 100
LONGEST_TEXT = 400_000
"""Characters of an article that are shown."""

_STATES = {"queued": "Waiting", "running": "Running", "done": "Done", "cancelled": "Cancelled", "failed": "Stopped"}
_COUNTED: tuple[Stage, ...] = ("added", "updated", "unchanged", "failed", "cancelled")
_ORDERS = {"newest": "Last added first", "title": "By title", "publisher": "By publisher", "published": "By date"}


def adding(max_mb: float, *, folders: bool) -> str:
    """The form that takes articles in, the bar of what is chosen, and the question before removing."""
    label = "A page, a feed, or a folder on the server" if folders else "A page or a feed"
    hint = "https://… or /folder" if folders else "https://…"
    return f"""<section aria-label="Add articles"><div class="fn-drop" data-drop>
<label class="fn-lib-pick"><input type="file" multiple data-files><span>Choose files</span></label>
<p>or drop them here. <span class="fn-small">Text, Markdown, HTML, PDF, DOCX; up to {max_mb:g} MB each.</span></p></div>
<form class="fn-from" data-from><label for="fn-from-input">{label}</label>
<div><input id="fn-from-input" name="source" type="text" placeholder="{hint}" autocomplete="off" spellcheck="false">
{tag("button", "Add", type="submit", cls="fn-do")}</div></form>
<p class="fn-sending" role="status" data-sending></p></section>
<dialog class="fn-confirm" data-confirm aria-labelledby="fn-confirm-h"><h2 id="fn-confirm-h"></h2>
<p>Gone from new answers at once. Old answers keep the sentences that they quoted.</p>
<div>{button("Keep", data_keep="")}{button("Remove", cls="fn-danger", data_really="")}</div></dialog>"""


def finding(publishers: Sequence[str]) -> str:
    """Search, filters and order of the table, and the bar of what is chosen in it."""
    known = "".join(tag("option", text(name), value=name) for name in publishers)
    orders = "".join(tag("option", name, value=key) for key, name in _ORDERS.items())
    return f"""<form class="fn-find" role="search" aria-label="Find articles" data-find>
<label>Search
<input name="search" type="search" maxlength="200" dir="auto" placeholder="Title, publisher or address"></label>
<label>Publisher<select name="publisher"><option value="">Any</option>{known}</select></label>
<label>From<input name="since" type="date"></label><label>To<input name="until" type="date"></label>
<label>Order<select name="order">{orders}</select></label></form>
<div class="fn-chosen" data-chosen hidden><span role="status"></span>{button("Remove", data_remove="")}
{button("Ingest again", data_again="")}<a data-export download="articles.jsonl">Export</a>
{button("Clear", data_clear="")}</div>"""


def jobs(shown: Sequence[Job], revision: str = "") -> str:
    """The newest jobs, each with its progress, what failed and why. The page gives the revision back when it looks."""
    if not shown:
        return ""
    active = any(job.state in ("queued", "running") for job in shown)
    taken = sum(job.counts["added"] + job.counts["updated"] for job in shown)
    inner = f"<h2>Ingest</h2>{''.join(map(_job, shown[:JOBS]))}{_earlier(shown[JOBS : JOBS + EARLIER])}"
    marks = {"data_revision": revision} | ({"data_active": ""} if active else {})
    return tag("section", inner, cls="fn-jobs", aria_label="Ingest jobs", data_taken=taken, **marks)


def listing(listing: Listing) -> str:
    """A page of the table; `data-at` tells the script which."""
    if not listing.refs:
        return _nothing(listing)
    rows = "".join(map(_row, listing.refs))
    every = """<label class="fn-every"><input type="checkbox" data-every aria-label="Choose all on this page">\
<span>All on this page</span></label>"""
    head = f"<thead><tr><th>{every}</th><th>Title</th><th>Publisher</th><th>Published</th></tr></thead>"
    return f"""<p class="fn-found" role="status">{_found(listing)}</p>
<table class="fn-articles" data-at="{listing.view.page}">{head}<tbody>{rows}</tbody></table>{_pager(listing)}"""


def article(article: Article) -> str:
    """What is stored of one article, with what can be done about it; its text is apart."""
    title = _title(article.title)
    inner = f"""<header class="fn-source-head"><div class="fn-steps">{_CLOSE}{ask_about(article)}</div>
<h2 dir="auto" tabindex="-1">{title}</h2><p class="fn-byline">{_byline(article)}</p>{_state(article)}</header>
<dl class="fn-facts">{"".join(_facts(article))}</dl>{_correcting(article) if article.state == "current" else ""}
<details class="fn-why-ask"><summary>Why was it not found?</summary>
<form data-why="{article.article_id}"><label for="fn-why-q">A question that this article should answer</label>
<div><input id="fn-why-q" name="question" type="text" maxlength="2000" dir="auto" required autocomplete="off">
{tag("button", "Explain", type="submit", cls="fn-do")}</div></form></details>"""
    return tag("section", inner, cls="fn-lib-open", aria_label=f"Article: {article.title}", data_id=article.article_id)


def article_text(article: Article) -> str:
    """Its paragraphs."""
    shown = article.text[:LONGEST_TEXT]
    body = "".join(f'<p dir="auto">{text(within.of(shown))}</p>' for within in paragraphs(shown))
    more = len(article.text) - len(shown)
    cut = f'<p class="fn-notice">{more:,} more characters are stored and not shown.</p>' if more else ""
    return f'<div class="fn-text"{lang(article.language)}>{body}</div>{cut}'


def said(message: str, remedy: str = "") -> str:
    """A line for what was done."""
    return f'<p class="fn-lib-said" role="status">{text(message)} {text(remedy)}</p>' if message else ""


# --------------------------------------------------------------------------------------------------

_CLOSE = button(
    '<span aria-hidden="true">✕</span><span class="fn-back" aria-hidden="true">Back</span>',
    cls="fn-close",
    data_close="",
    aria_label="Close article",
)


def _job(job: Job) -> str:
    name = text(job.sources[0]) if job.sources else ""
    more = f" and {len(job.sources) - 1:,} more" if len(job.sources) > 1 else ""
    bar = of = ""
    if job.state == "running":
        done, total = sum(job.counts[stage] for stage in _COUNTED), max(job.total, len(job.sources), 1)
        bar, of = tag("progress", "", value=done, max=total, aria_label="Progress"), f": {done:,} of {total:,}"
    counts = " · ".join(f"{job.counts[stage]:,} {stage}" for stage in _COUNTED if job.counts[stage])
    state = "Stopping" if job.cancelling else _STATES[job.state]
    head = f"""<div class="fn-job-head"><h3><bdi>{name}</bdi>{more}</h3>{"".join(_job_buttons(job))}</div>
<p class="fn-small"><strong>{state}</strong>{of}{" · " if counts else ""}{counts}</p>{bar}"""
    ended = _reason(job.reason, job.remedy) if job.reason else ""
    return tag("article", f"{head}{ended}{''.join(_items(job))}", cls="fn-job", data_job=job.job_id)


def _earlier(jobs: Sequence[Job]) -> str:
    if not jobs:
        return ""
    return f'<details data-key="earlier"><summary>Earlier</summary>{"".join(map(_job, jobs))}</details>'


def _job_buttons(job: Job) -> Iterator[str]:
    if job.state in ("queued", "running") and not job.cancelling:
        yield button("Cancel", data_do="cancel")
    if job.retryable:
        yield button("Try again", data_do="retry")


def _items(job: Job) -> Iterator[str]:
    now = [item for item in job.items if item.stage in ("reading", "embedding")][-3:]
    yield from (f'<p class="fn-now">{item.stage.capitalize()} <bdi>{_item_name(item)}</bdi></p>' for item in now)
    failed = [item for item in job.items if item.stage == "failed"]
    if failed:
        yield f'<ul class="fn-failed">{"".join(map(_failed, failed[:FAILURES]))}</ul>{_rest(failed, FAILURES)}'
    taken = [item for item in job.items if item.stage in ("added", "updated", "unchanged")]
    partly = [item for item in taken if item.outcome and item.outcome.notes]
    if partly:
        yield f'<ul class="fn-partly">{"".join(map(_partly, partly[:FAILURES]))}</ul>{_rest(partly, FAILURES)}'
    if taken:
        lines = "".join(map(_taken, taken[:TAKEN]))
        head = f"<summary>{count(len(taken), 'article')}</summary>"
        yield f'<details data-key="{job.job_id}">{head}<ul>{lines}</ul>{_rest(taken, TAKEN)}</details>'


def _failed(item: JobItem) -> str:
    outcome = item.outcome or Outcome(item.uri, "failed")
    return f"<li><bdi>{_item_name(item)}</bdi>{_reason(outcome.reason, outcome.remedy)}</li>"


def _partly(item: JobItem) -> str:
    """What was read of it only in part, and why."""
    notes = "".join(f'<p class="fn-small">{text(note)}</p>' for note in (item.outcome.notes if item.outcome else ()))
    return f"<li><bdi>{_item_name(item)}</bdi>{notes}</li>"


def _taken(item: JobItem) -> str:
    outcome = item.outcome or Outcome(item.uri, "unchanged")
    held = f", {count(outcome.sentences, 'sentence')}" if outcome.sentences else ""
    title = button(f"<bdi>{_title(outcome.title)}</bdi>", cls="fn-title", data_open=outcome.article_id or 0)
    return f'<li>{title}<span class="fn-small"> {item.stage}{held}</span></li>'


def _item_name(item: JobItem) -> str:
    return text(file_name(item.uri.removeprefix("upload:")) or item.uri)


def _reason(reason: str, remedy: str) -> str:
    return f'<p class="fn-reason">{text(reason)} {text(remedy)}</p>'


def _rest(items: Sequence[JobItem], shown: int) -> str:
    return f'<p class="fn-small">and {len(items) - shown:,} more</p>' if len(items) > shown else ""


def _nothing(listing: Listing) -> str:
    if listing.view.narrowed or listing.view.page > 1:
        return '<p class="fn-found" role="status">No article matches.</p>'
    return '<p class="fn-found" role="status">The library is empty: add the first article above.</p>'


def _found(listing: Listing) -> str:
    view = listing.view
    asked = {"search": view.search, "publisher": view.publisher, "since": view.since or "", "until": view.until or ""}
    href = f"/library/export?{urlencode({name: value for name, value in asked.items() if value})}"
    export = tag("a", "Export as JSON lines", href=href, download="articles.jsonl")
    return f"<span>{count(listing.found, 'article')}{' found' if view.narrowed else ''}</span>{export}"


def _row(ref: ArticleRef) -> str:
    title = button(f"<bdi>{_title(ref.title)}</bdi>", cls="fn-title", data_open=ref.article_id)
    box = f'<input type="checkbox" value="{ref.article_id}" aria-label="Choose {text(ref.title or ref.uri)}">'
    published = f"<time>{day(ref.published)}</time>" if ref.published else ""
    where = f'<span class="fn-small fn-uri"><bdi>{text(file_name(ref.uri.removeprefix("upload:")))}</bdi></span>'
    return f"""<tr><td>{box}</td><td>{title}{where}</td>\
<td class="fn-publisher"><bdi>{text(ref.publisher)}</bdi></td><td class="fn-published">{published}</td></tr>"""


def _pager(listing: Listing) -> str:
    page, pages = listing.view.page, listing.pages
    if pages == 1:
        return ""
    steps = (("Previous", "‹", page - 1), ("Next", "›", page + 1))
    back, onward = (_step(name, sign, to, 1 <= to <= pages) for name, sign, to in steps)
    where = f"<span>Page {page:,} of {pages:,}</span>"
    return tag("nav", f"{back}{where}{onward}", cls="fn-pager", aria_label="Pages of the list")


def _step(name: str, sign: str, to: int, there: bool) -> str:
    target = {"data_page": str(to)} if there else {"disabled": ""}
    return button(f'<span aria-hidden="true">{sign}</span>', cls="fn-step", aria_label=f"{name} page", **target)


def _title(title: str) -> str:
    return text(title) if visible(title).strip() else "Untitled"


def _byline(article: Article) -> str:
    parts = [article.publisher, ", ".join(article.authors)]
    shown = [f"<bdi>{text(part)}</bdi>" for part in parts if visible(part).strip()]
    if article.published:
        shown.append(f"<time>{day(article.published)}</time>")
    return " · ".join(shown) or "No publisher, author or date was found."


def _state(article: Article) -> str:
    if article.state == "current":
        return ""
    return '<p class="fn-notice" role="note">This article has been removed from the library.</p>'


def _facts(article: Article) -> Iterator[str]:
    link = web_link(article.url) or web_link(article.uri)
    opened = tag("a", "Open original", href=link, target="_blank", rel="noopener noreferrer nofollow") if link else ""
    facts: Iterable[tuple[str, str]] = (
        ("From", f"<bdi>{text(article.uri)}</bdi> {opened}"),
        ("Ingested", f"<time>{day(article.ingested_at[:10])}</time>, version {article.version}"),
        ("Length", count(len(article.text), "character")),
    )
    yield from (f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)


def _correcting(article: Article) -> str:
    fields = (
        ("title", "Title", article.title, "text"),
        ("publisher", "Publisher", article.publisher, "text"),
        ("authors", "Authors, separated by commas or semicolons", one_field(article.authors), "text"),
        ("published", "Published", article.published or "", "date"),
    )
    inputs = "".join(_field(*field) for field in fields)
    return f"""<details class="fn-correct"><summary>Correct title, publisher, authors or date</summary>
<form data-correct="{article.article_id}">{inputs}{tag("button", "Save", type="submit", cls="fn-do")}
<p class="fn-small">Stays until the file itself changes.</p></form></details>"""


def _field(name: str, label: str, value: str, kind: str) -> str:
    given = value[:10] if kind == "date" else value
    box = f'<input name="{name}" type="{kind}" value="{text(given)}" maxlength="500" dir="auto">'
    return f"<label>{label}{box}</label>"
