"""Footnote's retrieval as a LangChain retriever: documents that say to the character where they stand."""

from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor
from pydantic import Field

from qa.answerer import Answerer
from qa.domain import Evidence
from qa.evidence import RANKED


class FootnoteRetriever(BaseRetriever):
    """The `k` best sentences for a question, best first, each a document.

    `page_content` and `metadata["quote"]` are the stored sentence: `article.text[start:end]` of the article that
    `uri`, `article_id` and `version` name. `passage` is the text around it. The question must stand alone; whether the
    sentences answer it is told by `confidence`, from 0 to 1.
    `k` may be given to `invoke` and `ainvoke` too. Raises QuestionError for an empty or overlong question, and
    pydantic's ValidationError for a `k` that is out of range, here and there.
    """

    answerer: Answerer = Field(exclude=True, repr=False)
    k: int = Field(4, ge=1, le=RANKED)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
        k: int | None = None,
    ) -> list[Document]:
        wanted = self.k if k is None else FootnoteRetriever(answerer=self.answerer, k=k).k
        considered = self.answerer.consider(query)
        return [_document(item, considered.confidence) for item in considered.evidence[:wanted]]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        """In a thread of its own."""
        told = run_manager.get_sync()
        return await run_in_executor(None, self._get_relevant_documents, query, run_manager=told, k=k)


def _document(item: Evidence, confidence: float) -> Document:
    article = item.article
    metadata: dict[str, Any] = {
        "uri": article.uri,
        "start": item.start,
        "end": item.end,
        "quote": item.quote,
        "title": article.title,
        "publisher": article.publisher,
        "published": article.published,
        "article_id": article.article_id,
        "version": article.version,
        "passage": item.passage.text,
        "score": item.scores["sentence"],
        "confidence": confidence,
    }
    return Document(page_content=item.quote, metadata=metadata)
