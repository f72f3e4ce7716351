"""Text with [n], as it streams -> the same text with the answer's own numbers, and its claims. Pure.

A citation is `[n]`, or several in one bracket, `[1, 2]`, with numbers of the prompt. They are numbered anew, 1, 2, 3
in the order of reading. Everything else that looks like a citation is taken out and listed: numbers that name nothing,
[0], ranges, [^1], 【1】, [source 1], and from the first line on that is a list of sources, all that follows.

What a model thinks before it answers is no part of its answer. Some chat templates open the thinking themselves, so
that only `</think>` is written (`qa.thoughts`): what was shown until then cannot be taken back, but the `Recogniser`
forgets it, and no claim comes of it; unless it turns out in the end to have been no thought.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from qa import sentences, thoughts
from qa.domain import Span
from qa.prompt import DECLINED
from qa.thoughts import Part

LONGEST_MARK = 48
"""Characters. An open bracket with more behind it is no citation."""

_OPEN = "[【［"
_VALID = re.compile(r"\[ *[0-9]{1,4}(?: *[,;] *[0-9]{1,4})* *\]")
_CITING = re.compile(
    r"[\[【［] *(?:\^|(?:sources?|sentences?|articles?|citations?|evidence|refs?|references?|notes?|footnotes?|nos?\.?|"
    r"numbers?|#)? *\^?)[\d०-९٠-٩].{0,40}[\]】］]",
    re.IGNORECASE,
)
_WORDED = re.compile(r"[^\W\d_]{2,}")
_NONE = re.compile(rf"\[ *{DECLINED} *\]", re.IGNORECASE)
_LISTED = re.compile(r"[ \t]*(?:[-*•] *)?(?=[\[【［])")
_HEADINGS = ("sources", "references", "citations", "footnotes", "notes", "evidence", "bibliography", "works cited")
_HEADING = re.compile(rf"[\W_]*(?:{'|'.join(_HEADINGS)})(?:[\W_]*\Z|\W*:\W*(?:[\[【［]|https?:))", re.IGNORECASE)
_HEADED = re.compile(rf"[\W_]*(?:{'|'.join(_HEADINGS)})\W*:\W*\w{{0,5}}", re.IGNORECASE)
_EDGES = re.compile(r"\A[\W_]+|[\W_]+\Z")
_LINE = re.compile(r"[^\n]*\n?")
_MARKDOWN = re.compile(r"\*\*|__|`+|^#+\s+|^>\s+")
_EMPTIED = re.compile(r"(?:\A|\s+)\([\s,;]*\)")
_DOUBLED = re.compile(r"(?<!\.)([.!?])\.(?!\.)")
_ITEM = re.compile(r"\A\d{1,2}[.)](?:\s+|\Z)")
_ENDS = '.!?:;…"”’)*'


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the text, without its marks, and the answer's numbers that stand at it, each once."""

    text: str
    numbers: tuple[int, ...]


