"""The page's parts and events, nothing else. An event's inputs are a question, ids, and state kept on the server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qa.answerer import LONGEST_QUESTION
from qa.errors import FootnoteError
from ui import chat, filter_row, filters, navigation, render, reply_actions, sidebar, source_view
from ui.caller import caller
from ui.conversation import Conversation
from ui.conversations import Conversations
from ui.events import QUIET, by_user, given, html, index_of, scripts
from ui.feedback import Feedback
from ui.opening import opened
from ui.pace import Pace, too_many
from ui.running import Desk

ONE_AT_A_TIME = "The answer to your last question is still coming. Wait for it or stop it, then ask again."
Shown = tuple[Any, Any, Any, str, Any]


class Library(source_view.Articles, filter_row.Shelf, Protocol):
    """All that the page wants of `qa.library.Library`."""

    def stats(self) -> chat.Stats: ...


def blocks(
    answerer: chat.Answerer,
    library: Library,
    conversations: Conversations,
    feedback: Feedback,
    further: Sequence[Callable[[Any], None]] = (),
    pace: Pace = Pace(0),  # noqa: B008
    choices: Mapping[str, chat.Answerer] | None = None,
) -> Any:
    """The page as `gradio.Blocks`, ready to be mounted; each of `further` puts another page into it.

    `choices`: where people may choose between chat models, what answers with each; the first is `answerer`.
    """
    import gradio as gr

    with gr.Blocks(title="Footnote", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True) as demo:
        talked, offered, desk = gr.State(()), gr.State(()), gr.State(Desk())
        script = scripts("source_view.js", "page.js")
        with gr.Row(elem_id="fn-bar"):
            sidebar.toggle(gr)
            gr.HTML("<h1>Footnote</h1>", apply_default_css=False, js_on_load=None)
            navigation.links(gr)
            fresh = gr.Button("New conversation", elem_id="fn-new", size="sm", scale=0)
        with gr.Row(elem_id="fn-page", equal_height=False):
            kept = sidebar.add(gr)
            with gr.Column(elem_id="fn-chat-column"):
                conversation = html(gr, "fn-conversation", [], script, "<div role='log'>${value.join('')}</div>")
                with gr.Column(elem_id="fn-ask"):
                    said = "<p role='status'>${value}</p>"
                    notice = gr.HTML("", elem_id="fn-said", html_template=said, js_on_load=None)
                    model = _models(gr, list(choices or ()))
                    narrowing = filter_row.add(gr)
                    question = _question(gr)
            with gr.Column(elem_id="fn-source-column"):
                source = html(gr, "fn-source", script=script)
        page = _Page(choices or {"": answerer}, library, conversations, gr, pace)
        parts = _Parts(
            demo, question, talked, conversation, offered, source, fresh, desk, notice, narrowing, kept, model
        )
        _wire(gr, page, parts)
        _wire_actions(gr, reply_actions.Handlers(feedback, conversations, gr.skip()), parts)
        filter_row.wire(gr, narrowing, library, demo)
        for add_page in further:
            add_page(gr)
    return demo.queue(default_concurrency_limit=8, max_size=64)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Gradio's components, and those that are state on the server: `talked`, `offered` and `desk`."""

    demo: Any
    question: Any
    talked: Any
    conversation: Any
    offered: Any
    source: Any
    fresh: Any
    desk: Any
    notice: Any
    narrowing: filter_row.FilterRow
    kept: sidebar.Sidebar
    model: Any


def _wire(gr: Any, page: "_Page", parts: _Parts) -> None:
    whole = [parts.question, parts.talked, parts.conversation, parts.notice, parts.offered, parts.source]
    sidebar.wire(gr, parts.kept, page.kept, parts.demo, parts.fresh, parts.desk, whole)
    shown = [parts.question, parts.talked, parts.conversation, parts.notice, parts.kept.listed]
    state = [parts.talked, parts.desk, parts.kept.thread]
    asked = [parts.question, *state, parts.model, *parts.narrowing.inputs]
    parts.question.submit(by_user(gr, page.ask), asked, shown, trigger_mode="multiple", **QUIET)
    parts.question.stop(page.stop, parts.desk, None, concurrency_limit=None, **QUIET)
    suggest = by_user(gr, page.suggest, event=True)
    parts.conversation.suggest(suggest, [*state, parts.offered, parts.model], shown, **QUIET)
    for part in (parts.conversation, parts.source):
        part.cite(given(gr, page.cite), parts.talked, parts.source, concurrency_limit=16, **QUIET)
    parts.source.close(None, None, parts.source, js="() => ''", **QUIET)


