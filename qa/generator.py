"""Prompt -> chat model -> text, as it is written. The only door to a chat model.

The model is asked through LangChain, which speaks to OpenAI, to every server of its protocol, and to other providers
whose package is installed. All of it runs as a task of one event loop in a thread of its own, so that time running out
and a caller who stops both end the request at once, wherever it stands. Every way to fail is a `ChatFailed`.
"""

import asyncio
import os
import queue
import re
import threading
from collections.abc import AsyncIterator
from collections.abc import Generator as Pausing
from concurrent.futures import Future
from contextlib import aclosing
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from qa.errors import ChatFailed
from qa.prompt import Prompt
from qa.settings import Settings
from qa.thoughts import Thoughts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MOST_CHARACTERS = 20_000
"""An answer that never ends is stopped here, if time does not stop it first; thinking that never ends, by time."""
GRACE = 5
"""Seconds past the timeout after which the caller no longer believes that anything will come."""
FIRST_WAIT = 0.5
"""Seconds before the first further try, where the server names none; doubled each time."""

_CUT = {"length", "max_tokens", "MAX_TOKENS", "max_output_tokens"}
_WITHHELD = {"content_filter", "refusal", "SAFETY"}
_KEYLESS = "none"
_MEANINGS = {
    "ModelAuthenticationError": ("key", "The chat model refused the key.", "Check FOOTNOTE_CHAT_API_KEY."),
    "ModelPermissionDeniedError": ("key", "The key may not use this chat model.", "Check its rights."),
    "ModelRateLimitError": ("busy", "The chat model is busy, or its quota is used up.", "Try again later."),
    "ContextOverflowError": ("context", "The prompt was too long for it.", "Lower FOOTNOTE_CHAT_CONTEXT_TOKENS."),
    "ModelNotFoundError": ("model", "There is no chat model {model} at {place}.", "Check the settings."),
    "ModelInvalidRequestError": ("request", "The chat model did not accept the request.", "Check the settings."),
    "ModelTimeoutError": ("timeout", "The chat model at {place} did not answer in time.", "Try again."),
    "ModelConnectionError": ("unreachable", "The chat model cannot be reached at {place}.", "Is it running?"),
    "ModelAPIError": ("server", "The chat model's server at {place} failed.", "Try again."),
}
"""By the names of LangChain's classes, which are the same for every provider."""
_GARBLED = ("garbled", "What the chat model's server sent cannot be read.", "Check what answers there.")


Pieces = Pausing[str, None, "Tokens | None"]
"""Of text; to be closed when no more of them are wanted. Returned at the end: how many tokens it was, where the server
says so."""
Tokens = tuple[int, int]
"""Read and written."""
_Item = str | Tokens | ChatFailed | None


class Generator(Protocol):
    """Implemented by `ChatGenerator` and, for tests, by `tests.fakes.FakeGenerator`."""

    def stream(self, prompt: Prompt) -> Pieces: ...


