"""POST /ask and /ask/stream: a question, its history and its filters -> the document of `footnote ask --json`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date
from functools import partial
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Annotated, Any

from anyio import fail_after
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from qa import contract
from qa.answerer import LONGEST_QUESTION
from qa.domain import Filters, Reply, Retrieved, Token, Turn
from ui import batch
from ui.api import describe, failures
from ui.api.gate import Busy, Gate, unless_left
from ui.chat import Answerer
from ui.pace import Pace, too_many

MOST_TURNS = 50
LONGEST_ANSWER = 20_000
STREAM_SECONDS = 300
"""After which a stream ends, however slowly it is read."""
SEND_SECONDS = 15
"""That a reader may take for one piece; then its place is free for another."""

Name = Annotated[str, Field(min_length=1, max_length=2_000)]
Item = Retrieved | Token | Reply


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Exchange(_Body):
    """An earlier question of the conversation, and the answer that was given."""

    question: str = Field(max_length=LONGEST_QUESTION)
    answer: str = Field(default="", max_length=LONGEST_ANSWER)


class Narrowing(_Body):
    """Which articles are asked; what is left out lets every article through. Dates are inclusive."""

    publishers: list[Name] = Field(default=[], max_length=100, examples=[["Tarnshire Post"]])
    since: date | None = Field(default=None, description="Published on or after.")
    until: date | None = Field(default=None, description="Published on or before.")
    articles: list[int | Name] = Field(default=[], max_length=200, description="Ids, URIs, or the unique ends of URIs.")


class Question(_Body):
    question: str = Field(min_length=1, max_length=LONGEST_QUESTION, examples=["Is the stolen silver insured?"])
    history: list[Exchange] = Field(default=[], max_length=MOST_TURNS, description="Oldest first.")
    filters: Narrowing = Field(default=Narrowing())

    def turns(self) -> list[Turn]:
        return [Turn(one.question, one.answer) for one in self.history]


class Asking:
    """The handlers, over one answerer and library."""

    def __init__(
        self,
        answerer: Answerer,
        library: batch.Named,
        gate: Gate,
        user: Callable[[Request], str],
        pace: Pace = Pace(0),  # noqa: B008
    ) -> None:
        self._answerer = answerer
        self._library = library
        self._gate = gate
        self._user = user
        self._pace = pace

    def routes(self) -> APIRouter:
        router = APIRouter(tags=["ask"])
        router.add_api_route("/ask", self.ask, methods=["POST"], responses=describe.document("reply", "The reply."))
        router.add_api_route(
            "/ask/stream",
            self.stream,
            methods=["POST"],
            status_code=200,
            response_class=_Streamed,
            responses=describe.EVENTS,
        )
        return router

    async def ask(self, asked: Question, request: Request) -> Response:
        """Answer a question, every claim with the sentence that it rests on, or refuse and show what came closest."""

        answering = self._answered(self._admitted(request), asked)
        return JSONResponse(contract.reply(await unless_left(request.receive, answering)))

    async def stream(self, asked: Question, request: Request) -> Response:
        """The same as server-sent events: `retrieved` with the evidence, `token`s, `reply`; or `error` at any place.

        Whoever leaves stops the work.
        """
        return _Streamed(self._gate, self._admitted(request), partial(self._items, asked))

    async def _answered(self, user: str, asked: Question) -> Reply:
        """A step at a time: whoever leaves stops the work after the one that has begun."""
        item: Item | None
        async with self._gate.entered(user):
            with _closing(self._items(asked)) as items:
                while (item := await self._gate.run(lambda: next(items, None))) is not None:
                    reply = item
        assert not isinstance(reply, Retrieved | Token)
        return reply

    def _admitted(self, request: Request) -> str:
        """Who asks. Raises Busy where they have asked enough for now."""
        user = self._user(request)
        wait = self._pace.take(user)
        if wait:
            raise Busy(429, too_many(self._pace.per_minute, wait)[0], int(wait) + 1)
        return user

    def _items(self, asked: Question) -> Generator[Item]:
        yield from self._answerer.stream(asked.question, asked.turns(), self._filters(asked.filters))

    def _filters(self, asked: Narrowing) -> Filters:
        return batch.filters(
            self._library,
            asked.publishers,
            asked.since.isoformat() if asked.since else None,
            asked.until.isoformat() if asked.until else None,
            [str(one) for one in asked.articles],
        )


# --------------------------------------------------------------------------------------------------


class _Streamed(Response):
    """Begins once there is a first item, so that what fails before it has a status of its own."""

    media_type = "text/event-stream"

    def __init__(self, gate: Gate, user: str, items: Callable[[], Generator[Item]]) -> None:
        super().__init__()
        self._gate = gate
        self._user = user
        self._items = items

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def in_time(message: Message) -> None:
            nonlocal started
            started = True
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await self._answered(scope, receive, in_time)
        except (TimeoutError, ClientDisconnect):
            if not started:
                raise

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        with fail_after(STREAM_SECONDS):
            async with AsyncExitStack() as place:
                first, items = await unless_left(receive, self._begun(place))
                events = StreamingResponse(
                    self._events(first, items),
                    headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
                    media_type=self.media_type,
                )
                await events(scope, receive, send)

    async def _begun(self, place: AsyncExitStack) -> tuple[Item, Generator[Item]]:
        """The first item, and those that follow, from a place that is left with `place`."""
        await place.enter_async_context(self._gate.entered(self._user))
        items = place.enter_context(_closing(self._items()))
        return await self._gate.run(lambda: next(items)), items

    async def _events(self, item: Item | None, items: Iterator[Item]) -> AsyncIterator[str]:
        try:
            while item is not None:
                yield _event(*_told(item))
                item = await self._gate.run(lambda: next(items, None))
        except Exception as error:
            yield _event("error", failures.body(error))


@contextmanager
def _closing(items: Generator[Item]) -> Iterator[Generator[Item]]:
    """Closes them at the end, unless a thread still works on them: then the service ends, and the thread with it."""
    try:
        yield items
    finally:
        if getgeneratorstate(items) != GEN_RUNNING:
            items.close()


def _told(item: Item) -> tuple[str, Any]:
    match item:
        case Retrieved(evidence):
            return "retrieved", {"evidence": contract.evidence(evidence)}
        case Token(text):
            return "token", {"text": text}
        case _:
            return "reply", contract.reply(item)


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
