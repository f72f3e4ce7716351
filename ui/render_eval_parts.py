"""Pieces that all views of the evals page are made of. Pure; whatever is not its own words passes `markup.text`."""

from evals.wording import written
from ui.evals_views import KeptRun, Quote
from ui.markup import button, day, tag, text


def section(heading: str, inner: str, cls: str, back: str = "") -> str:
    return tag("section", f'{back}<h2 tabindex="-1" dir="auto">{heading}</h2>{inner}', cls=f"fn-evals {cls}")


def do(inner: str, what: str, cls: str = "fn-ev-do", **data: str | int) -> str:
    return button(inner, cls=cls, data_do=what, **data)


def quoted(quote: Quote) -> str:
    said = f'<q dir="auto">{text(quote.text)}</q>' if quote.text.strip() else "the whole article"
    if not quote.place:
        return f'<p class="fn-ev-quote">{said} <span class="fn-ev-soft"><bdi>{text(quote.article)}</bdi></span></p>'
    opened = button(f"<bdi>{text(quote.article or 'Untitled')}</bdi>", cls="fn-ev-link", data_place=quote.place)
    return f'<p class="fn-ev-quote">{said} {opened}</p>'


def called(run: KeptRun) -> str:
    return text(str(run.report["dataset"]))


def how(run: KeptRun) -> str:
    parts = ["usual set-up" if run.report["system"] == "baseline" else ""]
    parts += ["articles left out" if run.report["settings"].get("withheld") else ""]
    return "".join(f" · {part}" for part in parts if part)


def when(run: KeptRun) -> str:
    local = run.when.astimezone()
    return f"{day(local.date().isoformat())}, {local:%H:%M}"


def number(name: str, value: float | None, sign: str = "") -> str:
    """The figure of that name; "" where there is none. A `sign` may be "+"."""
    return "" if value is None else written(name, value, sign)