class ChatGenerator:
    """The chat model that the settings name. Safe to use from several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._model: BaseChatModel | None = None
        threading.Thread(target=self._prepare, name="footnote-chat-import").start()

    def stream(self, prompt: Prompt) -> Pieces:
        """Pieces of text as they come. Closing the iterator closes the request. Raises ChatFailed."""
        model = self._loaded()
        pieces: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        tokens: Tokens | None = None
        task = _run(self._pump(model, prompt, pieces))
        try:
            while (piece := pieces.get(timeout=self._seconds(prompt) + GRACE)) is not None:
                if isinstance(piece, ChatFailed):
                    raise piece
                if isinstance(piece, tuple):
                    tokens = piece
                else:
                    yield piece
            return tokens
        except queue.Empty:
            raise self._slow() from None
        finally:
            task.cancel()

    async def _pump(self, model: "BaseChatModel", prompt: Prompt, pieces: queue.SimpleQueue[_Item]) -> None:
        """Whatever happens, the last thing that goes into the queue is None or a failure."""
        end: ChatFailed | None = None
        try:
            async with asyncio.timeout(self._seconds(prompt)):
                await self._tries(model, prompt, pieces)
        except ChatFailed as failure:
            end = failure
        except TimeoutError:
            end = self._slow()
        except BaseException as error:
            end = self._failure(error)
            if not isinstance(error, Exception):
                raise
        finally:
            pieces.put(end)

    async def _tries(self, model: "BaseChatModel", prompt: Prompt, pieces: queue.SimpleQueue[_Item]) -> None:
        deadline = asyncio.get_running_loop().time() + self._seconds(prompt)
        for attempt in range(self._settings.chat_retries + 1):
            started = False
            try:
                async for piece in _written(model, prompt):
                    started = True
                    pieces.put(piece)
                return
            except Exception as error:
                if started and not isinstance(error, ChatFailed):
                    raise _broken_off() from error
                wait = _wait(error, attempt)
                late = asyncio.get_running_loop().time() + wait >= deadline
                if started or late or attempt == self._settings.chat_retries or not _passing(error):
                    raise
                await asyncio.sleep(wait)

    def _prepare(self) -> None:
        """The first import takes seconds; a question that comes meanwhile waits for it, or fails as it did."""
        try:
            self._loaded()
        except ChatFailed:
            return

    def _loaded(self) -> "BaseChatModel":
        with self._lock:
            if self._model is None:
                self._model = self._made()
            return self._model

    def _made(self) -> "BaseChatModel":
        settings = self._settings
        key = settings.chat_api_key.get_secret_value()
        if not (key or settings.chat_base_url or _provider(settings.chat_model) or os.environ.get("OPENAI_API_KEY")):
            raise ChatFailed("key", "The chat model has no key.", "Set FOOTNOTE_CHAT_API_KEY or OPENAI_API_KEY.")
        try:
            return _chat_model(settings, key)
        except ImportError:
            raise ChatFailed(
                "package", f"The package for {settings.chat_model} is not installed.", "Install LangChain's for it."
            ) from None
        except Exception as error:
            raise ChatFailed(
                "settings",
                f"{settings.chat_model} cannot be used as a chat model ({type(error).__name__}).",
                "Check FOOTNOTE_CHAT_MODEL and its key.",
            ) from None

    def _seconds(self, prompt: Prompt) -> float:
        allowed = self._settings.chat_timeout
        return allowed if prompt.seconds is None else min(prompt.seconds, allowed)

    def _slow(self) -> ChatFailed:
        return ChatFailed(
            "timeout",
            f"The chat model took longer than {self._settings.chat_timeout:g} seconds.",
            "Try again, or raise FOOTNOTE_CHAT_TIMEOUT.",
        )

    def _failure(self, error: BaseException) -> ChatFailed:
        """What an exception of the client means. Its own text is not passed on: it may hold a part of the key."""
        kinds = [kind.__name__ for kind in type(error).__mro__]
        reason, message, remedy = next((_MEANINGS[kind] for kind in kinds if kind in _MEANINGS), _GARBLED)
        told = {"model": self._settings.chat_model, "place": _place(self._settings.chat_base_url)}
        return ChatFailed(reason, message.format(**told), remedy)


# --------------------------------------------------------------------------------------------------------------------


def _chat_model(settings: Settings, key: str) -> "BaseChatModel":
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {
        "temperature": settings.chat_temperature,
        "timeout": settings.chat_timeout,
        "max_retries": 0,
    }
    if not settings.chat_base_url:
        options |= {"max_tokens": settings.chat_answer_tokens} | ({"api_key": key} if key else {})
        return cast("BaseChatModel", init_chat_model(settings.chat_model, **options))
    options |= {
        "model_provider": "openai",
        "base_url": settings.chat_base_url,
        "api_key": key or _KEYLESS,
        "extra_body": {"max_tokens": settings.chat_answer_tokens},
        "use_responses_api": False,
        "stream_chunk_timeout": None,
    }
    return cast("BaseChatModel", init_chat_model(settings.chat_model.removeprefix("openai:"), **options))


async def _written(model: "BaseChatModel", prompt: Prompt) -> AsyncIterator[str | Tokens]:
    """The text of one try without what was thought before it, then its tokens if the server tells them.

    Raises ChatFailed where it is empty, cut, withheld or without end.
    """
    length, finish, thoughts = 0, "", Thoughts()
    tokens: Tokens | None = None
    messages = [("system", prompt.system), ("human", prompt.user)]
    async with aclosing(model.astream(messages)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            finish = _finish(chunk.response_metadata) or finish
            tokens = _tokens(chunk.usage_metadata) or tokens
            text = thoughts.feed(str(chunk.text))
            length += len(text)
            if length > MOST_CHARACTERS:
                raise ChatFailed("endless", "The chat model would not stop writing.", "Try again, or another model.")
            if text:
                yield text
    _refuse_unfinished(finish)
    if rest := thoughts.finish():
        yield rest
    if not length + len(rest):
        raise _empty()
    if tokens:
        yield tokens


def _refuse_unfinished(finish: str) -> None:
    """Raises ChatFailed unless the model stopped by itself."""
    if finish in _CUT:
        remedy = "Raise FOOTNOTE_CHAT_ANSWER_TOKENS, and FOOTNOTE_CHAT_CONTEXT_TOKENS with it."
        raise ChatFailed("cut", "The chat model's answer was cut at its limit.", remedy)
    if finish in _WITHHELD:
        raise ChatFailed("withheld", "The chat model withheld its answer.", "Ask in other words.")
    if not finish:
        raise _broken_off()


def _tokens(usage: Any) -> Tokens | None:
    """Of LangChain's usage metadata."""
    return (int(usage["input_tokens"]), int(usage["output_tokens"])) if usage else None


