"""What somebody does with a reply: a verdict is kept, the conversation goes to the browser as a file."""

import time
from dataclasses import asdict, replace
from typing import Any

from qa.errors import UsageError
from ui import chat, export, feedback, render
from ui.conversation import Conversation
from ui.conversations import Conversations
from ui.feedback import Feedback
from ui.running import Desk

WAIT = "Wait until the answer is there."
THANKS = "Thank you: kept for the evaluation."


class Handlers:
    def __init__(self, given: Feedback, kept: Conversations, skip: Any) -> None:
        self._feedback = given
        self._kept = kept
        self._skip = skip

    def judge(
        self, user: str, event: object, talked: Conversation, desk: Desk, conversation_id: str, *, reading: bool = False
    ) -> tuple[Any, Any, str]:
        """The conversation with the verdict, its HTML, and a word about it; `reading` is somebody else's."""
        try:
            if reading:
                raise UsageError("This is somebody else's conversation.", "Ask yourself, then judge the answer.")
            if desk.busy:
                raise UsageError(WAIT)
            given = feedback.read(event)
            talked = self._kept.without_erased(talked)
            self._feedback.give(talked, given, user)
            judged = replace(talked[given.turn], verdict=given.verdict)
            if conversation_id:
                self._kept.change(user, conversation_id, judged)
        except Exception as error:
            failure = chat.explain(error)
            return self._skip, self._skip, render.said(failure.message, failure.remedy)
        changed = (*talked[: given.turn], judged, *talked[given.turn + 1 :])
        return changed, render.conversation(changed), THANKS if given.reason else ""

    def export(self, event: object, talked: Conversation) -> tuple[Any, str]:
        """What the browser saves as a file, and a word where there is nothing to save."""
        try:
            file = export.exported(
                self._kept.without_erased(talked), event.get("form") if isinstance(event, dict) else None
            )
        except Exception as error:
            failure = chat.explain(error)
            return self._skip, render.said(failure.message, failure.remedy)
        return asdict(file) | {"at": time.time()}, ""
