"""A citation that a browser names -> the source view as it is shown, or what went wrong."""

from ui import chat, render, source_view
from ui.conversation import Conversation


def opened(articles: source_view.Articles, conversation: Conversation, event: object) -> str:
    """`event` is untrusted and of any shape. Never raises: an error is shown, and logged where it is not our own."""
    try:
        place = source_view.read_place(event)
        return render.source(source_view.open_citation(articles, conversation, place))
    except Exception as error:
        return render.source_failure(chat.explain(error))
