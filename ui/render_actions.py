"""What can be done with a reply: say what it is worth, keep the conversation as a file -> HTML. Pure."""

from qa.domain import Answer, Refusal
from ui.conversation import Exchange
from ui.markup import button, tag

FORMS = (("markdown", "Markdown"), ("html", "HTML"), ("json", "JSON"))
_THUMB = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 11v9H4v-9zm0 0 4-8c1.5 0 2.5 1 2.5 2.5V9H19c1.2 0 2 1 \
1.8 2.2l-1.2 7c-.2 1-1 1.8-2 1.8H7"/></svg>'
)


def actions(turn: int, exchange: Exchange, *, last: bool, judged: bool = True) -> str:
    """The row below a reply; the last one also offers the whole conversation."""
    if not isinstance(exchange.outcome, Answer | Refusal):
        return ""
    inner = (_verdict(turn, exchange) if judged else "") + (_export() if last else "")
    return (tag("div", inner, cls="fn-actions") if inner else "") + (_why(turn, exchange) if judged else "")


# --------------------------------------------------------------------------------------------------


def _verdict(turn: int, exchange: Exchange) -> str:
    thumbs = "".join(
        button(
            _THUMB,
            cls=f"fn-thumb fn-{name}",
            data_verdict="" if exchange.verdict == name else name,
            data_turn=turn,
            aria_label=label,
            title=label,
            aria_pressed=str(exchange.verdict == name).lower(),
        )
        for name, label in (("up", "Good answer"), ("down", "Bad answer"))
    )
    return tag("div", thumbs, cls="fn-thumbs", role="group", aria_label="What is this answer worth?")


def _why(turn: int, exchange: Exchange) -> str:
    if not exchange.verdict:
        return ""
    asked = "What is good about it?" if exchange.verdict == "up" else "What is wrong with it?"
    label = f'<label>{asked} <input type="text" maxlength="1000" autocomplete="off" placeholder="Optional"></label>'
    send = button("Send", cls="fn-send", data_verdict=exchange.verdict, data_turn=turn)
    return tag("div", label + send, cls="fn-verdict", data_of=f"{exchange.key}:{exchange.verdict}")


def _export() -> str:
    forms = "".join(button(name, cls="fn-export", data_export=form) for form, name in FORMS)
    return tag("div", f"<span>Export:</span>{forms}", cls="fn-exports", role="group", aria_label="Export conversation")
