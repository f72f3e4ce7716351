"""`make load`: many users on one service, as a table of what was seen.

python -m tests.load LIBRARY QUESTIONS [--minutes 5] [--pause 8]

The service is the real one (`footnote serve`), with sign-in, over a copy of the library. QUESTIONS is a file of cases;
each user asks others. A reply must be to the question that its user asked; a status other than 200, 429 and 503 is an
error. It ends with 1 where there was one.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from tests.addresses import address_of
from ui import users

MANY, SOME, FEW = 200, 50, 20
EACH = 10
"""Questions that each of the twenty asks, one after the other, without a pause."""
WEAK = 2**10
"""Cost of these passwords, whose strength is not what is measured."""
ARTICLES = 150
"""That a second command takes in while people ask."""


@dataclass
class Seen:
    """Seconds of the questions that were answered; how many were told to come again; what should not be."""

    seconds: list[float] = field(default_factory=list)
    busy: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def row(self, elapsed: float) -> str:
        found = np.array(self.seconds or [0.0])
        told = f", {self.busy} told to come again" if self.busy else ""
        wrong = "; ".join(f"{count} x {what}" for what, count in self.wrong.items()) or "no error"
        return (
            f"{len(self.seconds)} answers{told}, {len(self.seconds) / elapsed:.1f} a second; median "
            f"{np.median(found):.2f} s, 95 of 100 within {np.percentile(found, 95):.2f} s, "
            f"slowest {found.max():.2f} s; {wrong}"
        )


class User:
    """Signed in, with questions of its own."""

    def __init__(self, client: httpx.AsyncClient, questions: Sequence[str]) -> None:
        self._client, self._questions, self._asked = client, questions, 0

    async def ask(self, seen: Seen) -> None:
        question = self._questions[self._asked % len(self._questions)]
        self._asked += 1
        started = time.monotonic()
        try:
            sent = await self._client.post("/api/v1/ask", json={"question": question})
        except httpx.HTTPError as error:
            seen.wrong[type(error).__name__] += 1
            return
        if sent.status_code in (429, 503) and sent.headers.get("Retry-After"):
            seen.busy += 1
        elif sent.status_code != 200:
            seen.wrong[f"status {sent.status_code}"] += 1
        elif sent.json()["question"] != question:
            seen.wrong["an answer to another's question"] += 1
        else:
            seen.seconds.append(time.monotonic() - started)


async def in_turn(people: Sequence[User], times: int) -> Seen:
    """Each asks again as soon as it is answered."""
    seen = Seen()

    async def one(user: User) -> None:
        for _ in range(times):
            await user.ask(seen)

    await asyncio.gather(*map(one, people))
    return seen


async def reading(people: Sequence[User], seconds: float, pause: float) -> Seen:
    """Each reads for half to one and a half times `pause` seconds before it asks again."""
    seen, end = Seen(), time.monotonic() + seconds

    async def one(user: User) -> None:
        while time.monotonic() < end:
            await asyncio.sleep(pause * (0.5 + random.random()))
            await user.ask(seen)

    await asyncio.gather(*map(one, people))
    return seen


async def recovered(user: User, within: float) -> float:
    """Seconds until a question takes no longer than `within` again."""
    started = time.monotonic()
    while time.monotonic() - started < 60:
        seen = Seen()
        await user.ask(seen)
        if seen.seconds and seen.seconds[0] <= within:
            return time.monotonic() - started
        await asyncio.sleep(0.2)
    return float("inf")


async def measure(address: str, names: Sequence[str], questions: Sequence[str], given: argparse.Namespace) -> int:
    """Print one row a part; how much was wrong."""
    wrong = 0

    def say(what: str, row: str) -> None:
        sys.stdout.write(f"{what}\n  {row}\n")
        sys.stdout.flush()

    async def part(what: str, work: "asyncio.Future[Seen] | asyncio.Task[Seen]") -> Seen:
        nonlocal wrong
        started = time.monotonic()
        seen = await work
        wrong += sum(seen.wrong.values())
        say(what, seen.row(time.monotonic() - started))
        return seen

    people = [User(await signed_in(address, name), questions[n::17]) for n, name in enumerate(names)]
    await in_turn(people[:2], 3)  # what is loaded at the first question
    alone = await part("one user, twenty questions", asyncio.ensure_future(in_turn(people[:1], 20)))
    await part(f"{FEW} users, {EACH} questions each", asyncio.ensure_future(in_turn(people[:FEW], EACH)))
    before = memory(given.service.pid)
    what = f"{SOME} users for {given.minutes:g} minutes, reading {given.pause:g} s on average"
    await part(what, asyncio.ensure_future(reading(people[:SOME], given.minutes * 60, given.pause)))
    await part(f"{MANY} users at once", asyncio.ensure_future(in_turn(people, 1)))
    usual = 2 * float(np.percentile(alone.seconds or [1.0], 95))
    say("as quick as before again", f"after {await recovered(people[0], usual):.1f} s")
    idle = await part("four users", asyncio.ensure_future(in_turn(people[:4], 25)))
    ingesting = subprocess.Popen(given.ingest, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    busy = await part("four users while articles are taken in", asyncio.ensure_future(in_turn(people[:4], 25)))
    still = ingesting.poll() is None
    ingesting.wait()
    ratio = np.percentile(busy.seconds or [0.0], 95) / np.percentile(idle.seconds or [1.0], 95)
    say("of it, against without", f"95th percentile {ratio:.1f} times{'' if still else ', ingesting ended first'}")
    say("memory of the service", f"{before:,.0f} MB before, {memory(given.service.pid):,.0f} MB after")
    return wrong


async def signed_in(address: str, name: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=address, timeout=120, trust_env=False)
    sent = await client.post("/sign-in", data={"name": name, "password": f"{name} long password", "onward": "/"})
    if sent.status_code != 303:
        raise SystemExit(f"{name} cannot sign in: {sent.status_code}")
    return client


def memory(process: int) -> float:
    """Resident, in MB; 0 where there is no /proc."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


# --------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path, help="cases, as JSON lines")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--pause", type=float, default=8, help="seconds that a user reads an answer")
    given = parser.parse_args()
    questions = [json.loads(line)["question"] for line in given.questions.read_text(encoding="utf-8").splitlines()]
    folder = Path(tempfile.mkdtemp(prefix="footnote-load-"))
    try:
        shutil.copytree(given.library, folder / "library")
        return asyncio.run(_served(folder, questions, given))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _served(folder: Path, questions: Sequence[str], given: argparse.Namespace) -> int:
    names = [f"user-{n}" for n in range(MANY)]
    users._N = WEAK
    for name in names:
        users.add(folder / "users", name, f"{name} long password")
    run = [sys.executable, "-m", "ui.cli"]
    library = ["--library", str(folder / "library")]
    given.ingest = [*run, "ingest", *library, str(_articles(folder / "articles"))]
    given.service = subprocess.Popen(
        [*run, "serve", *library, "--port", "0"],
        env={**os.environ, "FOOTNOTE_USERS": str(folder / "users")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = address_of(given.service)
        return 1 if await measure(address, names, questions, given) else 0
    finally:
        given.service.send_signal(signal.SIGINT)
        given.service.wait()


def _articles(folder: Path) -> Path:
    """Text that no other library holds."""
    folder.mkdir()
    for n in range(ARTICLES):
        rows = [f"Station {secrets.token_hex(3)} of line {n} was measured again on day {day}." for day in range(40)]
        (folder / f"survey-{n}.txt").write_text(f"Survey of line {n}\n\n" + " ".join(rows), encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
