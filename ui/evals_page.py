"""The evals page's parts and events, nothing else. It is put beside the chat with `add`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from evals.background import Progress
from ui import chat, render_evals
from ui.caller import Caller, caller_of, calling
from ui.conversation import Conversation, Failure
from ui.evals_desk import EvalsDesk
from ui.events import QUIET, given, html, scripts
from ui.opening import opened
from ui.source_view import Articles

LOOKS = 0.4
"""Seconds between two looks at how far an evaluation is."""


def add(gr: Any, desk: EvalsDesk, library: Articles) -> None:
    """The page, inside the `gradio.Blocks` that are being made. Output only: what comes in are events' bare values."""
    opened, script = gr.State(()), scripts("source_view.js", "evals.js")
    with gr.Row(elem_id="fn-evals-page", equal_height=False):
        with gr.Column(elem_id="fn-evals-column"):
            progress = html(gr, "fn-evals-progress", script=script)
            view = html(gr, "fn-evals", script=script)
        with gr.Column(elem_id="fn-evals-source-column"):
            source = html(gr, "fn-evals-source", script=script)
    page = _Page(desk, library)

    async def follow(request: gr.Request) -> AsyncIterator[str]:
        async for shown in page.follow(caller_of(request)):
            yield shown

    def stop(request: gr.Request) -> str:
        return page.stop(caller_of(request))

    for part in (view, progress):
        part.act(given(gr, page.act), None, [view, opened, source], trigger_mode="multiple", **QUIET)
    progress.follow(follow, None, progress, concurrency_limit=None, **QUIET)
    progress.stop(stop, None, progress, concurrency_limit=None, **QUIET)
    for part in (view, source):
        part.cite(given(gr, page.cite), opened, source, concurrency_limit=16, **QUIET)
    source.close(None, None, source, js="() => ''", **QUIET)


class _Page:
    """The handlers: what an event brings -> what its outputs show."""

    def __init__(self, desk: EvalsDesk, library: Articles) -> None:
        self._desk = desk
        self._library = library
        self._explained: tuple[Exception | None, Failure | None] = None, None

    def act(self, event: object) -> tuple[str, Conversation, str]:
        view, opened = self._desk.act(event)
        return render_evals.view(view) + render_evals.turn(event), opened, ""

    async def follow(self, made_by: Caller) -> AsyncIterator[str]:
        """How far it is, until it has ended; at once where nothing runs."""
        shown = None
        while True:
            progress = self._desk.background.progress()
            rendered = self._rendered(progress, made_by)
            if rendered != shown:
                yield rendered
            if progress is None or not progress.live:
                return
            shown = rendered
            await asyncio.sleep(LOOKS)

    def stop(self, made_by: Caller) -> str:
        return self._rendered(self._desk.stop(), made_by)

    def cite(self, event: object, talked: Conversation) -> str:
        return opened(self._library, talked, event)

    def _rendered(self, progress: Progress | None, made_by: Caller) -> str:
        return render_evals.progress(progress, self._failure(progress.error, made_by)) if progress else ""

    def _failure(self, error: Exception | None, made_by: Caller) -> Failure | None:
        """One id for everybody who looks, that of the request which saw the error first; it is logged once."""
        if error is not self._explained[0]:
            with calling(made_by):
                self._explained = error, chat.explain(error) if error else None
        return self._explained[1]
