"""A reply as the JSON document of `footnote ask --json`; `contract.schema.json` beside this file describes it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa.domain import Answer, ArticleRef, Difference, Evidence, Reply, Said

SCHEMA = Path(__file__).parent / "contract.schema.json"
_STEPS = ("rewrite", "retrieve", "read", "generate", "total")


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one document: "reply", "outcome", "article", "whole_article", ...."""
    everything: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {"$ref": f"#/$defs/{name}", "$defs": everything["$defs"]}


def reply(item: Reply) -> dict[str, Any]:
    """What `footnote ask --json` prints."""
    answered = isinstance(item, Answer)
    return {
        "question": item.question,
        "standalone_question": item.standalone_question,
        "refused": not answered,
        "reason": "" if isinstance(item, Answer) else item.reason,
        "searched": "" if isinstance(item, Answer) else item.searched,
        "answer": item.text if isinstance(item, Answer) else "",
        "short_answer": item.short_answer.text if isinstance(item, Answer) and item.short_answer else "",
        "confidence": round(item.confidence, 4),
        "claims": _claims(item) if isinstance(item, Answer) else [],
        "evidence": evidence(item.evidence),
        "dropped_citations": list(item.dropped_citations) if isinstance(item, Answer) else [],
        **_differing(item),
        "notice": item.notice,
        "timings_ms": {step: round(item.timings_ms.get(step, 0.0), 3) for step in _STEPS},
    }


def evidence(items: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Evidence of a reply, or of what was retrieved for it; each with its number."""
    return [_evidence(number, one) for number, one in enumerate(items, start=1)]


def article(item: ArticleRef) -> dict[str, Any]:
    """One article of `footnote library list --json`."""
    return {
        "article_id": item.article_id,
        "version": item.version,
        "uri": item.uri,
        "title": item.title,
        "publisher": item.publisher,
        "published": item.published,
        "url": item.url,
    }


def _differing(item: Reply) -> dict[str, Any]:
    """Only where there is something to say: newer first."""
    found = item.difference if isinstance(item, Answer) else None
    said = [{"figure": one.figure, "number": one.number, "published": one.published} for one in _both(found)]
    return {"difference": said} if said else {}


def _both(found: Difference | None) -> tuple[Said, ...]:
    return (found.newer, found.older) if found else ()


def _claims(item: Answer) -> list[dict[str, Any]]:
    return [
        {
            "text": claim.text,
            "citations": [{"number": c.number, "support": round(c.support, 4)} for c in claim.citations],
        }
        for claim in item.claims
    ]


def _evidence(number: int, item: Evidence) -> dict[str, Any]:
    return {
        "number": number,
        "uri": item.article.uri,
        "title": item.article.title,
        "publisher": item.article.publisher,
        "published": item.article.published,
        "article_id": item.article.article_id,
        "version": item.article.version,
        "start": item.start,
        "end": item.end,
        "quote": item.quote,
        "passage": {"start": item.passage.start, "end": item.passage.end, "text": item.passage.text},
        "scores": {name: round(value, 4) for name, value in item.scores.items()},
    }
