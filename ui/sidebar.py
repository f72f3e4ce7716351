"""The list of kept conversations beside the chat, and keeping them: event -> store -> render."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from qa.errors import UsageError
from ui import chat, render, render_sidebar, source_view
from ui.caller import caller_of, calling, user_of
from ui.conversation import Conversation
from ui.conversations import LONGEST_SEARCH, Conversations
from ui.events import QUIET, by_user, html, scripts
from ui.opening import opened
from ui.running import Desk

READING = "Shared with you, to read. What you ask here begins a conversation of your own."
Page = tuple[Any, Conversation, list[str], str, tuple[str, ...], str]
"""Question box, conversation, its HTML, notice, suggestions, source: what a page shows, in the order of its outputs."""


class Thread:
    """Which kept conversation a page is in; "" before the first question. One a page, on the server.

    Or under which word it reads one that somebody shares: then what is asked begins another.
    """

    def __init__(self) -> None:
        self.enter()

    def enter(self, conversation_id: str = "", *, reading: str = "") -> None:
        self.conversation_id = conversation_id
        self.reading = reading

    def __deepcopy__(self, memo: object) -> "Thread":
        """Gradio copies a state's first value for every session."""
        return Thread()


@dataclass(frozen=True, slots=True)
class Sidebar:
    """Gradio's components, and the thread, which is state on the server."""

    thread: Any
    search: Any
    listed: Any


def toggle(gr: Any) -> None:
    """The button that shows and hides the list, put where it is called."""
    shown = """<button type="button" id="fn-kept-toggle" aria-controls="fn-kept-column" aria-expanded="false"
 aria-label="Conversations" title="Conversations"><svg viewBox="0 0 24 24" aria-hidden="true">\
<path d="M4 6h16M4 12h16M4 18h10"/></svg></button>"""
    gr.HTML(shown, elem_id="fn-kept-toggle-box", apply_default_css=False, js_on_load=None)


def add(gr: Any) -> Sidebar:
    """Puts the column where it is called."""
    thread = gr.State(Thread())
    with gr.Column(elem_id="fn-kept-column"):
        search = gr.Textbox(
            label="Search conversations",
            show_label=False,
            container=False,
            placeholder="Search conversations",
            elem_id="fn-kept-search",
            max_lines=1,
            max_length=LONGEST_SEARCH,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="search"),
        )
        listed = html(gr, "fn-kept", script=scripts("sidebar.js"))
    return Sidebar(thread, search, listed)


def wire(gr: Any, bar: Sidebar, handlers: "Handlers", demo: Any, fresh: Any, desk: Any, page: list[Any]) -> None:
    """`page` are the components of a `Page`, in its order."""
    here, everything = [desk, bar.thread], [*page, bar.listed]
    searched = [bar.thread, bar.search]

    def enter(request: gr.Request, *inputs: Any) -> Any:
        with calling(caller_of(request)):
            return handlers.enter(user_of(request), dict(request.query_params), *inputs)

    demo.load(enter, here, everything, **QUIET)
    fresh.click(by_user(gr, handlers.new), [*here, bar.search], everything, **QUIET)
    bar.search.input(by_user(gr, handlers.search), searched, bar.listed, trigger_mode="always_last", **QUIET)
    bar.listed.open(by_user(gr, handlers.open, event=True), [*here, bar.search], everything, **QUIET)
    # Not "share": Gradio's own script takes an event of that name for itself.
    for name, change in (("rename", handlers.rename), ("grant", handlers.share), ("revoke", handlers.unshare)):
        getattr(bar.listed, name)(by_user(gr, change, event=True), searched, bar.listed, **QUIET)
    bar.listed.delete(by_user(gr, handlers.delete, event=True), [*here, bar.search], everything, **QUIET)


