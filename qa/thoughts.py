"""What a chat model thinks before it answers, which is no part of its answer. Pure.

`Thoughts` holds back a text that begins with `<think` until `</think>`. Some chat templates open the thinking
themselves, so that only `</think>` is written: then what stands in front of it is a thought, as a rule. But a model
may also write the tag where no thought ends, and `answered` says what it answered then.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

TAGS = ("</think>", "</thinking>")

_OPENING = "<think"
_END = re.compile(r"</think(?:ing)?>")
_QUOTED = re.compile(r"""["'`“‘«(]\Z"""), re.compile(r"""["'`”’»).,;:!?]""")
_RUNNING = re.compile(r"[\w,;][ \t]+\Z"), re.compile(r"[ \t]+(?P<letter>[^\W\d_])|[.,;:!?)]")


@dataclass(slots=True)
class Thoughts:
    """Takes a text in pieces, cut anywhere, and leaves out what is thought in front of the answer, and blanks there."""

    _held: str = ""
    _answering: bool = False

    def feed(self, piece: str) -> str:
        """What is known to belong to the answer."""
        if self._answering:
            return piece
        self._held = (self._held + piece).lstrip()
        while self._held.startswith(_OPENING):
            thought = _END.search(self._held)
            if not thought:
                self._held = _OPENING + self._held[len(_OPENING) :][-len(TAGS[-1]) :]
                return ""
            self._held = self._held[thought.end() :].lstrip()
        self._answering = not _OPENING.startswith(self._held)
        return self._held if self._answering else ""

    def finish(self) -> str:
        """The rest: nothing where the thinking never ended."""
        return "" if self._answering or self._held.startswith(_OPENING) else self._held


@dataclass(frozen=True, slots=True)
class Part:
    """What was written in front of a `tag`, or after the last one, where `tag` is "". `said` are its sentences.

    `cites`: every one of them ends with what it cites. `declined`: the model says that it finds no answer.
    """

    text: str
    tag: str
    said: frozenset[str]
    cites: bool
    declined: bool


def answered(earlier: Sequence[Part], last: Part) -> str:
    """The last part, and those in front of it that were no thought.

    That is where the tag is spoken of; where nothing is said after it; and where every sentence in front of it ends
    with what it cites, as in an answer and hardly in a thought, and neither is said again nor taken back by "none".
    """
    text, said, declined = last.text, last.said, last.declined
    for part in reversed(earlier):
        if _mentioned(part.text, text):
            text = part.text + part.tag + text
        elif not (said or declined):
            text = part.text + text
        elif part.cites and part.said and not (declined or said & part.said):
            text = f"{part.text} {text}"
        else:
            break
        said, declined = said | part.said, declined or part.declined
    return text


def spoken(text: str) -> str:
    """What stands after the last thought: all of it where there is none."""
    return _END.split(text)[-1]


def parted(text: str) -> tuple[list[tuple[str, str]], str]:
    """Each part that ends with a `</think>`, and that; then the rest."""
    parts, at = [], 0
    for tag in _END.finditer(text):
        parts.append((text[at : tag.start()], tag.group()))
        at = tag.end()
    return parts, text[at:]


def may_end(text: str) -> int:
    """How many characters at the end may become `</think>`."""
    at = text.rfind("<")
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:]) for tag in TAGS) else 0


# --------------------------------------------------------------------------------------------------------------------


def _mentioned(before: str, after: str) -> bool:
    """Whether a tag between them stands in quotation marks, or in the middle of a sentence."""
    if _QUOTED[0].search(before) and _QUOTED[1].match(after):
        return True
    follows = _RUNNING[1].match(after)
    return bool(_RUNNING[0].search(before) and follows and not (follows["letter"] or "").isupper())