def _finish(metadata: dict[str, Any]) -> str:
    """Why the model stopped, by whichever name its provider has for it; "" while it has not.

    OpenAI's Responses API has a `status`, and where that is not "completed" a reason why.
    """
    for key in ("finish_reason", "stop_reason", "done_reason"):
        if metadata.get(key):
            return str(metadata[key])
    reason = (metadata.get("incomplete_details") or {}).get("reason")
    return str(reason or "") or ("stop" if metadata.get("status") == "completed" else "")


def _passing(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    return bool(getattr(error, "is_retryable", False))


def _wait(error: Exception, attempt: int) -> float:
    """Seconds until the next try: what the server asks for, if it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked = str(headers.get("retry-after", ""))
    return float(asked) if re.fullmatch(r"\d{1,9}(\.\d+)?", asked) else float(FIRST_WAIT * 2**attempt)


def _provider(model: str) -> bool:
    """Whether another provider than OpenAI is named, which finds its key in its own variable."""
    return ":" in model and not model.startswith("openai:")


def _place(base_url: str) -> str:
    """Host and port only: a URL may hold a password."""
    try:
        parts = urlsplit(base_url)
        return f"{parts.hostname}:{parts.port}" if parts.hostname and parts.port else parts.hostname or "its provider"
    except ValueError:
        return "an address that is none"


def _broken_off() -> ChatFailed:
    return ChatFailed("broken", "The chat model's answer broke off in the middle.", "Try again.")


def _empty() -> ChatFailed:
    return ChatFailed("empty", "The chat model wrote nothing.", "Try again, or another model.")


def _run(coroutine: Any) -> "Future[None]":
    return asyncio.run_coroutine_threadsafe(coroutine, _loop())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One for the process, since LangChain's HTTP clients are shared too and belong to a loop."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="footnote-chat", daemon=True).start()
    return loop