class Handlers:
    """`start` makes an empty page, `box` the question box that waits for a question."""

    def __init__(
        self,
        store: Conversations,
        library: source_view.Articles,
        start: Callable[[Desk], Page],
        waiting: Callable[[], Any],
        skip: Any,
    ) -> None:
        self._store = store
        self._library = library
        self._start = start
        self._waiting = waiting
        self._skip = skip

    def enter(self, user: str, query: Mapping[str, str], desk: Desk, thread: Thread) -> tuple[Any, ...]:
        """A page that is loaded: the conversation that its address names, at the citation that it names."""
        at = query.get("at", "")
        if "s" in query:
            return self._read(user, query["s"], desk, thread, at)
        if "c" in query:
            return self._opened(user, query["c"], desk, thread, "", at)
        return self.new(user, desk, thread)

    def new(self, user: str, desk: Desk, thread: Thread, searched: object = "") -> tuple[Any, ...]:
        thread.enter()
        return *self._start(desk), self.search(user, thread, searched)

    def open(self, user: str, event: object, desk: Desk, thread: Thread, searched: object) -> tuple[Any, ...]:
        return self._opened(user, _word(event, "id"), desk, thread, searched)

    def search(self, user: str, thread: Thread, searched: object) -> str:
        """The list, narrowed to what holds the words."""
        words = str(searched or "")
        try:
            found = self._store.list(user, words)
        except Exception as error:
            return render_sidebar.not_kept(chat.explain(error), user)
        return render_sidebar.listing(
            found, thread.conversation_id, searched=bool(words.strip()), user=user, reading=thread.reading
        )

    def rename(self, user: str, event: object, thread: Thread, searched: object) -> str:
        named = partial(self._store.rename, user, _word(event, "id"), _word(event, "title"))
        return self._changed(named, user, thread, searched)

    def share(self, user: str, event: object, thread: Thread, searched: object) -> str:
        """With whoever may sign in; where nobody does, the page's address already leads here."""
        share = partial(self._store.share, user, _word(event, "id")) if user else lambda: None
        return self._changed(share, user, thread, searched)

    def unshare(self, user: str, event: object, thread: Thread, searched: object) -> str:
        return self._changed(partial(self._store.unshare, user, _word(event, "id")), user, thread, searched)

    def delete(self, user: str, event: object, desk: Desk, thread: Thread, searched: object) -> tuple[Any, ...]:
        """The page stays as it is, unless it was in the conversation that is gone."""
        try:
            self._store.delete(user, _word(event, "id"))
        except Exception as error:
            return *self._unchanged(), render_sidebar.not_kept(chat.explain(error), user)
        if thread.conversation_id and thread.conversation_id == _word(event, "id"):
            return self.new(user, desk, thread, searched)
        return *self._unchanged(), self.search(user, thread, searched)

    def keep(self, user: str, thread: Thread, steps: Iterator[Conversation]) -> Iterator[tuple[Conversation, Any]]:
        """The steps of an exchange, each with the list where it changed. Kept from the question on, however it ends."""
        last: Conversation = ()
        conversation_id = listed = ""
        try:
            for last in steps:
                if not conversation_id and not listed and last[-1].question:
                    conversation_id, listed = self._begin(user, thread, last)
                    yield last, listed
                else:
                    yield last, self._skip
        finally:
            if conversation_id:
                self._finish(user, conversation_id, last)

    def _changed(self, change: Callable[[], object], user: str, thread: Thread, searched: object) -> str:
        """The list after a change of one of its own; what is not there is passed over."""
        try:
            change()
        except UsageError:
            pass
        except Exception as error:
            return render_sidebar.not_kept(chat.explain(error), user)
        return self.search(user, thread, searched)

    def _begin(self, user: str, thread: Thread, steps: Conversation) -> tuple[str, str]:
        try:
            conversation_id = self._store.begin(user, steps[-1], thread.conversation_id)
        except Exception as error:
            return "", render_sidebar.not_kept(chat.explain(error), user)
        thread.enter(conversation_id)
        return conversation_id, self.search(user, thread, "")

    def _finish(self, user: str, conversation_id: str, steps: Conversation) -> None:
        try:
            self._store.change(user, conversation_id, steps[-1])
        except Exception as error:
            chat.explain(error)

    def _opened(
        self, user: str, conversation_id: str, desk: Desk, thread: Thread, searched: object, at: str = ""
    ) -> tuple[Any, ...]:
        try:
            conversation = self._store.open(user, conversation_id)
        except Exception as error:
            return self._astray(error, user, desk, thread, searched)
        desk.drop()
        thread.enter(conversation_id)
        shown = render.conversation(conversation)
        source = self._source(conversation, at)
        return self._waiting(), conversation, shown, "", (), source, self.search(user, thread, searched)

    def _read(self, user: str, word: str, desk: Desk, thread: Thread, at: str) -> tuple[Any, ...]:
        """A conversation that somebody shares; its owner is in it as ever."""
        try:
            found = self._store.shared(word)
        except Exception as error:
            return self._astray(error, user, desk, thread, "")
        if found.owner == user:
            return self._opened(user, found.conversation_id, desk, thread, "", at)
        desk.drop()
        thread.enter(reading=word)
        shown = render.conversation(found.conversation, reading=True)
        source = self._source(found.conversation, at)
        return self._waiting(), found.conversation, shown, READING, (), source, self.search(user, thread, "")

    def _astray(self, error: Exception, user: str, desk: Desk, thread: Thread, searched: object) -> tuple[Any, ...]:
        thread.enter()
        box, talked, _, notice, offered, source = self._start(desk)
        page = [render.failure(chat.explain(error))]
        return box, talked, page, notice, offered, source, self.search(user, thread, searched)

    def _source(self, conversation: Conversation, at: str) -> str:
        return opened(self._library, conversation, {"place": at}) if at else ""

    def _unchanged(self) -> tuple[Any, ...]:
        return (self._skip,) * 6


def _word(event: object, name: str) -> str:
    given = event.get(name) if isinstance(event, Mapping) else None
    return given[:1_000] if isinstance(given, str) else ""
