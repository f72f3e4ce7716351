"""The evals page's parts and events, nothing else. It is put beside the chat with `add`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from evals.background import Progress
from ui import chat, render, render_evals, source_view
from ui.conversation import Conversation
from ui.evals_desk import EvalsDesk
from ui.source_view import Articles

HERE = Path(__file__).parent
QUIET = {"api_visibility": "private", "show_progress": "hidden"}
LOOKS = 0.4
"""Seconds between two looks at how far an evaluation is."""


def add(gr: Any, desk: EvalsDesk, library: Articles) -> None:
    """The page, inside the `gradio.Blocks` that are being made. Output only: what comes in are events' bare values."""
    opened = gr.State(())
    with gr.Row(elem_id="fn-evals-page", equal_height=False):
        with gr.Column(elem_id="fn-evals-column"):
            progress = _html(gr, "fn-evals-progress")
            view = _html(gr, "fn-evals")
        with gr.Column(elem_id="fn-evals-source-column"):
            source = _html(gr, "fn-evals-source")
    page = _Page(desk, library)
    for part in (view, progress):
        part.act(_given(gr, page.act), None, [view, opened, source], trigger_mode="multiple", **QUIET)
    progress.follow(page.follow, None, progress, concurrency_limit=None, **QUIET)
    progress.stop(page.stop, None, progress, concurrency_limit=None, **QUIET)
    for part in (view, source):
        part.cite(_given(gr, page.cite), opened, source, concurrency_limit=16, **QUIET)
    source.close(None, None, source, js="() => ''", **QUIET)


class _Page:
    """The handlers: what an event brings -> what its outputs show."""

    def __init__(self, desk: EvalsDesk, library: Articles) -> None:
        self._desk = desk
        self._library = library

    def act(self, event: object) -> tuple[str, Conversation, str]:
        view, opened = self._desk.act(event)
        return render_evals.view(view), opened, ""

    async def follow(self) -> AsyncIterator[str]:
        """How far it is, until it has ended; at once where nothing runs."""
        shown = None
        while True:
            progress = self._desk.background.progress()
            rendered = _rendered(progress)
            if rendered != shown:
                yield rendered
            if progress is None or not progress.live:
                return
            shown = rendered
            await asyncio.sleep(LOOKS)

    def stop(self) -> str:
        return _rendered(self._desk.stop())

    def cite(self, event: object, opened: Conversation) -> str:
        try:
            place = source_view.read_place(event)
            return render.source(source_view.open_citation(self._library, opened, place))
        except Exception as error:
            return render.source_failure(chat.explain(error))


def _rendered(progress: Progress | None) -> str:
    if progress is None:
        return ""
    return render_evals.progress(progress, chat.explain(progress.error) if progress.error else None)


def _html(gr: Any, name: str) -> Any:
    """Only ever filled through `${value}`: Gradio would run code inside `{{value}}`."""
    script = (HERE / "evals.js").read_text()
    return gr.HTML("", elem_id=name, html_template="${value}", js_on_load=script, apply_default_css=False)


def _given(gr: Any, handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler` as Gradio calls it: first what the browser's event carries (untrusted, of any shape), then inputs."""

    def step(event: gr.EventData, *inputs: Any) -> Any:
        return handler(event._data, *inputs)

    return step