def _wire_actions(gr: Any, handlers: reply_actions.Handlers, parts: _Parts) -> None:
    saved = gr.HTML(elem_id="fn-download", html_template="", js_on_load=scripts("download.js"))
    told, shown = parts.conversation, [parts.talked, parts.conversation, parts.notice]

    def judge(user: str, event: object, talked: Conversation, desk: Desk, thread: sidebar.Thread) -> Any:
        reading = bool(thread.reading)
        return handlers.judge(user, event, talked, desk, thread.conversation_id, reading=reading)

    state = [parts.talked, parts.desk, parts.kept.thread]
    told.judge(by_user(gr, judge, event=True), state, shown, **QUIET)
    told.export(given(gr, handlers.export), parts.talked, [saved, parts.notice], **QUIET)


class _Page:
    """The handlers: what an event brings -> what its outputs show."""

    def __init__(
        self,
        answerers: Mapping[str, chat.Answerer],
        library: Library,
        conversations: Conversations,
        gr: Any,
        pace: Pace,
    ) -> None:
        self._answerers = answerers
        self._pace = pace
        self._library = library
        self._gr = gr
        self._conversations = conversations
        self.kept = sidebar.Handlers(conversations, library, self.start, self._box, gr.skip())

    def start(self, desk: Desk) -> tuple[Any, Conversation, list[str], str, tuple[str, ...], str]:
        desk.drop()
        try:
            offered = chat.suggestions(self._library)
            page = render.welcome(self._library.stats().articles, offered)
        except Exception as error:
            offered, page = (), render.failure(chat.explain(error))
        return self._box(), (), [page], "", offered, ""

    def ask(
        self,
        user: str,
        question: object,
        talked: Conversation,
        desk: Desk,
        thread: sidebar.Thread,
        model: object,
        *narrowing: Any,
    ) -> Iterator[Shown]:
        """Empties the question box once: what is typed into it while the answer comes stays."""
        skip = self._gr.skip()
        try:
            among = filters.read(*narrowing) if narrowing else filters.Narrowing()
            talked = self._conversations.without_erased(talked)
        except FootnoteError as error:
            yield skip, skip, skip, render.said(error.message, error.remedy), skip
            return
        wait = 0.0 if desk.busy else self._pace.take(caller().who)
        if wait:
            yield skip, skip, skip, render.said(*too_many(self._pace.per_minute, wait)), skip
            return
        run = desk.begin()
        if run is None:
            yield skip, skip, skip, ONE_AT_A_TIME, skip
            return
        if thread.reading:
            talked = ()
            thread.enter()
        box = self._box(running=True, value="")
        steps = chat.ask(self._answerer(model), question, talked, run, among)
        for conversation, listed in self.kept.keep(user, thread, steps):
            yield box, conversation, render.conversation(conversation), "", listed
            box = skip
        # Gradio sends the last step again when all is done: of a dropped question that must show nothing.
        yield (skip,) * 5 if run.dropped else (self._box(), skip, skip, "", skip)

    def _answerer(self, model: object) -> chat.Answerer:
        """The one that was chosen; the first for a name that nobody was offered."""
        return self._answerers.get(str(model)) or next(iter(self._answerers.values()))

    def stop(self, desk: Desk) -> None:
        desk.stop()

    def suggest(
        self,
        user: str,
        event: object,
        talked: Conversation,
        desk: Desk,
        thread: sidebar.Thread,
        offered: tuple[str, ...],
        model: object,
    ) -> Iterator[Shown]:
        index = index_of(event, offered)
        if index is not None:
            yield from self.ask(user, chat.question_about(offered[index]), talked, desk, thread, model)

    def _box(self, *, running: bool = False, **more: Any) -> Any:
        """The question box as it is while a question is under way, and while none is."""
        return self._gr.update(submit_btn=False if running else "Ask", stop_btn="Stop" if running else False, **more)

    def cite(self, event: object, talked: Conversation) -> str:
        return opened(self._library, talked, event)


def _models(gr: Any, names: Sequence[str]) -> Any:
    """A choice between chat models, where the operator allows one; else only its place."""
    if not names:
        return gr.State("")
    return gr.Dropdown(list(names), value=names[0], label="Answered by", filterable=False, elem_id="fn-model")


def _question(gr: Any) -> Any:
    return gr.Textbox(
        label="Your question",
        show_label=False,
        container=False,
        placeholder="Ask about the articles",
        elem_id="fn-question",
        max_lines=6,
        max_length=LONGEST_QUESTION,
        submit_btn="Ask",
        autofocus=True,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
    )
