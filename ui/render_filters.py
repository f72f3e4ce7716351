"""The articles that a question can be limited to -> HTML. Pure."""

from collections.abc import Sequence

from qa.domain import Article, ArticleRef
from ui.markup import button, day, tag, text, visible


def picked(chosen: Sequence[ArticleRef]) -> str:
    """The chosen articles, each to be taken out."""
    return _list("Chosen", "fn-picked", "".join(map(_chosen, range(len(chosen)), chosen)))


def offered(found: Sequence[ArticleRef], searched: str) -> str:
    """Those that a search found, each to be chosen."""
    if searched.strip() and not found:
        return '<p class="fn-small" role="status">No article has these words in its title, publisher or address.</p>'
    return _list("Found", "fn-offered", "".join(map(_offered, found)))


def ask_about(article: Article) -> str:
    """Leads to the chat, limited to the article; nothing for one that can no longer be asked of."""
    if article.state == "removed":
        return ""
    return button("Ask about this article", cls="fn-ask-about", data_about=article.article_id)


def unlimited(words: str) -> str:
    """The way back from a limit to all articles; nothing where there is none."""
    inner = '<span aria-hidden="true">✕ </span>Ask all articles'
    return button(inner, cls="fn-pick", data_unlimited="") if words else ""


def _list(name: str, cls: str, items: str) -> str:
    return tag("ul", items, cls=f"fn-picks {cls}", aria_label=name) if items else ""


def _chosen(index: int, ref: ArticleRef) -> str:
    label = f"Take out: {_title(ref)}"
    inner = f'<bdi>{text(_title(ref))}</bdi><span aria-hidden="true"> ✕</span>'
    return tag("li", button(inner, cls="fn-pick", data_unchoose=index, aria_label=label))


def _offered(ref: ArticleRef) -> str:
    by = " · ".join(filter(None, (text(ref.publisher), day(ref.published or ""))))
    inner = f'<bdi>{text(_title(ref))}</bdi> <span class="fn-byline">{by}</span>'
    return tag("li", button(inner, cls="fn-pick", data_choose=ref.article_id))


def _title(ref: ArticleRef) -> str:
    return ref.title if visible(ref.title).strip() else "Untitled"
