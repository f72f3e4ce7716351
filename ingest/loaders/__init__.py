"""What the bytes mean: the kind of a file is read off its first bytes, then one module a kind loads it."""

import importlib
from collections.abc import Callable
from typing import cast

from ingest.loaders.kinds import SANDBOXED, Kind, kind_of, looks_like_feed
from ingest.sources import RawFile
from qa.domain import LoadedArticle

VERSION = "2"
"""Raise it when a loader, the cleaning or the sentences store something else; all files are then loaded anew."""

__all__ = ["SANDBOXED", "VERSION", "Kind", "kind_of", "load", "looks_like_feed"]


def load(kind: Kind, raw: RawFile) -> LoadedArticle:
    """Raises IngestError, or whatever the library behind the loader raises."""
    module = importlib.import_module(f"ingest.loaders.{kind}")
    return cast(Callable[[RawFile], LoadedArticle], module.load)(raw)
