"""Sign-in in front of the whole service, over real HTTP."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from qa.errors import SettingsError, UsageError
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, running, served
from tests.ui.test_server import call
from ui import credentials, server, users
from ui.caller import user_of
from ui.guard import Guard
from ui.sign_in import SignIn
from ui.users import Users

ADA, BOB = "adas long password", "bobs long password"
REPLY = answer(evidence(article(), "The repair will cost £41 million."))
STATIC = "/static/img/logo.svg"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two users; a hundredth of the real cost."""
    path = tmp_path_factory.mktemp("users") / "users"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_N", 2**10)
        users.add(path, "ada", ADA)
        users.add(path, "bob", BOB)
        yield path


@pytest.fixture(scope="module")
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture(scope="module")
def address(answerer: FakeAnswerer, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(_env_file=None, library=tmp_path_factory.mktemp("library"), users=file)
    with served(answerer, FakeArticles(article()), settings) as address:
        yield address


def browser(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=10, trust_env=False)


def sign_in(client: httpx.Client, name: str, password: str, onward: str = "/") -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, "onward": onward})


@pytest.fixture
def ada(address: str) -> Iterator[httpx.Client]:
    with browser(address) as client:
        assert sign_in(client, "ada", ADA).status_code == 303
        yield client


@pytest.fixture
def bob(address: str) -> Iterator[httpx.Client]:
    with browser(address) as client:
        assert sign_in(client, "bob", BOB).status_code == 303
        yield client


@pytest.fixture
def nobody(address: str) -> Iterator[httpx.Client]:
    with browser(address) as client:
        yield client


def test_the_page_leads_to_the_door_and_the_door_back_to_the_page(nobody: httpx.Client) -> None:
    sent = nobody.get("/?c=abc&at=0:1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?onward=%2F%3Fc%3Dabc%26at%3D0%3A1")
    door = nobody.get(sent.headers["location"])
    assert 'name="onward" value="/?c=abc&amp;at=0:1"' in door.text
    assert door.headers["cache-control"] == "no-store"
    back = sign_in(nobody, "Ada", ADA, "/?c=abc&at=0:1")
    assert (back.status_code, back.headers["location"]) == (303, "/?c=abc&at=0:1")
    assert nobody.get("/").status_code == 200
    assert nobody.get("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out", "/?c=\n"],
)
def test_the_door_leads_nowhere_else(nobody: httpx.Client, onward: str) -> None:
    assert 'name="onward" value="/"' in nobody.get("/sign-in", params={"onward": onward}).text
    assert sign_in(nobody, "ada", ADA, onward).headers["location"] == "/"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/config"),
        ("GET", "/theme.css"),
        ("GET", "/gradio_api/queue/data?session_hash=x"),
        ("GET", "/gradio_api/heartbeat/x"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/cancel"),
        ("GET", STATIC),
    ],
)
def test_nothing_of_the_page_is_there_for_who_has_not_signed_in(nobody: httpx.Client, method: str, path: str) -> None:
    refused = nobody.request(method, path, json={} if method == "POST" else None)
    assert refused.status_code == 401
    assert "www-authenticate" not in refused.headers, "no window of the browser's own"


def test_health_is_open(nobody: httpx.Client) -> None:
    assert nobody.get("/healthz").json() == {"status": "ok"}


def test_the_cookie_is_for_this_site_and_no_script(nobody: httpx.Client) -> None:
    given = sign_in(nobody, "ada", ADA).headers["set-cookie"]
    name, *flags = given.split("; ")
    assert name.startswith("footnote=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=604800"} <= set(flags)
    assert "Secure" not in flags
    assert "Domain" not in given


def test_behind_https_the_cookie_is_secure(file: Path) -> None:
    with running(Guard(SignIn(_whoami, Users(file), https=True), ["127.0.0.1"])) as address, browser(address) as client:
        given = sign_in(client, "ada", ADA).headers["set-cookie"]
        assert given.startswith("__Host-footnote=")
        assert "Secure" in given.split("; ")


def test_wrong_names_and_passwords_look_the_same(nobody: httpx.Client) -> None:
    wrong, unknown = sign_in(nobody, "bob", "wrong password"), sign_in(nobody, "eve", "wrong password")
    assert wrong.status_code == unknown.status_code == 401
    assert "Name or password is wrong." in wrong.text
    assert wrong.text.replace('value="bob"', "") == unknown.text.replace('value="eve"', "")
    assert "wrong password" not in wrong.text
    assert not nobody.cookies


def test_what_was_typed_is_only_shown(nobody: httpx.Client) -> None:
    page = sign_in(nobody, '"><script>alert(1)</script>', "wrong password").text
    assert "<script>" not in page


