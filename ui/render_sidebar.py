"""The list of kept conversations -> HTML. What people asked and how they named it passes `markup.text`."""

from collections.abc import Sequence

from ui.conversation import Failure
from ui.conversations import Summary
from ui.markup import button, day, tag, text

_SIGNS = {
    "link": "M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7",
    "sharing": "M9 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM21 5a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM21 19a3 3 0 1 1-6 0 3 3 0 0 1 6 0z\
M8.6 10.6l6.8-4M8.6 13.4l6.8 4",
    "rename": "M12 20h9M16.5 3.5a2.1 2.1 0 0 1 3 3L7 19l-4 1 1-4z",
    "delete": "M3 6h18M8 6V4h8v2M6 6l1 15h10l1-15M10 11v6M14 11v6",
}

_TITLES = {"sharing": "Share"}


def listing(
    summaries: Sequence[Summary], current: str, *, searched: bool = False, user: str = "", reading: str = ""
) -> str:
    """The conversations, the open one marked; who is signed in, and the way out.

    `reading` is the word of somebody else's conversation that is open.
    """
    if summaries:
        items = (_item(item, item.conversation_id == current, sharing=bool(user)) for item in summaries)
        shown = tag("ul", "".join(items))
    else:
        shown = tag(
            "p",
            "No conversation has these words." if searched else "Nothing was asked yet. Conversations are kept here.",
        )
    return tag("div", shown + _who(user), cls="fn-kept", data_current=current, data_reading=reading)


def not_kept(failure: Failure, user: str = "") -> str:
    """In place of the list, where conversations cannot be read or written."""
    said = f"<p><strong>Conversations are not kept now.</strong> {text(failure.message)} {text(failure.remedy)}</p>"
    return tag("div", tag("div", said, cls="fn-failure", role="alert") + _who(user), cls="fn-kept", data_current="")


def _item(item: Summary, current: bool, *, sharing: bool) -> str:
    when = f'<time datetime="{text(item.changed_at)}">{day(item.changed_at[:10])}</time>'
    when += '<span class="fn-kept-shared">Shared</span>' if item.shared_as else ""
    marked = {"aria_current": "true"} if current else {}
    opening = button(f'<bdi class="fn-kept-title">{text(item.title)}</bdi>{when}', data_do="open", **marked)
    tools = (
        _tool("link", f"Copy a link to: {item.title}"),
        _tool("sharing", f"Share: {item.title}") if sharing else "",
        _tool("rename", f"Rename: {item.title}"),
        _tool("delete", f"Delete: {item.title}"),
    )
    row = tag("div", opening + tag("span", "".join(tools), cls="fn-kept-tools"), cls="fn-kept-row")
    parts = row + _rename(item) + _link(item) + _sure(item) + (_share(item) if sharing else "")
    return tag("li", parts, data_id=item.conversation_id, data_share=item.shared_as)


def _tool(name: str, label: str) -> str:
    sign = f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{_SIGNS[name]}"/></svg>'
    return button(sign, data_do=name, aria_label=label, title=_TITLES.get(name, name.capitalize()))


def _rename(item: Summary) -> str:
    field = f'<input aria-label="New name" maxlength="120" value="{text(item.title)}" autocomplete="off">'
    save = tag("button", "Save", type="submit")
    return tag("form", field + save + button("Cancel", data_do="cancel"), cls="fn-kept-rename", hidden="")


def _link(item: Summary) -> str:
    """Where the script shows the link that a browser does not let it copy."""
    field = '<input aria-label="Link" readonly>'
    inner = tag("span", "Copy this link:") + field + button("Close", data_do="cancel")
    return tag("div", inner, cls="fn-kept-link", role="group", aria_label=f"Link to: {item.title}", hidden="")


def _sure(item: Summary) -> str:
    asked = tag("span", "Delete for good?") + button("Delete", data_do="really") + button("Keep", data_do="cancel")
    return tag("div", asked, cls="fn-kept-sure", role="group", aria_label=f"Delete: {item.title}", hidden="")


def _share(item: Summary) -> str:
    if item.shared_as:
        said = "Whoever signs in and has the link can read this, with what you still ask in it."
        does = button("Copy link", data_do="link") + button("Stop sharing", data_do="unshare")
    else:
        said = "Let whoever signs in and has the link read this, with what you still ask in it?"
        does = button("Share", data_do="share")
    inner = tag("span", said) + does + button("Close" if item.shared_as else "Cancel", data_do="cancel")
    return tag("div", inner, cls="fn-kept-share", role="group", aria_label=f"Share: {item.title}", hidden="")


def _who(user: str) -> str:
    if not user:
        return ""
    out = tag("form", tag("button", "Sign out", type="submit"), method="post", action="/sign-out")
    return tag("div", f"<span>Signed in as <b>{text(user)}</b></span>{out}", cls="fn-who")
