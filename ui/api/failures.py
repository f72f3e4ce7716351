"""Every error of the API in one form: {"error": {"message", "remedy", "id"}}, with the status that fits it."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import FootnoteError, IngestError, LibraryError, ModelError, NotInLibrary, OverLimit, UsageError
from ui import chat
from ui.api.gate import Busy

STATUS: tuple[tuple[type[FootnoteError], int], ...] = (
    (NotInLibrary, 404),
    (UsageError, 422),
    (OverLimit, 413),
    (IngestError, 422),
    (LibraryError, 503),
    (ModelError, 503),
)
"""The first that an error belongs to counts."""

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["message", "remedy", "id"],
            "properties": {
                "message": {"type": "string", "minLength": 1, "description": "What happened, to which input."},
                "remedy": {"type": "string", "description": 'What to do next, or "".'},
                "id": {"type": "string", "description": 'Finds the details in the server\'s log; "" for most.'},
            },
        }
    },
}
_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/failure"}}}
DOCUMENTED: dict[int | str, dict[str, Any]] = {"default": {"description": "What went wrong.", "content": _CONTENT}}

_WORDS = {
    401: "Sign in first, with a name and a password.",
    404: "There is nothing here.",
    405: "This address does not take that method.",
    413: "The request is too large.",
}


def install(app: FastAPI) -> None:
    """Every error that may leave `app` goes out in that form; never a traceback."""
    app.add_exception_handler(FootnoteError, _own)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_middleware(_Unexpected)


def body(error: Exception) -> dict[str, Any]:
    """An error as the API tells it; what is not Footnote's own goes to the log, and only its id is told."""
    failure = chat.explain(error)
    return _form(failure.message, failure.remedy, failure.error_id)


def status(error: Exception) -> int:
    """500 for what is not Footnote's own."""
    return next((code for kind, code in STATUS if isinstance(error, kind)), 500)


# --------------------------------------------------------------------------------------------------


def _form(message: str, remedy: str = "", error_id: str = "") -> dict[str, Any]:
    return {"error": {"message": message, "remedy": remedy, "id": error_id}}


def _own(_: Request, error: Exception) -> Response:
    return JSONResponse(body(error), status(error))


def _busy(_: Request, error: Exception) -> Response:
    assert isinstance(error, Busy)
    told = _form(error.message, f"Ask again in {error.seconds} seconds.")
    return JSONResponse(told, error.status, {"Retry-After": str(error.seconds)})


def _invalid(_: Request, error: Exception) -> Response:
    """Which fields, and what about them: never what was sent in them."""
    assert isinstance(error, RequestValidationError)
    if any(one["loc"] == ("body",) for one in error.errors()):
        return JSONResponse(_form("The body is no JSON object.", _SEND), 422)
    found = [f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]}: {one['msg']}" for one in error.errors()[:5]]
    return JSONResponse(_form("; ".join(found) + ".", "See /api/v1/docs for the form of a request."), 422)


_SEND = "Send one, with the header Content-Type: application/json; see /api/v1/docs."


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = _form(_WORDS.get(error.status_code, str(error.detail)), "See /api/v1/docs.")
    return JSONResponse(told, error.status_code, error.headers)


def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads this; 499 is what web servers log for a client that left."""
    return Response(status_code=499)


class _Unexpected:
    """Around the whole app: what nobody thought of is logged once, and told without its details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            told = JSONResponse(body(error), 500)
            if not started:
                await told(scope, receive, send)
