"""Settings -> Library and Answerer. Every part can be given instead: tests and evals use the same door with fakes."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qa.answerer import Answerer
from qa.chat_rewriter import BUDGET, ChatRewriter
from qa.confidence import DATA, Confidence, fitted_with
from qa.embedder import Embedder, SentenceTransformerEmbedder
from qa.fluent import FluentWriter
from qa.generator import ChatGenerator, Generator
from qa.library import Library
from qa.reader import Reader, SimilarityReader
from qa.retriever import HybridRetriever, Retriever
from qa.rewriter import Rewriter, by_rule
from qa.settings import Settings
from qa.trained_reader import MODEL, TrainedReader

NO_MODEL = "no model: the sentences themselves"
"""What may be chosen beside the chat models."""
TRAINED = ".safetensors"
"""How the name of a reader ends that was trained with Footnote."""
STALE = "{} was fitted with other weights than the reader's: the confidence of similarity is used."
FIT_AGAIN = "Make it again with footnote eval calibrate."
_log = logging.getLogger(__name__)
_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "TRANSFORMERS_VERBOSITY": "error",
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
}


@dataclass(frozen=True, slots=True)
class Service:
    """What a command or a page works with. Close the library when done.

    `choices`: by the name of their chat model, where people may choose; `answerer` is the first.
    """

    library: Library
    embedder: Embedder
    answerer: Answerer
    choices: Mapping[str, Answerer] = field(default_factory=dict)


def service(
    settings: Settings,
    *,
    create: bool = False,
    embedder: Embedder | None = None,
    library: Library | None = None,
    retriever: Retriever | None = None,
    reader: Reader | None = None,
    confidence: Confidence | None = None,
    generator: Generator | None = None,
) -> Service:
    """Wire everything. Raises LibraryError (before a model is loaded, if there is no library) or ModelError."""
    if library is None and not create:
        Library.open(settings.library, None, index="exact", create=False).close()
    embedder = embedder or make_embedder(settings)
    library = library or Library.open(settings.library, embedder.stamp, index=settings.index, create=create)
    retriever = retriever or HybridRetriever(library, settings.passages)
    reader = reader or make_reader(settings, library)
    confidence = confidence or make_confidence(settings)

    def answering(settings: Settings, generator: Generator | None) -> Answerer:
        return Answerer(
            library,
            embedder,
            retriever,
            reader,
            confidence,
            rewriter=make_rewriter(settings, library, generator),
            writer=make_writer(settings, embedder, generator),
            max_claims=settings.max_claims,
            threshold=settings.threshold,
        )

    answerer = answering(settings, generator or make_generator(settings))
    choices = {name: answering(each, make_generator(each)) for name, each in _further(settings).items()}
    return Service(library, embedder, answerer, {_first(settings): answerer, **choices} if choices else {})


def make_embedder(settings: Settings) -> Embedder:
    """The embedding model that the settings name, with every library told to stay off the network."""
    stay_quiet(offline=_offline(settings))
    return SentenceTransformerEmbedder(settings.embedding_model, settings.precision)


def reader_file(settings: Settings) -> Path | None:
    """The file, folder or name of the reader that the settings name; None where similarity alone reads."""
    if settings.reader in ("", "none"):
        return None
    return MODEL if settings.reader == "trained" else Path(settings.reader)


def make_reader(settings: Settings, library: Library) -> Reader:
    """What the settings name, or else the reader of similarity alone. Raises ModelError."""
    return reader_beside(SimilarityReader(library), settings)


def reader_beside(similarity: Reader, settings: Settings) -> Reader:
    """What the settings name, which asks the reader of similarity too, or else that one. Raises ModelError."""
    path = reader_file(settings)
    if path is None:
        return similarity
    if path.suffix == TRAINED:
        return TrainedReader(similarity, path, limit=settings.read_passages, precision=settings.precision)
    from qa.other_models import open_reader

    return open_reader(similarity, settings.reader, settings.read_passages)


def make_confidence(settings: Settings) -> Confidence:
    """That of the reader that the settings name; says so where another has to do. Raises ModelError."""
    used, beside = calibration(settings), calibration_beside(settings)
    if used != beside and beside.exists():
        _log.warning("%s %s", STALE.format(beside), FIT_AGAIN)
    return Confidence.load(used)


def calibration(settings: Settings) -> Path:
    """Of the confidence, fitted with the reader that the settings name: beside a trained one's file, where it is there.

    A reader without one is weighed as similarity is, and so is one that was trained anew since.
    """
    path, beside = reader_file(settings), calibration_beside(settings)
    fits = beside.exists() and (path is None or fitted_with(path, beside))
    return beside if fits else DATA


def calibration_beside(settings: Settings) -> Path:
    """Where the calibration of the reader that the settings name would be."""
    path = reader_file(settings)
    return path.with_name(f"{path.name.removesuffix(TRAINED)}.confidence.json") if path else DATA


def make_generator(settings: Settings) -> Generator | None:
    """The chat model, where the settings name one."""
    if not settings.chat_model:
        return None
    stay_quiet(offline=False)
    return ChatGenerator(settings)


def make_rewriter(settings: Settings, library: Library, generator: Generator | None) -> Rewriter:
    """The chat model's, where there is one and it may take time, or else the rule's."""
    if generator is None or not settings.chat_rewrite_timeout:
        return by_rule
    budget = min(BUDGET, settings.chat_context_tokens - settings.chat_answer_tokens)
    return ChatRewriter(generator, library.document_frequencies, settings.chat_rewrite_timeout, budget)


def make_writer(settings: Settings, embedder: Embedder, generator: Generator | None) -> FluentWriter | None:
    """What writes with a chat model, where there is one."""
    if generator is None:
        return None
    context, answer = settings.chat_context_tokens, settings.chat_answer_tokens
    prices = settings.chat_read_price, settings.chat_written_price
    return FluentWriter(generator, embedder, context, answer, settings.chat_strict, prices, settings.chat_timeout)


def _first(settings: Settings) -> str:
    return settings.chat_model or NO_MODEL


def _further(settings: Settings) -> dict[str, Settings]:
    """Settings of what else may be chosen, by its name; none where the operator allows no choice."""
    named = [name.strip() for name in settings.chat_models.split(",") if name.strip()]
    others = [name for name in dict.fromkeys([*named, NO_MODEL]) if name != _first(settings)] if named else []
    return {n: settings.model_copy(update={"chat_model": "" if n == NO_MODEL else n}) for n in others}


def _offline(settings: Settings) -> bool:
    """Whether both models are on this machine: decided once, since the hub's library looks when it is loaded."""
    model, reader = Path(settings.embedding_model), reader_file(settings)
    reads_here = reader is None or reader.suffix == TRAINED or reader.exists()
    return reads_here and (not settings.embedding_model or model.exists())


def stay_quiet(*, offline: bool = True) -> None:
    """Switch off telemetry and hub access, and waiting in busy loops; must run before heavy libraries are imported.

    A thread of torch that spins for its sibling on a busy core makes one question take 480 ms instead of 9.
    """
    os.environ.update(_QUIET)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.pop("GRADIO_SHARE", None)
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
