"""`make pictures`: the README's pictures, from the sample articles, into docs/pictures.

Four pages as people see them, each small enough to be kept in the repository; with names, only those
(`python -m tests.ui.pictures chat library`). The articles come as uploads, so that no path of a machine is shown.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingest.pipeline import ingest
from ingest.sources import Upload
from qa.bootstrap import service
from qa.settings import Settings
from tests.ui.browser import Visit, chromium
from tests.ui.pages import running
from ui import server

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
WAIT = 300_000
WIDE = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
NARROW = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark", "device_scale_factor": 2}
QUESTION = "Is the stolen silver insured?"


def chat(page: Any) -> None:
    Visit(page).ask(QUESTION)
    Visit(page).open(1)


def narrow(page: Any) -> None:
    Visit(page).ask(QUESTION)


def library(page: Any) -> None:
    page.get_by_role("link", name="Library").click()
    page.locator("#fn-lib-list .fn-title", has_text="Thieves take Ferrymen's silver").click()
    page.locator("#fn-lib-text p").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


def evals(page: Any) -> None:
    page.get_by_role("link", name="Evals").click()
    page.locator("select[name=cases]").select_option("cases/samples.jsonl")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Open the report").click()
    page.locator(".fn-run").wait_for()


SHOTS = ((chat, WIDE), (narrow, NARROW), (library, WIDE), (evals, WIDE))


@contextmanager
def samples(folder: Path) -> Iterator[str]:
    """The address of the whole service over the sample articles and their cases."""
    settings = Settings(_env_file=None, library=folder / "library", index="exact")
    made = service(settings, create=True)
    with made.library:
        files = [Upload(path.name, path) for path in sorted((ROOT / "samples" / "articles").iterdir())]
        list(ingest(files, made.library, made.embedder, settings))
        (settings.library / "cases").mkdir()
        shutil.copy(ROOT / "samples" / "cases.jsonl", settings.library / "cases" / "samples.jsonl")
        with running(server.build(made.answerer, made.library, settings, made)) as address:
            yield address


def keep(shot: bytes, path: Path) -> int:
    """The picture as WebP, in at most MOST_BYTES; its size."""
    from PIL import Image

    for quality in (85, 75, 60, 45):
        small = BytesIO()
        Image.open(BytesIO(shot)).convert("RGB").save(small, "WEBP", quality=quality, method=6)
        if small.tell() <= MOST_BYTES:
            path.write_bytes(small.getvalue())
            return small.tell()
    raise SystemExit(f"{path.name} stays above {MOST_BYTES:,} bytes.")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, samples(Path(folder)) as address, chromium() as browser:
        for show, options in SHOTS:
            if sys.argv[1:] and show.__name__ not in sys.argv[1:]:
                continue
            context = browser.new_context(**options)
            page = context.new_page()
            page.set_default_timeout(WAIT)
            page.goto(address)
            page.locator(".fn-welcome").wait_for()
            show(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(800)
            path = PICTURES / f"{show.__name__}.webp"
            sys.stdout.write(f"{path.relative_to(ROOT)}: {keep(page.screenshot(), path) / 1000:.0f} kB\n")
            sys.stdout.flush()
            context.close()


if __name__ == "__main__":
    main()
