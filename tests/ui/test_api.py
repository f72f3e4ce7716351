import asyncio
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.openapi.models import OpenAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from qa import contract
from qa.bootstrap import service
from qa.domain import Article
from qa.embedder import SentenceTransformerEmbedder
from qa.errors import LibraryUnwritable
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, running
from ui import api
from ui.api import asking
from ui.api.gate import Gate
from ui.caller import LOOPBACK
from ui.guard import MOST_BYTES, Guard
from ui.jobs import Jobs
from ui.pace import Pace
from ui.uploads import Uploads

SILVER = "Is the stolen silver insured?"
QUESTIONS = (SILVER, "What did Rovers get for Hallgren?", "Who won Hollin Cross?", "What is the capital of Mongolia?")
REPLY = answer(evidence(article(), "The repair will cost £41 million."))


@contextmanager
def served(answerer: Any, library: Any, user: api.User = lambda _: "", **more: Any) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.mount(api.PREFIX, api.build(answerer, library, user, **more))
    with (
        running(Guard(app, LOOPBACK)) as address,
        httpx.Client(base_url=f"{address}{api.PREFIX}", timeout=30, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client(
    sample_library: Path, model: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """Over a real library of its own, with files up to 10 kB."""
    place = tmp_path_factory.mktemp("api")
    folder = shutil.copytree(sample_library, place / "library")
    given = Settings(_env_file=None, library=folder, index="exact", file_max_mb=0.01)
    made = service(given, embedder=model)
    (place / "uploads").mkdir()
    with made.library, Jobs(made.library, model, given) as jobs:
        ingesting = api.Ingesting(jobs, Uploads(place / "uploads", given.file_max_mb), given)
        with served(made.answerer, made.library, ingesting=ingesting) as client:
            yield client


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer([REPLY])


@pytest.fixture
def played(answerer: FakeAnswerer) -> Iterator[httpx.Client]:
    with served(answerer, FakeArticles(article())) as client:
        yield client


def ask(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    told = client.post("/ask", json={"question": question, **more})
    assert told.status_code == 200, told.text
    return told.json()  # type: ignore[no-any-return]


def valid(document: Any, name: str) -> bool:
    return not list(Draft202012Validator(contract.schema(name)).iter_errors(document))


def error(response: httpx.Response) -> dict[str, str]:
    """What is said, once it is in the one form and gives nothing of the inside away."""
    assert set(response.json()) == {"error"}
    assert set(response.json()["error"]) == {"message", "remedy", "id"}
    assert "Traceback" not in response.text
    assert ".py" not in response.text
    return response.json()["error"]  # type: ignore[no-any-return]


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_an_answer_is_the_document_of_the_command_and_its_quote_the_stored_text(client: httpx.Client) -> None:
    reply = ask(client, SILVER)
    assert valid(reply, "reply")
    assert "insured for £1.9m" in reply["answer"]
    cited = reply["evidence"][0]
    shown = client.get(f"/articles/{cited['article_id']}", params={"version": cited["version"]}).json()
    assert valid(shown, "whole_article")
    assert shown["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_history_and_filters_are_used(client: httpx.Client) -> None:
    earlier = [{"question": "When was the Hollin Cross seat recounted?", "answer": "On Friday."}]
    assert ask(client, "Who won it?", history=earlier)["standalone_question"] == "Who won it? (Hollin Cross)"
    other = ask(client, SILVER, filters={"publishers": ["tarnshire post"], "since": "2000-01-01"})
    assert {one["publisher"] for one in other["evidence"]} == {"Tarnshire Post"}
    nothing = ask(client, SILVER, filters={"until": "1900-01-01"})
    assert nothing["refused"]
    assert nothing["evidence"] == []


def test_many_who_ask_at_once_each_get_the_answer_to_their_own_question(client: httpx.Client) -> None:
    alone = {question: ask(client, question)["answer"] for question in QUESTIONS}
    assert len(set(alone.values())) == len(QUESTIONS)
    asked = QUESTIONS * 5
    with ThreadPoolExecutor(len(asked)) as users:
        replies = list(users.map(lambda question: ask(client, question), asked))
    assert [(reply["question"], reply["answer"]) for reply in replies] == [(q, alone[q]) for q in asked]


def test_a_stream_brings_the_evidence_first_and_the_reply_last(client: httpx.Client) -> None:
    with client.stream("POST", "/ask/stream", json={"question": SILVER}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        (first, retrieved), (last, reply) = events(stream.iter_lines())
    assert (first, last) == ("retrieved", "reply")
    assert valid(reply, "reply")
    assert all(valid(one, "evidence") for one in retrieved["evidence"])
    assert reply["evidence"][0] in retrieved["evidence"]


def test_tokens_come_one_by_one(played: httpx.Client, answerer: FakeAnswerer) -> None:
    answerer.tokens = ("The repair ", "costs\n\nevent: reply")
    with client_stream(played) as stream:
        told = list(events(stream.iter_lines()))
    assert [name for name, _ in told] == ["retrieved", "token", "token", "reply"]
    assert told[2][1] == {"text": "costs\n\nevent: reply"}


def client_stream(client: httpx.Client) -> Any:
    return client.stream("POST", "/ask/stream", json={"question": "What will it cost?"})


class Telling(FakeAnswerer):
    """Sets `closed` when its stream is left before its end."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.closed = threading.Event()

    def stream(self, *given: Any, **more: Any) -> Iterator[Any]:
        try:
            yield from super().stream(*given, **more)
        except GeneratorExit:
            self.closed.set()
            raise


def test_who_leaves_a_stream_stops_the_work() -> None:
    answerer = Telling([REPLY, REPLY], tokens=("word ",) * 1_000)
    answerer.goes_on.clear()
    with served(answerer, FakeArticles(article())) as client:
        with client_stream(client) as stream:
            assert next(stream.iter_lines()) == "event: retrieved"
        time.sleep(0.2)
        answerer.goes_on.set()
        assert answerer.closed.wait(5)
        assert client.post("/ask", json={"question": "Again?"}).status_code == 200


class Standing(FakeAnswerer):
    """Stands still in its first step already, while `goes_on` is cleared."""

    def stream(self, *given: Any, **more: Any) -> Iterator[Any]:
        items = super().stream(*given, **more)
        first = next(items)
        self.goes_on.wait(60)
        yield first
        yield from items


@pytest.mark.parametrize("path", ["/ask", "/ask/stream"])
def test_who_leaves_keeps_the_place_until_the_work_has_stopped(path: str, caplog: pytest.LogCaptureFixture) -> None:
    answerer = Standing([REPLY] * 20)
    answerer.goes_on.clear()
    with served(answerer, FakeArticles(article()), lambda _: "mara") as client, ThreadPoolExecutor(13) as users:

        def left(_: int) -> None:
            with pytest.raises(httpx.ReadTimeout):
                client.post(path, json={"question": "x"}, timeout=0.3)

        list(users.map(left, range(12)))
        time.sleep(0.3)
        assert len(answerer.asked) == 4, "of twelve that were left, only four have ever begun"
        after = users.submit(client.post, path, json={"question": "after them"})
        time.sleep(0.3)
        assert len(answerer.asked) == 4, "what was left is still being worked on"
        answerer.goes_on.set()
        assert after.result().status_code == 200
    assert [question for question, _ in answerer.asked] == ["x"] * 4 + ["after them"]
    assert caplog.records == []


def test_who_leaves_a_question_stops_it_at_its_next_step() -> None:
    answerer = Telling([REPLY, REPLY], tokens=("word ",) * 1_000)
    answerer.goes_on.clear()
    with served(answerer, FakeArticles(article())) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/ask", json={"question": "x"}, timeout=0.3)
        time.sleep(0.2)
        answerer.goes_on.set()
        assert answerer.closed.wait(5)


def test_a_service_that_ends_does_not_wait_for_what_is_worked_on() -> None:
    answerer = Standing([REPLY])
    answerer.goes_on.clear()
    handler = asking.Asking(answerer, FakeArticles(article()), Gate(), lambda _: "mara")

    async def heard() -> Any:
        await asyncio.sleep(60)

    async def ended() -> None:
        stream = await handler.stream(asking.Question(question="x"), Request({"type": "http"}))
        working = asyncio.ensure_future(stream({"type": "http"}, heard, heard))  # type: ignore[arg-type]
        while not answerer.asked:
            await asyncio.sleep(0.01)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        answerer.goes_on.set()

    asyncio.run(ended())


def test_an_error_in_the_middle_of_a_stream_ends_it(played: httpx.Client, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [REPLY]
    answerer.tokens = (None,)  # type: ignore[assignment]
    answerer.stream = lambda *_: broken()  # type: ignore[method-assign]
    with client_stream(played) as stream:
        told = list(events(stream.iter_lines()))
    assert [name for name, _ in told] == ["retrieved", "error"]
    assert told[1][1]["error"]["id"]
    assert "/home/someone" not in json.dumps(told)


def broken() -> Iterator[Any]:
    from qa.domain import Retrieved

    yield Retrieved(())
    raise RuntimeError("/home/someone/secret")


@pytest.mark.parametrize("path", ["/ask", "/ask/stream"])
def test_errors_have_their_status_and_one_form(played: httpx.Client, answerer: FakeAnswerer, path: str) -> None:
    answerer.outcomes[:] = [RuntimeError("/home/someone/secret"), LibraryUnwritable("The disk is full.", "Make room.")]
    unknown = played.post(path, json={"question": "x"})
    assert unknown.status_code == 500
    assert "/home/someone" not in unknown.text
    assert len(error(unknown)["id"]) == 8
    full = played.post(path, json={"question": "x"})
    assert full.status_code == 503
    assert error(full) == {"message": "The disk is full.", "remedy": "Make room.", "id": ""}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/articles/999", 404),
        ("GET", "/articles/1?version=99", 404),
        ("GET", f"/articles/{10**30}", 422),
        ("GET", "/articles?limit=0", 422),
        ("GET", "/articles?limit=100000", 422),
        ("GET", "/articles?offset=-1", 422),
        ("GET", "/articles?publisher=Nobody", 422),
        ("GET", "/articles?since=yesterday", 422),
        ("DELETE", "/articles/999", 404),
        ("GET", "/nothing", 404),
        ("GET", "/ask", 404),
        ("PUT", "/ask", 404),
    ],
)
def test_what_is_not_there_or_not_right_is_said(client: httpx.Client, method: str, path: str, status: int) -> None:
    told = client.request(method, path)
    assert told.status_code == status
    assert error(told)["message"]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"question"',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"question": ""}',
        b'{"question": "  \\n "}',
        b'{"question": 7}',
        b'{"question": "x", "model": "y"}',
        b'{"question": "x", "history": [{"answer": "y"}]}',
        b'{"question": "x", "history": {}}',
        b'{"question": "x", "filters": {"since": "yesterday"}}',
        b'{"question": "x", "filters": {"articles": ["no such"]}}',
        b'{"question": "x", "filters": {"articles": [[1]]}}',
        json.dumps({"question": "x" * 2_001}).encode(),
        json.dumps({"question": "x", "history": [{"question": "y"}] * 51}).encode(),
    ],
)
def test_bad_bodies_are_refused_with_the_reason(client: httpx.Client, sent: bytes) -> None:
    told = client.post("/ask", content=sent, headers={"content-type": "application/json"})
    assert told.status_code in (400, 404, 422)
    assert error(told)["message"]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(question=ODD, history=ODD, filters=ODD)
def test_no_body_breaks_it(client: httpx.Client, question: Any, history: Any, filters: Any) -> None:
    body = json.dumps({"question": question, "history": history, "filters": filters})
    told = client.post("/ask", content=body, headers={"content-type": "application/json"})
    assert told.status_code in (200, 404, 422)
    if told.status_code != 200:
        assert error(told)["id"] == ""


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client) -> None:
    told = client.post("/ask", json={"question": "x" * MOST_BYTES})
    assert told.status_code == 413
    assert error(told)["message"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/ask"), ("POST", "/ask/stream"), ("DELETE", "/articles/1")])
def test_other_sites_may_not_call_it(client: httpx.Client, method: str, path: str) -> None:
    headers = {"origin": "https://evil.example", "content-type": "text/plain"}
    told = client.request(method, path, headers=headers, content=b'{"question": "x"}')
    assert told.status_code == 403
    assert error(told)["message"]


def test_the_list_is_paged_searched_and_narrowed(client: httpx.Client) -> None:
    everything = client.get("/articles").json()
    assert everything["next_offset"] is None
    assert all(valid(one, "article") for one in everything["articles"])
    paged, offset = [], 0
    while offset is not None:
        page = client.get("/articles", params={"limit": 2, "offset": offset}).json()
        paged += page["articles"]
        offset = page["next_offset"]
    assert paged == everything["articles"]
    one = next(a for a in paged if a["publisher"])
    found = client.get("/articles", params={"search": one["title"], "publisher": one["publisher"]}).json()
    assert one in found["articles"]
    assert client.get("/publishers").json()["publishers"] == sorted({a["publisher"] for a in paged} - {""})


def test_the_whole_library_can_be_taken_out(client: httpx.Client) -> None:
    lines = client.get("/export").text.splitlines()
    assert all(valid(json.loads(line), "whole_article") for line in lines)
    stats = client.get("/stats").json()
    assert valid(stats, "stats")
    assert len(lines) == stats["articles"]


def test_what_is_removed_is_gone_from_answers_and_old_quotes_stay(client: httpx.Client) -> None:
    cited = ask(client, "What did Rovers get for Hallgren?")["evidence"][0]["article_id"]
    told = client.delete(f"/articles/{cited}")
    assert told.status_code == 200
    assert valid(told.json(), "removal")
    assert cited not in {e["article_id"] for e in ask(client, "What did Rovers get for Hallgren?")["evidence"]}
    assert client.get(f"/articles/{cited}").json()["state"] == "removed"
    assert client.delete(f"/articles/{cited}").status_code == 404


def test_who_comes_on_top_is_told_when_to_come_again() -> None:
    answerer = FakeAnswerer([REPLY] * 40)
    answerer.goes_on.clear()
    seen: list[str] = []
    with (
        served(answerer, FakeArticles(article()), lambda _: seen.append("mara") or "mara") as client,
        ThreadPoolExecutor(16) as users,
    ):
        waiting = [users.submit(client.post, "/ask", json={"question": "x"}) for _ in range(16)]
        wait_for(lambda: (len(answerer.asked), len(seen)) == (4, 16))
        time.sleep(0.1)
        told = client.post("/ask", json={"question": "x"})
        assert told.status_code == 429
        assert told.headers["retry-after"] == "2"
        assert "2 seconds" in error(told)["remedy"]
        answerer.goes_on.set()
        assert [one.result().status_code for one in waiting] == [200] * 16


def test_one_user_leaves_places_for_the_others() -> None:
    answerer = FakeAnswerer([REPLY] * 12)
    answerer.goes_on.clear()
    names = iter(["mara"] * 10 + ["ines"])
    with served(answerer, FakeArticles(article()), lambda _: next(names)) as client, ThreadPoolExecutor(11) as users:
        slow = [users.submit(client.post, "/ask/stream", json={"question": "x"}) for _ in range(10)]
        wait_for(lambda: len(answerer.asked) == 4)
        time.sleep(0.1)
        other = users.submit(client.post, "/ask", json={"question": "from ines"})
        wait_for(lambda: len(answerer.asked) == 5)
        assert answerer.asked[-1][0] == "from ines"
        answerer.goes_on.set()
        assert [one.result().status_code for one in [*slow, other]] == [200] * 11


def test_who_does_not_read_frees_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SEND_SECONDS", 0.3)
    answerer = FakeAnswerer([REPLY, REPLY], tokens=("word " * 20_000,) * 400)  # 40 MB: more than any buffer between
    app = FastAPI()
    app.include_router(asking.Asking(answerer, FakeArticles(article()), Gate(at_once=1), lambda _: "mara").routes())
    with running(app) as address, socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as deaf:
        body = b'{"question": "x"}'
        head = f"POST /ask/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        deaf.sendall(f"{head}\r\n\r\n".encode() + body)
        wait_for(lambda: len(answerer.asked) == 1)
        answerer.tokens = ()
        assert httpx.post(f"{address}/ask", json={"question": "y"}, timeout=5, trust_env=False).status_code == 200


def test_so_many_questions_a_minute_are_let_in_and_the_next_is_told_when_to_come_again() -> None:
    names = iter(["mara"] * 3 + ["ines", "", ""])
    pace = Pace(2, now=lambda: 0.0)
    with served(FakeAnswerer([REPLY] * 6), FakeArticles(article()), lambda _: next(names), pace=pace) as client:
        told = [client.post(path, json={"question": "x"}) for path in ("/ask", "/ask/stream", "/ask/stream")]
        assert [one.status_code for one in told] == [200, 200, 429]
        assert told[2].headers["retry-after"] == "31"  # a place every 30 seconds, rounded up
        assert "2 questions in a minute" in error(told[2])["message"]
        assert [client.post("/ask", json={"question": "x"}).status_code for _ in range(3)] == [200] * 3


def wait_for(reached: Any) -> None:
    until = time.monotonic() + 5
    while not reached() and time.monotonic() < until:
        time.sleep(0.01)
    assert reached()


class Shedding(FakeArticles):
    """A library that lets go of everything."""

    def article(self, article_id: int, version: int | None = None) -> Article:
        return article(article_id)

    def remove(self, article_id: int) -> None:
        """Gone."""

    def purge(self, article_id: int, forget: Callable[[int, str], object]) -> None:
        forget(article_id, self.article(article_id).uri)


def test_what_keeps_answers_is_told_of_a_purge_and_of_nothing_else() -> None:
    told: list[tuple[int, str]] = []
    with served(FakeAnswerer(), Shedding(), forget=lambda *purged: told.append(purged)) as client:
        assert client.delete("/articles/3").status_code == 200
        assert client.delete("/articles/4", params={"purge": True}).status_code == 200
    assert told == [(4, article(4).uri)]


def ended(client: httpx.Client, begun: httpx.Response) -> dict[str, Any]:
    """The job once it has ended."""
    assert begun.status_code == 202, begun.text
    job: dict[str, Any] = {"state": "queued"}
    until = time.monotonic() + 30
    while job["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.05)
        job = client.get(f"/jobs/{begun.json()['job_id']}").json()
    return job


def upload(client: httpx.Client, name: str, body: bytes) -> str:
    told = client.post("/uploads", params={"name": name}, content=body)
    assert told.status_code == 200, told.text
    return str(told.json()["upload"])


def test_files_that_are_sent_are_taken_in_and_answer(client: httpx.Client) -> None:
    mill = "The old mill at Cray burnt down in 1902. Nobody was hurt in the fire, the Gazette wrote."
    sent = [upload(client, "mill.txt", mill.encode()), upload(client, "../../empty.pdf", b"%PDF-1.4 nothing")]
    job = ended(client, client.post("/jobs", json={"uploads": sent}))
    assert (job["state"], job["counts"]) == ("done", {"added": 1, "failed": 1})
    added, failed = (item["outcome"] for item in job["items"])
    assert valid(added, "outcome")
    assert valid(failed, "outcome")
    assert "mill at Cray" in ask(client, "When did the old mill at Cray burn down?")["answer"]
    assert job["retryable"]
    again = ended(client, client.post(f"/jobs/{job['job_id']}/retry"))
    assert again["counts"] == {"added": 1, "failed": 1}
    assert job["job_id"] in [one["job_id"] for one in client.get("/jobs").json()["jobs"]]
    assert client.delete(f"/jobs/{job['job_id']}").json()["state"] == "done"


def test_a_file_that_is_too_large_is_refused(client: httpx.Client) -> None:
    told = client.post("/uploads", params={"name": "big.txt"}, content=b"x" * 20_000)
    assert told.status_code == 413
    assert "big.txt" in error(told)["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"sources": ["/etc/passwd"]}, 422),
        ({"sources": ["-"]}, 422),
        ({"sources": [""]}, 422),
        ({"sources": ["https://a.example/"] * 201}, 422),
        ({"uploads": ["0123"]}, 422),
        ({"uploads": ["../../x"]}, 422),
    ],
)
def test_what_may_not_be_taken_in_begins_no_job(client: httpx.Client, body: Any, status: int) -> None:
    before = client.get("/jobs").json()
    told = client.post("/jobs", json=body)
    assert told.status_code == status
    assert error(told)["message"]
    assert client.get("/jobs").json() == before


def test_an_address_on_this_machine_is_not_fetched(client: httpx.Client) -> None:
    job = ended(client, client.post("/jobs", json={"sources": ["http://127.0.0.1/"]}))
    assert job["counts"] == {"failed": 1}
    assert "public" in job["items"][0]["outcome"]["reason"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/retry")])
def test_a_job_that_is_not_there_is_said(client: httpx.Client, method: str, path: str) -> None:
    told = client.request(method, f"/jobs/0123{path}")
    assert told.status_code == 404
    assert error(told)["message"]


def test_it_describes_itself_and_the_description_holds(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    OpenAPI.model_validate(document)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(schemas)
    assert set(document["paths"]) >= {"/ask", "/ask/stream", "/articles", "/articles/{article_id}", "/stats", "/export"}
    answers = document["paths"]["/ask"]["post"]["responses"]
    for told, answered in (("200", ask(client, SILVER)), ("default", client.get("/articles/999").json())):
        schema = answers[told]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(answered)


def test_its_page_needs_nothing_but_itself(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/v1/ask/stream" in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
