"""People choose between the chat models that the operator allows, or none, question by question."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.temporary import store
from qa.bootstrap import NO_MODEL, Service, service
from qa.confidence import Confidence
from qa.domain import LoadedArticle
from qa.library import Library
from qa.settings import Settings
from tests.chat_server import ChatServer, chat_server, says
from tests.fakes import FakeEmbedder
from tests.ui.browser import visit
from tests.ui.evals_service import BRIDGE, COST
from tests.ui.pages import running
from ui import server

WRITTEN = "It will cost £41 million [1]."
SURE = Confidence(9.0, {}, 0.5)


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with chat_server(says(WRITTEN)) as stage:
        yield stage


@pytest.fixture
def made(chat: ChatServer, tmp_path: Path) -> Iterator[tuple[Service, Settings]]:
    settings = Settings(
        library=tmp_path,
        index="exact",
        chat_model="openai:small",
        chat_models=" openai:large , openai:small,",
        chat_base_url=chat.url,
        _env_file=None,
    )
    with Library.open(tmp_path, FakeEmbedder.stamp, index="exact") as library:
        list(store([("file:///a/bridge.txt", LoadedArticle("Tamar crossing", BRIDGE))], library, FakeEmbedder()))
        yield service(settings, embedder=FakeEmbedder(), library=library, confidence=SURE), settings


def test_each_is_named_once_the_default_first_and_none_last(made: tuple[Service, Settings]) -> None:
    offered = made[0].choices
    assert list(offered) == ["openai:small", "openai:large", NO_MODEL]
    assert next(iter(offered.values())) is made[0].answerer


def test_there_is_no_choice_where_the_operator_names_no_further_model(tmp_path: Path) -> None:
    settings = Settings(library=tmp_path, index="exact", _env_file=None)
    with Library.open(tmp_path, FakeEmbedder.stamp, index="exact") as library:
        assert service(settings, embedder=FakeEmbedder(), library=library).choices == {}


def test_a_question_goes_to_the_model_that_was_chosen(
    made: tuple[Service, Settings], chat: ChatServer, browser: Any
) -> None:
    whole, settings = made
    app = server.build(whole.answerer, whole.library, settings, whole)
    with running(app) as address, visit(browser, address) as seen:
        claims = seen.page.locator(".fn-turn").last.locator(".fn-claim")
        seen.ask("What will the repair of the Tamar crossing cost?")
        assert WRITTEN[:20] in claims.first.inner_text()
        choose(seen.page, "openai:large")
        seen.ask("What will the crossing's repair cost?")
        assert [asked["model"] for asked in chat.asked] == ["small", "large"]
        choose(seen.page, NO_MODEL)
        seen.ask("What does the county of Westhaven say the repair will cost?")
        assert COST[:40] in claims.first.inner_text()
        assert len(chat.asked) == 2


def choose(page: Any, name: str) -> None:
    page.get_by_label("Answered by").click()
    page.get_by_role("option", name=name).click()
