"""A library of two small articles with everything wired to it, for tests of the evals page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evals.temporary import store
from qa.bootstrap import Service, service
from qa.domain import LoadedArticle
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder

COST = "The repair of the Tamar crossing will cost £41 million, the county of Westhaven said on Monday."
CUP = "Rovers won the Sound Cup on Saturday by four goals to one in front of nine thousand people."
BRIDGE = f"{COST}\n\nFerries run instead of the bridge until the repair of both piers is done."
CASES = """{"id": "cost", "question": "What will the repair of the Tamar crossing cost?", "kind": "who",
"gold": [{"uri": "bridge.txt", "quote": "COST"}], "answers": ["£41 million"]}
{"id": "tea", "question": "Where was tea served to elephants?", "kind": "none"}
{"id": "cup", "question": "Who won the Sound Cup on Saturday?", "kind": "who",
"gold": [{"uri": "cup.txt", "quote": "CUP"}]}
"""


def write_cases(library: Path, name: str = "dev.jsonl") -> None:
    lines = CASES.replace('"who",\n', '"who", ').replace('"COST"', f'"{COST}"').replace('"CUP"', f'"{CUP}"')
    (library / "cases").mkdir(exist_ok=True)
    (library / "cases" / name).write_text(lines, encoding="utf-8")


@contextmanager
def small(folder: Path) -> Iterator[tuple[Service, Settings]]:
    """The service over `folder`, which also holds a file of three cases."""
    embedder = FakeEmbedder()
    articles = {"bridge": ("Tamar crossing to be repaired", BRIDGE), "cup": ("Rovers win the Sound Cup", CUP)}
    with Library.open(folder, embedder.stamp, index="exact") as library:
        named = [(f"file:///a/{name}.txt", LoadedArticle(*article)) for name, article in articles.items()]
        list(store(named, library, embedder))
        write_cases(folder)
        settings = Settings(library=folder, index="exact", _env_file=None)
        yield service(settings, embedder=embedder, library=library), settings
