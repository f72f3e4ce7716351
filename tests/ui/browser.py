"""A headless Chromium that tells on the page: every request that leaves this machine, every error in its console."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
HOW = "No Chromium: install Debian's (apt-get install chromium), or name one in CHROMIUM."


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; skips, saying how to install one, where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except sync_api.Error:
            pytest.skip(HOW)
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open page and what it did that it should not have done."""

    page: Any
    home: str = ""
    strayed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def at(self, address: str) -> Iterator["Visit"]:
        """The page at `address`, loaded anew: at the end it must have kept to it, without an error.

        What earlier visits in this window left is gone but for files that the browser need not fetch again.
        """
        self.page.goto("about:blank")
        self.home, self.strayed[:], self.errors[:] = urlsplit(address).netloc, [], []
        self.page.goto(address)
        self.page.locator(".fn-welcome").wait_for()
        yield self
        self.page.evaluate("localStorage.clear()")
        assert self.strayed == []
        assert self.errors == []

    def requested(self, request: Any) -> None:
        if request.url.startswith("http") and urlsplit(request.url).netloc != self.home:
            self.strayed.append(request.url)

    def ask(self, question: str) -> None:
        self.page.get_by_label("Your question").fill(question)
        self.page.keyboard.press("Enter")
        asked = self.page.locator(".fn-turn").last
        asked.get_by_role("heading", name=question, exact=True).wait_for()
        asked.locator(".fn-claim, .fn-failure").first.wait_for()

    def open(self, number: int) -> str:
        """The marked words of a citation of the last answer, once they are shown."""
        self.page.locator(".fn-turn").last.locator(f'.fn-cite[data-place$=":{number}"]').first.click()
        return self.marked(number)

    def marked(self, number: int) -> str:
        self.page.locator(f'.fn-source[data-place$=":{number}"] mark.fn-current').first.wait_for()
        return "".join(self.page.locator("mark.fn-current").all_text_contents())


@contextmanager
def visit(browser: Any, address: str, **options: Any) -> Iterator[Visit]:
    """The page at `address` in a context of its own, as somebody who was never here sees it."""
    with window(browser, **options) as seen, seen.at(address):
        yield seen


@contextmanager
def window(browser: Any, **options: Any) -> Iterator[Visit]:
    """An empty page in a context of its own."""
    context = browser.new_context(**options)
    context.set_default_timeout(30_000)
    seen = Visit(context.new_page())
    seen.page.on("request", seen.requested)
    seen.page.on("console", lambda m: m.type in ("error", "warning") and seen.errors.append(m.text))
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("dialog", lambda dialog: seen.errors.append(f"a dialog: {dialog.message}"))
    yield seen
    context.close()
