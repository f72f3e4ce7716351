"""An explanation of why an article was not found -> HTML."""

from collections.abc import Sequence

from qa.domain import Evidence, Finding
from qa.why import Why
from ui.markup import tag, text

_SIGNS = {"ok": "✓", "warning": "!", "error": "✕"}
_SAID = {"ok": "fine", "warning": "a weak point", "error": "here it fell out"}


def explanation(why: Why, findings: Sequence[Finding]) -> str:
    """The steps of asking, each with a sign; the article's best sentence and the one that led instead."""
    steps = "".join(map(_step, findings))
    quotes = "".join(
        f'<p class="fn-small">{name}</p><blockquote dir="auto">{text(found.quote)}</blockquote>'
        for name, found in (("Its best sentence", why.best), ("What leads the evidence", _other(why)))
        if found
    )
    return tag("section", f"<ol>{steps}</ol>{quotes}", cls="fn-why", aria_label="Why it was not found", tabindex="-1")


# --------------------------------------------------------------------------------------------------


def _step(finding: Finding) -> str:
    sign = f'<span class="fn-sign" aria-hidden="true">{_SIGNS[finding.severity]}</span>'
    remedy = f" {text(finding.remedy)}" if finding.remedy else ""
    name = f'<strong>{text(finding.name)}</strong><span class="fn-unseen"> ({_SAID[finding.severity]})</span>'
    return tag("li", f"{sign}<div>{name}<p>{text(finding.message)}{remedy}</p></div>", cls=f"fn-{finding.severity}")


def _other(why: Why) -> Evidence | None:
    return why.first if why.cited != 1 else None