@dataclass(slots=True)
class Recogniser:
    """Takes a text in pieces, cut anywhere, of a prompt with `known` numbers.

    `order` holds the prompt's numbers that were cited: the answer's number n is `order[n - 1]`.
    """

    known: int
    order: list[int] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    declined: bool = False
    _earlier: list[Part] = field(default_factory=list)
    _part: str = ""
    _came: str = ""
    _held: str = ""
    _plain: str = ""
    _marks: list[tuple[int, int]] = field(default_factory=list)
    _line_start: bool = True
    _listing: bool = False

    @property
    def _in_front(self) -> bool:
        """Whether marks stand before their sentences: the first one does."""
        return bool(self._marks) and not re.search(r"\w", self._plain[: self._marks[0][0]])

    def feed(self, piece: str) -> str:
        """What can be shown now: everything but an end that may become a mark, a list of sources or `</think>`."""
        parts, came = thoughts.parted(self._came + piece)
        for text, tag in parts:
            self._hold(text)
            self._put_aside(tag)
        ready = len(came) - thoughts.may_end(came)
        self._hold(came[:ready])
        self._came = came[ready:]
        return self._take(last=False)

    def finish(self) -> str:
        """The rest."""
        self._hold(self._came)
        self._came = ""
        shown = self._take(last=True)
        if self._earlier:
            self._take_back()
        return shown

    def cited(self) -> list[Cited]:
        """The sentences so far. A mark belongs to the last that begins before it."""
        spans = self._spans()
        numbers: list[list[int]] = [[] for _ in spans]
        for at, number in self._marks:
            owner = _after(spans, at) if self._in_front else _before(spans, at)
            if owner is not None and number not in numbers[owner]:
                numbers[owner].append(number)
        cleaned = (_cleaned(span.of(self._plain), item=self._begins_line(span.start)) for span in spans)
        return [Cited(text, tuple(found)) for text, found in zip(cleaned, numbers, strict=True) if text]

    def _spans(self) -> list[Span]:
        return [span for span in sentences.split(self._plain) if re.search(r"\w", span.of(self._plain))]

    def _begins_line(self, at: int) -> bool:
        """Whether a line begins there, and not in the middle of a sentence that goes on from the line before."""
        above = self._plain[:at].rstrip()
        breaks = self._plain.count("\n", len(above), at)
        over = not above or above[-1] in _ENDS or bool(_ITEM.match(above.rpartition("\n")[2].lstrip()))
        return not above or breaks > 1 or (breaks > 0 and over)

    def _hold(self, text: str) -> None:
        self._part, self._held = self._part + text, self._held + text

    def _put_aside(self, tag: str) -> None:
        """What came until now was thought, not said, as far as can be told before the end."""
        self._take(last=True)
        self._earlier.append(self._so_far(tag))
        self._forget()

    def _take_back(self) -> None:
        """What was put aside and is of the answer after all."""
        answered = thoughts.answered(self._earlier, self._so_far(""))
        if answered != self._part:
            self._forget()
            self._hold(answered)
            self._take(last=True)

    def _so_far(self, tag: str) -> Part:
        cited = self.cited()
        cites = all(one.numbers for one in cited) and self._closed() and not self.declined
        return Part(self._part, tag, frozenset(one.text for one in cited), cites, self.declined)

    def _closed(self) -> bool:
        """Whether no sentence goes on behind the last mark in it."""
        spans = self._spans()
        last = {_before(spans, at): at for at, _ in self._marks}
        return None not in last and not any(
            re.search(r"\w", self._plain[at : spans[own].end]) for own, at in last.items() if own is not None
        )

    def _forget(self) -> None:
        """Begin again."""
        self.order.clear()
        self.dropped.clear()
        self._marks.clear()
        self._part = self._held = self._plain = ""
        self.declined = self._listing = False
        self._line_start = True

    def _take(self, *, last: bool) -> str:
        shown = []
        while self._held:
            piece = self._line(last) if self._line_start or self._listing else self._inside(last)
            if piece is None:
                break
            shown.append(piece)
        return "".join(shown)

    def _line(self, last: bool) -> str | None:
        """At the start of a line: whether it belongs to a list of sources. None: more must come first."""
        line = _LINE.match(self._held)
        whole = line.group() if line else ""
        complete = last or whole.endswith("\n")
        if self._listing:
            return self._drop_line(whole) if complete else None
        if not complete and (_may_be_heading(whole) or _may_be_listed(whole)):
            return None
        mark = _listed_mark(whole)
        if _HEADING.match(whole) or (mark and self._plain.strip() and not self._in_front):
            self._listing = True
            return self._drop_line(whole) if complete else None
        self._line_start = False
        return ""

    def _drop_line(self, line: str) -> str:
        self._held = self._held[len(line) :]
        if line.strip():
            self.dropped.append(line.strip()[:LONGEST_MARK])
        return ""

    def _inside(self, last: bool) -> str | None:
        """The next stretch of a line, or the mark that comes next. None: more must come first."""
        stretch = re.match(rf"[^{re.escape(_OPEN)}\n]*", self._held)
        end = stretch.end() if stretch else 0
        if end:
            return self._stretch(end, last)
        if self._held[0] == "\n":
            self._line_start = True
            return self._say(1)
        mark = _mark(self._held, 0)
        if mark:
            return self._mark(mark)
        if not last and _may_be_mark(self._held):
            return None
        return self._say(1)

    def _stretch(self, end: int, last: bool) -> str | None:
        """Blanks at the end wait: in front of a mark that is dropped they go too."""
        bare = len(self._held[:end].rstrip(" \t"))
        if bare:
            return self._say(bare)
        mark = _mark(self._held, end)
        if mark:
            self._held = self._held[end:]
            return self._mark(mark, " ")
        if not last and (len(self._held) == end or _may_be_mark(self._held[end:])):
            return None
        return self._say(end)

    def _mark(self, mark: str, gap: str = "") -> str:
        self._held = self._held[len(mark) :]
        if _NONE.fullmatch(mark):
            self.declined = True
            return ""
        if not _VALID.fullmatch(mark):
            self.dropped.append(mark)
            return ""
        cited = [number for number in map(self._number, re.findall(r"\d+", mark)) if number]
        self._marks += [(len(self._plain), number) for number in cited]
        return gap + "".join(f"[{number}]" for number in cited) if cited else ""

    def _number(self, written: str) -> int | None:
        """The answer's number for the prompt's."""
        if not 1 <= int(written) <= self.known:
            self.dropped.append(f"[{written}]")
            return None
        if int(written) not in self.order:
            self.order.append(int(written))
        return self.order.index(int(written)) + 1

    def _say(self, length: int) -> str:
        said, self._held = self._held[:length], self._held[length:]
        self._plain += said
        return said


