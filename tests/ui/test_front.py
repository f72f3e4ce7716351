"""Request ids, the log, /healthz, /metrics: over the whole service, as somebody who runs it sees them."""

import json
import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ingest.pipeline import Outcome
from qa.answerer import FALLEN_BACK
from qa.domain import Answer, Reply
from qa.errors import LibraryUnwritable, QuestionError
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, refusal, running, served
from tests.ui.test_server import call
from ui import look_out, users
from ui.caller import address
from ui.logs import JsonLines, PlainLines
from ui.metrics import Metrics

FOUND = evidence(article(), "The repair will cost £41 million.")
REPLY = answer(FOUND, timings_ms={"read": 40.0})
SECRET = "my-secret-question"


def client_of(address: str, **more: object) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=10, trust_env=False, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture(scope="module")
def service(answerer: FakeAnswerer) -> Iterator[str]:
    with served(answerer, FakeArticles(article())) as address:
        yield address


@pytest.fixture
def client(service: str) -> Iterator[httpx.Client]:
    with client_of(service) as client:
        yield client


def lines(caplog: pytest.LogCaptureFixture, paths: int = 1) -> list[dict[str, object]]:
    """Each is written once its answer has gone out."""
    until = time.monotonic() + 5
    while len({one.fields["path"] for one in caplog.records if one.name == "ui.front"}) < paths:
        time.sleep(0.01)
        assert time.monotonic() < until
    return [json.loads(JsonLines().format(one)) for one in caplog.records if one.name == "ui.front"]


def test_a_request_has_an_id_and_a_line_without_what_was_said(
    client: httpx.Client, answerer: FakeAnswerer, caplog: pytest.LogCaptureFixture
) -> None:
    answerer.outcomes[:] = [REPLY]
    with caplog.at_level(logging.INFO, "ui"):
        asked = {"question": SECRET}
        told = client.post(f"/api/v1/ask?q={SECRET}", json=asked, headers={"cookie": f"footnote={SECRET}"})
        client.get(f"/{SECRET}")
    done, nowhere = lines(caplog, 2)
    assert told.headers["x-request-id"] == done["request_id"]
    assert {done[name] for name in ("method", "path", "client")} == {"POST", "/api/v1/ask", "here"}
    assert (done["status"], done["level"], nowhere["status"], nowhere["path"]) == (200, "info", 404, "")
    assert SECRET not in "".join(JsonLines().format(one) for one in caplog.records if one.name.startswith("ui"))


def test_the_id_of_an_error_is_that_of_its_request(
    client: httpx.Client, answerer: FakeAnswerer, caplog: pytest.LogCaptureFixture
) -> None:
    answerer.outcomes[:] = [RuntimeError("x")]
    told = client.post("/api/v1/ask", json={"question": "x"})
    assert told.json()["error"]["id"] == told.headers["x-request-id"]
    assert f"error {told.headers['x-request-id']}" in caplog.text
    assert lines(caplog)[-1]["level"] == "error"


def test_the_page_s_errors_carry_the_id_of_the_request_too(
    client: httpx.Client, answerer: FakeAnswerer, caplog: pytest.LogCaptureFixture
) -> None:
    answerer.outcomes[:] = [RuntimeError("x")]
    with caplog.at_level(logging.INFO, "ui"):
        shown = json.dumps(call(client, "submit", ["Cost?"], session="ids"))
    joined = next(one["request_id"] for one in lines(caplog, 2) if one["path"] == "/gradio_api/queue/join")
    assert str(joined) in shown


def test_the_word_of_a_page_is_not_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "ui"):
        with client.stream("GET", "/gradio_api/heartbeat/secretword"):
            pass
        client.get("/healthz")
    assert {one["path"] for one in lines(caplog, 2)} <= {"/gradio_api/heartbeat/", "/healthz"}
    assert all(one["level"] == "debug" for one in lines(caplog))


def test_a_record_is_one_line_whatever_is_in_it() -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError as error:
        record = logging.LogRecord("ui", logging.ERROR, "", 0, "a\nb", (), (type(error), error, error.__traceback__))
    assert JsonLines().format(record).count("\n") == 0
    assert json.loads(JsonLines().format(record))["message"] == "a\nb"
    record.fields = {"status": 200}
    record.exc_info = record.exc_text = None
    assert PlainLines().format(record).split("\n")[0].endswith("a status=200")


