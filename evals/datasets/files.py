"""Reading evaluation files: plain or gzip, with errors that name the file and the line."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from qa.errors import CaseError


def text_of(path: Path) -> str:
    """The file's text, unpacked when its name ends in .gz. Raises CaseError."""
    try:
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return body.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot be read: {error}.", "Give a UTF-8 file, plain or .gz.") from error


def json_of(path: Path) -> Any:
    try:
        return json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{path}: not JSON: {error}.") from error


def json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """("file:line", value) for every line that is not blank."""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.strip():
            where = f"{path.name}:{number}"
            try:
                yield where, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CaseError(f"{where}: not JSON: {error}.", "Write one JSON object a line.") from error


def name_of(path: Path) -> str:
    """The file's name without .gz and .json: "dev" of dev.jsonl."""
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]


def starts_of(sentences: Sequence[str]) -> list[int]:
    """Where each begins in the text of them all with a space between."""
    return list(accumulate((len(sentence) + 1 for sentence in sentences[:-1]), initial=0))