# --------------------------------------------------------------------------------------------------------------------


def _cleaned(text: str, *, item: bool) -> str:
    """On one line, without Markdown, the number of an `item` of a list, and what is left where marks were taken out:
    empty brackets, a full stop behind another."""
    plain = _MARKDOWN.sub("", " ".join(text.split())).strip()
    bare = _DOUBLED.sub(r"\1", _EMPTIED.sub("", plain))
    return (_ITEM.sub("", bare) if item else bare).strip()


def _mark(text: str, at: int) -> str | None:
    """The whole mark at that place, if there is one."""
    window = text[at : at + LONGEST_MARK]
    closed = min((found for found in map(window.find, "]】］") if found > 0), default=-1)
    bracket = window[: closed + 1]
    if closed < 0 or "\n" in bracket or bracket[:1] not in _OPEN:
        return None
    if _VALID.fullmatch(bracket) or _NONE.fullmatch(bracket):
        return bracket
    return bracket if _CITING.fullmatch(bracket) and not _prose(bracket) else None


def _listed_mark(line: str) -> str | None:
    """The mark that begins a line of a list of sources: one with something behind it, "[1] The Courier, 3 May"."""
    listed = _LISTED.match(line)
    mark = _mark(line, listed.end()) if listed else None
    if listed is None or mark is None or _NONE.fullmatch(mark):
        return None
    return mark if re.search(r"\w", line[listed.end() + len(mark) :]) else None


def _prose(bracket: str) -> bool:
    """Whether words stand after the number, as in "[2 million people]", "[16th century]"; 【1†source】 is a mark."""
    after = re.split(r"\d", bracket, maxsplit=1)[-1]
    return "†" not in after and bool(_WORDED.search(after))


def _may_be_mark(text: str) -> bool:
    return text[:1] in _OPEN and len(text) < LONGEST_MARK and not re.search(r"[\]】］\n]", text)


def _may_be_listed(line: str) -> bool:
    """Also where the mark is all that has come: what stands behind it decides."""
    listed = _LISTED.match(line)
    if listed is None:
        return not line.strip(" \t-*•")
    rest = line[listed.end() :]
    mark = _mark(rest, 0)
    return _may_be_mark(rest) if mark is None else not re.search(r"\w", rest[len(mark) :])


def _may_be_heading(line: str) -> bool:
    bare = _EDGES.sub("", line).casefold()
    return bool(_HEADED.fullmatch(line)) or any(heading.startswith(bare) for heading in _HEADINGS)


def _before(spans: Sequence[Span], at: int) -> int | None:
    """The last span that begins before `at`."""
    owners = [index for index, span in enumerate(spans) if span.start < at]
    return owners[-1] if owners else None


def _after(spans: Sequence[Span], at: int) -> int | None:
    """The first span that ends after `at`."""
    return next((index for index, span in enumerate(spans) if span.end > at), None)
