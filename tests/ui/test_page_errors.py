"""What goes wrong on the library and the evals page: one id for what people see, the log, and the request."""

import asyncio
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from evals.background import Progress
from qa.bootstrap import Service
from tests.fakes import FakeArticles
from tests.ui.evals_service import small
from tests.ui.pages import running
from tests.ui.test_server import call
from ui import server
from ui.caller import Caller
from ui.evals_page import _Page

CUT = RuntimeError("the wires were cut")


class Broken:
    """A library of which nothing can be had once it is served."""

    def finish_purges(self, _: object) -> dict[int, str]:
        return {}

    def __getattr__(self, name: str) -> Any:
        raise CUT


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with small(tmp_path_factory.mktemp("broken") / "library") as (made, settings):
        service = Service(cast(Any, Broken()), made.embedder, made.answerer)
        app = server.build(made.answerer, made.library, settings, service)
        with running(app) as address, httpx.Client(base_url=address, timeout=10, trust_env=False) as client:
            yield client


@pytest.mark.parametrize(
    ("event", "data"),
    [("why", {"id": 1, "question": "Who won?"}), ("correct", {"id": 1}), ("act", {"do": "draft"})],
)
def test_an_error_carries_the_id_of_its_request(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, event: str, data: object
) -> None:
    asked: list[str] = []
    client.event_hooks["response"] = [lambda told: asked.append(told.headers["x-request-id"])]
    with caplog.at_level(logging.ERROR, "ui"):
        shown = json.dumps(call(client, event, [], data, session=f"broken-{event}"))
    joined = asked[1]  # the first is for the numbers of the handlers
    assert f"Error {joined}" in shown
    assert f"error {joined}" in caplog.text
    assert "wires" not in shown


def test_an_evaluation_that_failed_is_logged_once_and_has_one_id_for_all(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress("Cases", "failed", error=CUT)
    desk: Any = SimpleNamespace(background=SimpleNamespace(progress=lambda: progress), stop=lambda: progress)
    page = _Page(desk, FakeArticles())

    async def followed(made_by: str) -> list[str]:
        return [shown async for shown in page.follow(Caller(made_by))]

    with caplog.at_level(logging.ERROR, "ui"):
        shown = [*asyncio.run(followed("first")), *asyncio.run(followed("second")), page.stop(Caller("third"))]
    assert ["Error first" in one for one in shown] == [True] * 3
    assert len(caplog.records) == 1
