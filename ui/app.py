"""The page's parts and events, nothing else. An event's inputs are a question, ids, and state kept on the server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any, Protocol

from qa.answerer import LONGEST_QUESTION
from ui import chat, navigation, render, source_view
from ui.conversation import Conversation

HERE = Path(__file__).parent
QUIET = {"api_visibility": "private", "show_progress": "hidden"}
Shown = tuple[Any, Conversation, list[str]]


class Library(chat.Shelf, source_view.Articles, Protocol):
    """All that the page wants of `qa.library.Library`."""


def blocks(answerer: chat.Answerer, library: Library) -> Any:
    """The page as `gradio.Blocks`, ready to be mounted."""
    import gradio as gr

    with gr.Blocks(title="Footnote", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True) as demo:
        talked, offered = gr.State(()), gr.State(())
        with gr.Row(elem_id="fn-bar"):
            gr.HTML("<h1>Footnote</h1>", apply_default_css=False, js_on_load=None)
            navigation.links(gr)
            fresh = gr.Button("New conversation", elem_id="fn-new", size="sm", scale=0)
        with gr.Row(elem_id="fn-page", equal_height=False):
            with gr.Column(elem_id="fn-chat-column"):
                conversation = _html(gr, "fn-conversation", "<div role='log'>${value.join('')}</div>", [])
                question = _question(gr)
            with gr.Column(elem_id="fn-source-column"):
                source = _html(gr, "fn-source", "${value}", "")
        _wire(
            gr,
            _Page(answerer, library, gr.skip()),
            _Parts(demo, question, talked, conversation, offered, source, fresh),
        )
    return demo.queue(default_concurrency_limit=8, max_size=64)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Gradio's components, and the two that are state on the server: `talked` and `offered`."""

    demo: Any
    question: Any
    talked: Any
    conversation: Any
    offered: Any
    source: Any
    fresh: Any


def _wire(gr: Any, page: "_Page", parts: _Parts) -> None:
    shown = [parts.question, parts.talked, parts.conversation]
    everything = [parts.talked, parts.conversation, parts.offered, parts.source]
    parts.demo.load(page.start, None, everything, **QUIET)
    parts.fresh.click(page.start, None, everything, **QUIET)
    parts.question.submit(page.ask, [parts.question, parts.talked], shown, trigger_mode="once", **QUIET)
    parts.conversation.suggest(_given(gr, page.suggest), [parts.talked, parts.offered], shown, **QUIET)
    for part in (parts.conversation, parts.source):
        part.cite(_given(gr, page.cite), parts.talked, parts.source, concurrency_limit=16, **QUIET)
    parts.source.close(None, None, parts.source, js="() => ''", **QUIET)


class _Page:
    """The handlers: what an event brings -> what its outputs show."""

    def __init__(self, answerer: chat.Answerer, library: Library, as_it_is: Any) -> None:
        self._answerer = answerer
        self._library = library
        self._as_it_is = as_it_is

    def start(self) -> tuple[Conversation, list[str], tuple[str, ...], str]:
        try:
            offered = chat.suggestions(self._library)
            page = render.welcome(self._library.stats().articles, offered)
        except Exception as error:
            offered, page = (), render.failure(chat.explain(error))
        return (), [page], offered, ""

    def ask(self, question: object, talked: Conversation) -> Iterator[Shown]:
        """Empties the question box once: what is typed into it while the answer comes stays."""
        box: Any = ""
        for conversation in chat.ask(self._answerer, question, talked):
            yield box, conversation, render.conversation(conversation)
            box = self._as_it_is

    def suggest(self, event: object, talked: Conversation, offered: tuple[str, ...]) -> Iterator[Shown]:
        index = event.get("index") if isinstance(event, dict) else None
        if isinstance(index, int) and 0 <= index < len(offered):
            yield from self.ask(chat.question_about(offered[index]), talked)

    def cite(self, event: object, talked: Conversation) -> str:
        try:
            place = source_view.read_place(event)
            return render.source(source_view.open_citation(self._library, talked, place))
        except Exception as error:
            return render.source_failure(chat.explain(error))


def _html(gr: Any, name: str, template: str, value: Any) -> Any:
    """Output only. The template is only ever filled through `${value}`: Gradio would run code inside `{{value}}`."""
    script = (HERE / "page.js").read_text()
    return gr.HTML(value, elem_id=name, html_template=template, js_on_load=script, apply_default_css=False)


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


def _given(gr: Any, handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler` as Gradio calls it: first what the browser's event carries (untrusted, of any shape), then inputs."""

    def steps(event: gr.EventData, *inputs: Any) -> Iterator[Any]:
        yield from handler(event._data, *inputs)

    def step(event: gr.EventData, *inputs: Any) -> Any:
        return handler(event._data, *inputs)

    return steps if isgeneratorfunction(handler) else step
