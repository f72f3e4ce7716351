import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from qa.errors import OverLimit, UsageError
from ui import uploads as module
from ui.guard import MOST_BYTES, ROUTES, Guard
from ui.uploads import LONGEST_NAME, PATH, Uploads, safe_name

HOME = "http://127.0.0.1:7860"
BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path, 0.2)


@pytest.fixture
def client(uploads: Uploads) -> Iterator[TestClient]:
    with TestClient(Guard(Starlette(routes=[uploads.route()]), ["127.0.0.1"], ROUTES), base_url=HOME) as client:
        yield client


def pieces(size: int) -> Iterator[bytes]:
    yield from (b"x" * 1_000 for _ in range(size // 1_000))


def test_a_file_streams_in_and_is_taken_once(client: TestClient, uploads: Uploads, tmp_path: Path) -> None:
    size = MOST_BYTES + 34_464  # more than any other request may hold: 100,000 bytes
    answer = client.post(PATH, params={"name": "zażółć.txt"}, content=pieces(size), headers=BYTES | {"origin": HOME})
    assert answer.status_code == 200
    token = answer.json()["upload"]
    (upload,) = uploads.take([token, token])
    assert (upload.name, upload.path.parent, upload.path.stat().st_size) == ("zażółć.txt", tmp_path, 100_000)
    assert upload.path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="gone"):
        uploads.take([token])


def test_more_than_a_file_may_hold_is_refused_and_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    answer = client.post(PATH, params={"name": "a.pdf"}, content=pieces(201_000), headers=BYTES)
    assert (answer.status_code, answer.json()["reason"]) == (413, "a.pdf is larger than 0.2 MB.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BYTES | {"origin": "https://evil.example"}, 403),
        (BYTES | {"sec-fetch-site": "cross-site"}, 403),
        (BYTES | {"host": "evil.example"}, 400),
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "multipart/form-data; boundary=x"}, 400),
    ],
)
def test_what_another_site_could_send_is_refused(
    client: TestClient, tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    assert client.post(PATH, params={"name": "a.txt"}, content=b"x", headers=headers).status_code == status
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(uploads.receive("a.txt", broken()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("leaves", [True, False])
def test_a_sender_that_leaves_or_takes_for_ever_is_told_to_try_again(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.02)

    async def receive() -> Message:
        if leaves:
            return {"type": "http.disconnect"}
        await asyncio.sleep(60)
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/octet-stream")]}
    request = Request({**scope, "path": PATH, "query_string": b"name=a.txt"}, receive)
    answer = asyncio.run(uploads._handle(request))
    assert answer.status_code == 400
    assert json.loads(answer.body) == {"reason": "The file did not come in whole.", "remedy": "Try again."}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    gone = Uploads(tmp_path / "gone", 0.2)
    with TestClient(Starlette(routes=[gone.route()])) as client:
        answer = client.post(PATH, params={"name": "a.txt"}, content=b"x", headers=BYTES)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "The upload could not be kept: No such file or directory."
    assert "disk space" in answer.json()["remedy"]


def test_another_kind_of_body_is_no_upload(uploads: Uploads) -> None:
    with TestClient(Starlette(routes=[uploads.route()])) as client:
        answer = client.post(PATH, params={"name": "a.txt"}, content=b"x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "An upload is sent as application/octet-stream.")


def test_files_that_nobody_ingests_go(
    client: TestClient, uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = client.post(PATH, params={"name": "old.txt"}, content=b"x", headers=BYTES).json()["upload"]
    monkeypatch.setattr(module, "WAIT_SECONDS", -1)
    new = client.post(PATH, params={"name": "new.txt"}, content=b"x", headers=BYTES).json()["upload"]
    assert [path.name for path in tmp_path.iterdir()] == [new]
    with pytest.raises(UsageError):
        uploads.take([old])


@pytest.mark.parametrize(("limit", "value"), [("MOST_WAITING", 0), ("ROOM", 2**62)])
def test_without_room_there_is_no_upload(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(module, limit, value)
    answer = client.post(PATH, params={"name": "a.txt"}, content=b"x", headers=BYTES)
    assert (answer.status_code, answer.json()["reason"]) == (413, "There is no room for another upload now.")


def test_what_comes_in_has_its_room_before_it_is_here(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meanwhile() -> AsyncIterator[bytes]:
        yield b"x"
        with pytest.raises(OverLimit):
            await uploads.receive("b.txt", meanwhile())

    monkeypatch.setattr(module, "MOST_WAITING", 1)
    first = asyncio.run(uploads.receive("a.txt", meanwhile()))
    assert [path.name for path in tmp_path.iterdir()] == [first]


def test_what_could_not_be_used_waits_on(uploads: Uploads) -> None:
    async def file() -> AsyncIterator[bytes]:
        yield b"x"

    token = asyncio.run(uploads.receive("a.txt", file()))
    with pytest.raises(RuntimeError), uploads.taken([token]):
        raise RuntimeError
    with uploads.taken([token]) as (upload,):
        assert upload.path.read_bytes() == b"x"
    with pytest.raises(UsageError):
        uploads.take([token])


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.pdf", "a.pdf"),
        ("spring/a.pdf", "spring/a.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/./passwd", "etc/passwd"),
        ("C:\\news\\a.txt", "C:/news/a.txt"),
        ("evil\u202efdp.exe\x00\n", "evilfdp.exe"),
        (" a  b .txt ", "a b .txt"),
        (".hidden", ".hidden"),
        ("x" * 300 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
    ],
)
def test_a_name_leads_nowhere(given: str, name: str) -> None:
    assert safe_name(given) == name


@pytest.mark.parametrize("given", ["", "..", "/", "\\", "./..", "\u200b"])
def test_a_file_without_a_name_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="no name"):
        safe_name(given)
