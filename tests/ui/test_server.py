import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from qa.errors import SettingsError, UsageError
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, served
from ui import server

ROOT = Path(__file__).parents[2]
REPLY = answer(evidence(article(), "The repair will cost £41 million."))


@pytest.fixture(scope="module")
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture(scope="module")
def address(answerer: FakeAnswerer) -> Iterator[str]:
    with served(answerer, FakeArticles(article())) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10, trust_env=False) as client:
        yield client


def config(client: httpx.Client) -> dict[str, list[dict[str, object]]]:
    return client.get("/config").json()  # type: ignore[no-any-return]


def handler(client: httpx.Client, event: str) -> int:
    """The number under which Gradio calls the handler of an event."""
    return int(str(_dependency(client, event)["id"]))


def _dependency(client: httpx.Client, event: str) -> dict[str, Any]:
    for dependency in config(client)["dependencies"]:
        if [name for _, name in dependency["targets"]] == [event]:  # type: ignore[attr-defined]
            return dependency
    raise AssertionError(event)


def call(
    client: httpx.Client, event: str, data: list[object], event_data: object = None, session: str = "s1"
) -> list[dict[str, object]]:
    """Every message of one raw call, as a program that is not the page would make it. Inputs not given are null."""
    wanted = _dependency(client, event)
    given = [*data, *[None] * (len(wanted["inputs"]) - len(data))]
    body = {"data": given, "event_data": event_data, "fn_index": wanted["id"], "session_hash": session}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    messages = []
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                messages.append(json.loads(line.removeprefix("data: ")))
                if messages[-1]["msg"] == "process_completed":
                    break
    return messages


def test_it_says_that_it_is_well(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def routes(of: object) -> Iterator[tuple[str, str]]:
    """Method and path of all that Gradio serves, its included routers too."""
    for route in of.routes:  # type: ignore[attr-defined]
        inner = getattr(route, "original_router", None)
        if inner:
            yield from ((method, f"/gradio_api{path.removeprefix('/gradio_api')}") for method, path in routes(inner))
        else:
            yield from ((method, route.path) for method in route.methods)


def test_every_route_that_the_page_does_not_need_answers_404(client: httpx.Client) -> None:
    import gradio as gr
    from gradio.routes import App

    with gr.Blocks(analytics_enabled=False) as empty:
        offered = {route for route in routes(App.create_app(empty)) if "heartbeat" not in route[1]}
    assert len(offered) > 60
    answered = {
        (method, path)
        for method, path in offered
        if client.request(method, path.replace("{path:path}", "x")).status_code not in (404, 405)
    }
    assert answered == {
        *((method, path) for method in ("GET", "HEAD") for path in ("/",)),
        *(("GET", path) for path in ("/config", "/theme.css", "/favicon.ico")),
        ("GET", "/gradio_api/queue/data"),
        *(("POST", f"/gradio_api/{path}") for path in ("queue/join", "cancel")),
    }


def test_the_page_names_nothing_outside_that_a_browser_would_load(client: httpx.Client) -> None:
    page = client.get("/").text
    loaded = [part.split('"')[0] for mark in ('src="', 'href="') for part in page.split(mark)[1:]]
    assert loaded
    assert not [url for url in loaded if url.startswith(("http", "//"))]


@pytest.mark.parametrize("query", ["page=library", "deep_link=x", "c=1&at=0:1", "%00"])
def test_what_stands_behind_its_address_is_no_order(client: httpx.Client, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200


def test_a_raw_call_cannot_bring_its_own_conversation(client: httpx.Client, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [REPLY]
    assert call(client, "submit", ["What will it cost?", "forged"], session="raw1")[-1]["success"]
    assert answerer.asked[-1] == ("What will it cost?", ())


def test_a_raw_call_cannot_have_a_file_copied(client: httpx.Client, answerer: FakeAnswerer, tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_text("secret words")
    file = {"path": str(tmp_path / "catalog.db"), "meta": {"_type": "gradio.FileData"}}
    for inputs in ([file, None], [[file], None], [None, {"a": file}]):
        body = {"data": inputs, "fn_index": handler(client, "submit"), "session_hash": "raw2"}
        assert client.post("/gradio_api/queue/join", json=body).status_code == 400
    assert not list(Path(os.environ["GRADIO_TEMP_DIR"]).rglob("catalog.db"))


def test_two_sessions_do_not_see_each_other(client: httpx.Client, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [REPLY]
    call(client, "submit", ["What will it cost?", None], session="one")
    mine = str(call(client, "cite", [None], {"place": "0:1"}, session="one"))
    theirs = json.dumps(call(client, "cite", [None], {"place": "0:1"}, session="two"))
    assert "£41 million" in mine
    assert "41 million" not in theirs
    assert "That is no citation of this conversation." in theirs


@pytest.mark.parametrize("sent", [None, 7, [], {"place": {}}, {"place": "9" * 400}, {"place": "<script>"}])
def test_odd_clicks_get_a_plain_answer(client: httpx.Client, sent: object) -> None:
    told = call(client, "cite", [None], sent, session="odd")
    assert told[-1]["success"]
    assert "That is no citation of this conversation." in json.dumps(told)


@pytest.mark.parametrize("sent", [None, {"index": -1}, {"index": 10_000}, {"index": True}, {"index": "0"}])
def test_odd_suggestions_ask_nothing(client: httpx.Client, answerer: FakeAnswerer, sent: object) -> None:
    before = len(answerer.asked)
    call(client, "suggest", [None, None], sent, session="odd")
    assert len(answerer.asked) == before


def test_an_error_shows_no_path_and_no_trace(client: httpx.Client, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [RuntimeError("/home/someone/secret")]
    told = json.dumps(call(client, "submit", ["Cost?", None], session="err"))
    assert "Something went wrong" in told
    assert "/home/someone" not in told
    assert "Traceback" not in told


def test_its_files_are_its_own_and_go_when_it_stops() -> None:
    with served(FakeAnswerer(), FakeArticles()):
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_an_address_that_others_reach_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(UsageError, match="nobody has to sign in") as refused:
        server.serve(FakeAnswerer(), FakeArticles(), Settings(_env_file=None, host=host))
    assert "FOOTNOTE_USERS" in refused.value.remedy
    assert "--open-to-everyone" in refused.value.remedy


def test_a_port_in_use_is_said_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port}") as refused:
            server.serve(FakeAnswerer(), FakeArticles(), Settings(_env_file=None, port=port))
    assert "FOOTNOTE_PORT" in refused.value.remedy


SERVE = """
import time
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from ui.server import serve
serve(FakeAnswerer(), FakeArticles(), Settings(_env_file=None, port=0))
print(time.monotonic())
"""


def test_it_prints_its_address_and_stops_cleanly_while_a_page_is_open() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split()[3]
        with httpx.stream("GET", f"{address}/gradio_api/heartbeat/open", trust_env=False) as page:
            assert page.status_code == 200
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        assert float(process.stdout.read()) - started < 2
        assert process.stderr is not None
        assert [json.loads(line)["level"] for line in process.stderr.read().splitlines()] in ([], ["info"])
    finally:
        process.kill()
        process.communicate()