def test_metrics_count_questions_by_kind_and_their_steps() -> None:
    metrics = Metrics()
    fallen = answer(FOUND, notice=f"No model. {FALLEN_BACK}")
    outcomes: list[Reply | Exception] = [REPLY, fallen, refusal(FOUND), QuestionError("?"), RuntimeError("x"), REPLY]
    observed = metrics.observed(FakeAnswerer(outcomes))
    for _ in range(5):
        try:
            assert list(observed.stream("x"))
        except (QuestionError, RuntimeError):
            continue
    stream = observed.stream("x")
    next(stream)
    assert "footnote_questions_in_flight 1.0" in metrics.text().decode()
    stream.close()  # type: ignore[attr-defined]
    text = metrics.text().decode()
    for kind in ("answer", "fallback", "refusal", "invalid", "failed", "left"):
        assert f'footnote_questions_total{{reply="{kind}"}} 1.0' in text
    assert "footnote_questions_in_flight 0.0" in text
    assert 'footnote_step_seconds_bucket{le="0.05",step="read"} 1.0' in text  # 40 ms
    assert 'footnote_step_seconds_bucket{le="0.025",step="read"} 0.0' in text


def test_metrics_count_items_and_refusals(client: httpx.Client) -> None:
    metrics = Metrics()
    metrics.ingested(Outcome("a", "added"))
    assert 'footnote_ingest_items_total{outcome="added"} 1.0' in metrics.text().decode()
    client.get("/nothing")
    assert 'footnote_refused_requests_total{status="404"}' in client.get("/metrics").text


@pytest.mark.parametrize(
    "headers", [{"x-forwarded-for": "203.0.113.1"}, {"forwarded": "for=x"}, {"host": "localhost.evil"}]
)
def test_metrics_are_for_this_machine(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers=headers).status_code in (400, 403)


@pytest.mark.parametrize(
    ("client", "host", "header", "who"),
    [
        ("127.0.0.1", "localhost:7860", "", ""),
        ("::1", "[::1]:7860", "", ""),
        ("127.0.0.1", "qa.example", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "x-forwarded-for", "127.0.0.1"),
        ("192.0.2.1", "127.0.0.1", "", "192.0.2.1"),
    ],
)
def test_only_a_straight_connection_is_this_machine(client: str, host: str, header: str, who: str) -> None:
    headers = [(b"host", host.encode()), *([(header.encode(), b"127.0.0.1")] if header else [])]
    assert address({"client": (client, 1), "headers": headers}) == who


def test_metrics_are_for_who_signs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_N", 2**10)
    users.add(tmp_path / "users", "ada", "adas long password")
    settings = Settings(_env_file=None, library=tmp_path / "library", users=tmp_path / "users")
    away = {"x-forwarded-for": "203.0.113.1"}
    with served(FakeAnswerer(), FakeArticles(), settings) as at, client_of(at) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers=away).status_code == 401
        assert client.get("/metrics", headers=away, auth=("ada", "adas long password")).status_code == 200


class Broken(FakeArticles):
    def articles(self, **_: object) -> list[object]:  # type: ignore[override]
        raise LibraryUnwritable("/home/someone/catalog.db cannot be read.")


def test_health_says_what_is_wrong_without_a_path(caplog: pytest.LogCaptureFixture) -> None:
    with served(FakeAnswerer(), Broken()) as at, client_of(at) as client:
        told = client.get("/healthz")
    assert told.status_code == 503
    assert told.json()["problem"] == "The library cannot be read."
    assert "/home/someone" not in told.text
    assert told.json()["id"] in caplog.text


def test_health_notices_a_library_that_is_gone(sample_library: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample_library, tmp_path / "library"))
    with Library.open(folder, None, index="exact") as library:
        from starlette.applications import Starlette

        app = Starlette(routes=look_out.routes(library, Metrics(), folder / "catalog.db"))
        with running(app) as at, client_of(at) as client:
            assert client.get("/healthz").status_code == 200
            shutil.rmtree(folder)
            assert client.get("/healthz").status_code == 503


def test_the_page_says_kindly_that_it_was_asked_too_often(answerer: FakeAnswerer, tmp_path: Path) -> None:
    answerer.outcomes[:] = [REPLY, REPLY]
    settings = Settings(_env_file=None, library=tmp_path / "library", questions_per_minute=1)
    away = {"x-forwarded-for": "203.0.113.1"}
    with served(answerer, FakeArticles(article()), settings) as at, client_of(at, headers=away) as client:
        assert "41 million" in json.dumps(call(client, "submit", ["Cost?"], session="often"))
        again = json.dumps(call(client, "submit", ["Cost?"], session="often"))
        assert "You have asked one question in a minute" in again
        assert client.post("/api/v1/ask", json={"question": "x"}).status_code == 429
    with served(answerer, FakeArticles(article()), settings) as at, client_of(at) as client:
        assert isinstance(REPLY, Answer)
        answerer.outcomes[:] = [REPLY] * 3
        assert [client.post("/api/v1/ask", json={"question": "x"}).status_code for _ in range(3)] == [200] * 3


def test_no_proxy_setting_believes_everybody() -> None:
    with pytest.raises(ValueError, match="proxies"):
        Settings(_env_file=None, proxies="*")