@pytest.mark.parametrize("body", [b"", b"name=ada", b"\xff=\xfe", b"&".join(b"a=%d" % n for n in range(50))])
def test_odd_forms_are_wrong_ones(nobody: httpx.Client, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert nobody.post("/sign-in", content=body, headers=headers).status_code == 401


def test_another_site_cannot_sign_anybody_in_or_out(ada: httpx.Client) -> None:
    elsewhere = {"origin": "https://evil.example"}
    assert ada.post("/sign-out", headers=elsewhere).status_code == 403
    assert ada.post("/sign-in", data={}, headers=elsewhere).status_code == 403
    assert ada.get("/config").status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(ada: httpx.Client) -> None:
    token = ada.cookies["footnote"]
    left = ada.post("/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert not ada.cookies
    assert ada.get("/config", headers={"cookie": f"footnote={token}"}).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "footnote", "../../etc/passwd", "\u00e9"])
def test_a_made_up_cookie_is_nobody_s(nobody: httpx.Client, cookie: str) -> None:
    assert nobody.get("/config", headers={"cookie": f"footnote={cookie}".encode()}).status_code == 401


def test_a_link_on_another_site_finds_who_has_signed_in(nobody: httpx.Client) -> None:
    """The browser keeps a strict cookie back then: the page is loaded once more, from here."""
    page = nobody.get("/?c=abc", headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/?c=abc"' in page.text
    assert nobody.get("/?c=abc", headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_pages_are_not_kept_by_the_browser_for_the_next_user(ada: httpx.Client) -> None:
    assert ada.get("/").headers["cache-control"] == "no-store"
    assert ada.get("/config").headers["cache-control"] == "no-store"


def test_one_user_s_answers_are_not_another_s_even_by_the_session_s_word(
    ada: httpx.Client, bob: httpx.Client, answerer: FakeAnswerer
) -> None:
    answerer.outcomes[:] = [REPLY]
    call(ada, "submit", ["What will it cost?"], session="adasword")
    assert "41 million" in str(call(ada, "cite", [], {"place": "0:1"}, session="adasword"))
    join = {"data": [], "fn_index": 0, "session_hash": "adasword"}
    assert bob.post("/gradio_api/queue/join", json=join).status_code == 403
    assert bob.get("/gradio_api/queue/data", params={"session_hash": "adasword"}).status_code == 403
    assert bob.get("/gradio_api/heartbeat/adasword").status_code == 403
    assert bob.post("/gradio_api/cancel", json=join | {"event_id": "1"}).status_code == 403


class TestPrograms:
    @pytest.fixture
    def client(self, address: str) -> Iterator[httpx.Client]:
        with browser(address) as client:
            yield client

    def test_give_name_and_password(self, client: httpx.Client) -> None:
        assert client.get("/api/v1/docs", auth=("ada", ADA)).status_code == 200
        assert client.get("/api/v1/docs", auth=("Ada", ADA)).status_code == 200

    @pytest.mark.parametrize(
        "header",
        [None, "Basic", "Basic x", "Bearer x", f"Basic {b64encode(b'ada').decode()}", "Basic ////", "basic Og=="],
    )
    def test_are_told_what_is_missing(self, client: httpx.Client, header: str | None) -> None:
        refused = client.get("/api/v1/docs", headers={"authorization": header} if header else {})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic")
        assert set(refused.json()["error"]) == {"message", "remedy", "id"}

    def test_do_not_get_the_page_that_way(self, client: httpx.Client) -> None:
        assert client.get("/config", auth=("ada", ADA)).status_code == 401


async def _whoami(scope: object, receive: object, send: object) -> None:
    """An app that answers with the user's name."""
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse

    request = Request(scope)  # type: ignore[arg-type]
    await PlainTextResponse(f"<{user_of(request)}>")(scope, receive, send)  # type: ignore[arg-type]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def small(file: Path, clock: Clock) -> Iterator[httpx.Client]:
    """The sign-in alone, with a clock of its own, behind a web server."""
    app = Guard(SignIn(_whoami, Users(file), now=clock), ["127.0.0.1"])
    with running(server.behind_proxies(app, "127.0.0.1")) as address, browser(address) as client:
        yield client


def tried(client: httpx.Client, name: str, password: str, of: str = "192.0.2.1") -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password}, headers={"x-forwarded-for": of})


def test_guessing_is_slowed_and_the_right_password_waits_too(small: httpx.Client, clock: Clock) -> None:
    assert [tried(small, "ada", "guess").status_code for _ in range(5)] == [401] * 5
    slowed = tried(small, "ada", ADA)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "2")  # 2 ** 0 seconds, rounded up
    assert "Try again in 2 seconds" in slowed.text
    assert tried(small, "eve", "guess").status_code == 401, "another name is not slowed"
    assert tried(small, "ada", ADA, of="192.0.2.2").status_code == 303, "nor another address"
    clock.now = 1
    assert tried(small, "ada", ADA).status_code == 303


