"""A LangChain agent that looks things up with Footnote and names its sources.

    FOOTNOTE_CHAT_MODEL=gpt-4o-mini OPENAI_API_KEY=sk-... python examples/langchain_agent.py "What will it cost?"

It needs a library (`footnote ingest FOLDER`) and a model that calls tools. The settings are Footnote's own, so any
server of OpenAI's protocol will do: FOOTNOTE_CHAT_BASE_URL=http://localhost:11434/v1.
"""

import sys
from typing import Any

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.tools import BaseTool, tool

from qa.bootstrap import service
from qa.langchain_retriever import FootnoteRetriever
from qa.settings import Settings, load

TOLD = "Answer from what search_articles finds, and name the source of every statement. If it finds nothing, say so."


def search_tool(retriever: FootnoteRetriever) -> BaseTool:
    """A tool whose text the model reads, and whose artifact keeps the documents with their offsets."""

    @tool(response_format="content_and_artifact")
    def search_articles(question: str) -> tuple[str, list[Any]]:
        """Find the sentences of the article library that answer a question."""
        found = retriever.invoke(question)
        lines = (f"{d.metadata['quote']} ({d.metadata['title']}, {d.metadata['uri']})" for d in found)
        return "\n".join(lines) or "Nothing was found.", found

    return search_articles


def ask(question: str, settings: Settings) -> str:
    """The agent's answer."""
    made = service(settings.model_copy(update={"chat_model": ""}))
    with made.library:
        model = init_chat_model(
            settings.chat_model,
            model_provider="openai" if settings.chat_base_url else None,
            base_url=settings.chat_base_url or None,
            api_key=settings.chat_api_key.get_secret_value() or ("none" if settings.chat_base_url else None),
            timeout=settings.chat_timeout,
        )
        agent = create_agent(model, [search_tool(FootnoteRetriever(answerer=made.answerer))], system_prompt=TOLD)
        final = agent.invoke({"messages": [("human", question)]})
        return str(final["messages"][-1].text)


if __name__ == "__main__":
    sys.stdout.write(ask(" ".join(sys.argv[1:]) or "What will it cost to mend the Strand Bridge?", load()) + "\n")