def test_many_names_from_one_address_are_slowed_and_one_name_from_many(small: httpx.Client, clock: Clock) -> None:
    for n in range(credentials.FREE_OF_AN_ADDRESS):
        assert tried(small, f"name{n}", "guess").status_code == 401
    assert tried(small, "bob", BOB).status_code == 429
    for n in range(credentials.FREE_OF_A_NAME):
        assert tried(small, "ada", "guess", of=f"198.51.100.{n}").status_code == 401
    assert tried(small, "ada", ADA, of="203.0.113.1").status_code == 429


@pytest.mark.parametrize("proxies", ["", "192.0.2.1", "10.0.0.0/8"])
def test_who_is_no_proxy_cannot_say_where_they_come_from(file: Path, clock: Clock, proxies: str) -> None:
    app = server.behind_proxies(Guard(SignIn(_whoami, Users(file), https=True, now=clock), ["127.0.0.1"]), proxies)
    with running(app) as address, browser(address) as client:
        codes = [tried(client, "ada", "guess", of=f"192.0.2.{n}").status_code for n in range(6)]
    assert codes == [*[401] * 5, 429]


def test_a_name_in_other_letters_is_the_same_name(small: httpx.Client) -> None:
    written = ["ada", "ADA", " ada ", "ａda", "𝐚da"]  # a full-width and a mathematical letter
    assert [tried(small, name, "guess").status_code for name in written] == [401] * 5
    assert tried(small, "ada", ADA).status_code == 429


def test_programs_are_slowed_in_the_same_way(small: httpx.Client) -> None:
    codes = [small.get("/healthz", auth=("ada", "guess")).status_code]
    codes += [small.get("/api/v1/docs", auth=("ada", "guess")).status_code for _ in range(6)]
    assert codes == [200, *[401] * 5, 429]


def test_a_right_password_is_hashed_once_for_many_requests(
    small: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = Users.authenticate
    monkeypatch.setattr(Users, "authenticate", lambda self, n, p: (hashed.append(n), real(self, n, p))[1])
    assert [small.get("/api/v1/docs", auth=("ada", ADA)).text for _ in range(3)] == ["<ada>"] * 3
    assert hashed == ["ada"]


def test_a_session_ends_with_the_password_with_the_user_and_with_time(tmp_path: Path, file: Path, clock: Clock) -> None:
    mine = tmp_path / "users"
    mine.write_bytes(file.read_bytes())
    with running(Guard(SignIn(_whoami, Users(mine), now=clock), ["127.0.0.1"])) as address:
        with browser(address) as client:
            sign_in(client, "ada", ADA)
            assert client.get("/config").text == "<ada>"
            users.add(mine, "ada", "a new password")
            assert client.get("/config").status_code == 401
            sign_in(client, "ada", "a new password")
            assert client.get("/config").text == "<ada>"
            users.remove(mine, "ada")
            assert client.get("/config").status_code == 401
        with browser(address) as client:
            sign_in(client, "bob", BOB)
            clock.now += 12 * 3600 + 1
            assert client.get("/config").status_code == 401


def test_no_password_and_no_token_is_logged(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), browser(address) as client:
        sign_in(client, "ada", "a wrong password")
        sign_in(client, "ada", ADA)
        client.get("/config")
        client.get("/api/v1/docs", auth=("ada", ADA))
        secrets = [ADA, "a wrong password", client.cookies["footnote"], b64encode(f"ada:{ADA}".encode()).decode()]
    logged = "\n".join(str(r.__dict__) for r in caplog.records if not r.name.startswith("http"))
    assert [secret for secret in secrets if secret in logged] == []


def test_without_users_nobody_signs_in() -> None:
    with running(Guard(_whoami, ["127.0.0.1"])) as address, browser(address) as client:
        assert client.get("/").text == "<>"


@pytest.mark.parametrize("allowed", ["users", "open"])
def test_other_addresses_are_served_with_users_or_on_purpose(file: Path, allowed: str) -> None:
    given = {"users": file} if allowed == "users" else {"open_to_everyone": True}
    server._refuse_open_address(Settings(_env_file=None, host="0.0.0.0", **given))
    with pytest.raises(UsageError):
        server._refuse_open_address(Settings(_env_file=None, host="0.0.0.0"))


def test_a_file_without_users_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# nobody\n")
    with pytest.raises(SettingsError, match="has no users"):
        server._with_sign_in(_whoami, Settings(_env_file=None, users=tmp_path / "users"))
