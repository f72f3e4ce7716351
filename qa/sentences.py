"""Text -> sentence spans, for articles and for generated answers.

`sentencex` finds the boundaries; `_settled` first moves stray closing quotation marks to the sentence that they
close, `_ended` makes the cuts that are known to be missing, `_joins` undoes those that are known to be wrong, in any
language and in the text's own, and `_pieces` cuts what is too long to be quoted. Every span is trimmed of white space
and none crosses a blank line.
"""

import re
from collections import Counter
from collections.abc import Iterator

from qa.domain import Span

MAX_CHARACTERS = 1_200
END = 100
"""Characters at the end of a sentence that tell whether it goes on; the many before them are not looked at again."""

_ITEM = r"[^\S\n]*(?:[-–—*•◦▪·]|\(?\d{1,3}[.)])[^\S\n]+(?=\S)"
_PARAGRAPH = re.compile(rf"\n[^\S\n]*\n\s*|\n(?={_ITEM})")
_BULLET = re.compile(r"[^\S\n]*[-–—*•◦▪·](?=[^\S\n])")
_MARK = re.compile('["“”]')
_NUMBER = re.compile(r"\(?\d{1,3}[.)]")
_TIME = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_DAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z]{2,4}\b")
_ABBREVIATION = re.compile(r"\b(?:Ms|Messrs|Mon|Tues?|Wed|Thurs?|Ft|Mass|Md|Ch|approx|vol|eds?)\.$")
_DEGREE = re.compile(r"\b(?:Ph\.D|M\.D)\.$")
_WORD = re.compile(r"\b(?:May|Fed|no|art|ill|miss|ark|ore)\.[\"'”’)]*(?=\s+[\"'“‘(]*[A-Z])")
"""Words that sentencex takes for abbreviations; followed by a capital, they end a sentence."""
_CALLED = re.compile(r"\b[A-Z]\w*[!?][\"'”’]?$")
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE = 10_000
"""Characters that a language is told by."""

_TELLING = {
    language: frozenset(words.split())
    for language, words in {
        "de": "aus auch auf bei das dass dem den der durch ein eine einen für haben im ist mit nach nicht nur oder "
        "sich sie sind und von werden wird wir zu zum zur über",
        "en": "and been from had have his that the their there they this were which with would",
        "es": "años así aunque desde el está fue han hasta hay las los muy más pero según sin sus también y",
        "fr": "avec aux cette dans des elle est les leur nous ont par pas pour qui ses sont sur une vous été",
        "it": "alla anche che degli dei della delle di gli hanno nel nella non più questo sono stato è",
        "nl": "aan bij dat deze een geen heeft het hun maar naar niet ook uit van voor werd worden wordt zich zijn",
        "pt": "ainda ao aos até depois disse dos ela ele em foi há isso já mas muito não nas os pela pelo são uma é",
    }.items()
}
"""Short words that none of the other languages shares; an English text that quotes some still has more of its own."""

_SHORT = {
    language: re.compile(rf"(?:^|[^\w.])(?:{'|'.join(words.split()).replace('.', chr(92) + '.')})\.$")
    for language, words in {
        "de": "Mio Mrd Tsd bzw sog Sog ggf evtl vgl Vgl ca z.B z.\\sB d.h d.\\sh u.a u.\\sa bspw insb inkl zzgl max "
        "mind geb gest Hr Hrn Fr Dr Prof Dipl Ing Nr Abs Abb Bd Kap St",
        "es": "^D (?:a|con|de|por|que|según|y)\\sD Dª Dña Sr Sra Srta Sres Dr Dra Prof Mons Excmo Excma Ilmo Ilma Sto "
        "Sta Gral Tte Lic Ing Arq Avda EE",
        "fr": "MM? Mmes? Mlles? Me Mgr Drs? Prs? Ste? Gén Col av bd cf fig chap env",
        "it": "[Oo]n [Ss]en [Aa]vv [Dd]ott [Dd]ott.ssa [Ss]ig [Ss]igg [Ss]ig.ra [Pp]rof [Pp]rof.ssa [Ii]ng [Mm]ons art "
        "^S (?:a|da|di|e)\\sS",
        "nl": "[Mm]w [Mm]evr [Dd]hr [Dd]r [Dd]rs [Ii]r [Ii]ng [Mm]r [Pp]rof o.a d.w.z m.n m.b.t i.p.v t.a.v t.o.v "
        "n.a.v i.v.m o.l.v bijv zgn resp incl excl ca mln mld nr",
        "pt": "^D (?:a|com|de|do|e|o|que)\\sD Sr Sra Srs Sras Srta Dr Dra Prof Profa Eng Arq Exmo Exma Ilmo Ilma Av "
        "Pe Sto Sta art",
    }.items()
}
"""Patterns of abbreviations that stand before something else, and so end no sentence."""

_ORDINAL = re.compile(r"(?:^|\b([^\W\d_]+)\s+)\d{1,3}\.$")
_ITS = re.compile(r"de[rmns]|die|das|[ia]m|zu[mr]|vom|beim|ins|(?:k?ein|[ms]ein|ihr|unser|dies|jed)(?:e[mnrs]?)?", re.I)
_NUMBERED = re.compile(
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhunderts?|Jh"
    r"|Jahrtausends?|Lebensjahr|Geburtstag|Todestag|Weltkrieg|Bundesliga|Liga|Mal)\b"
)
_OPENER = re.compile(
    r"(?:aber|alle|allerdings|als|am|an|auch|auf|aus|außerdem|bei|bis|da|dabei|daher|damit|danach|dann|das|de[mnrs]"
    r"|denn|deshalb|die|diese[rs]?|doch|dort|durch|eine?[mnr]?|er|es|für|gegen|gestern|heute|hier|ich|ihre?|im|in"
    r"|jedoch|jetzt|keine?|laut|man|mit|nach|nicht|noch|nun|nur|ohne|schon|seine?|seit|sie|so|trotz|um|und|unter|über"
    r"|viele|von|vor|wann|warum|was|weil|wenn|wer|wie|wir|wo|während|zu|zudem|zum|zur)\b",
    re.I,
)
"""What a German sentence begins with more often than a noun; after "am 3." they begin one."""


def language_of(text: str) -> str:
    """The code of one of a few languages by the short words of the text's beginning, "" when unsure."""
    words = Counter(_LETTERS.findall(text[:_SAMPLE].lower()))
    counts = {language: sum(words[word] for word in telling) for language, telling in _TELLING.items()}
    best, second = sorted(counts, key=lambda language: counts[language], reverse=True)[:2]
    varied = sum(word in words for word in _TELLING[best]) >= 3
    return best if varied and counts[best] > 2 * counts[second] else ""


def split(text: str, language: str = "") -> list[Span]:
    """Spans of the sentences of `text`, in order, not overlapping, none empty.

    `language` is the code that the article states, if any; where the text's words tell another, they count.
    """
    language = _heard(text, language)
    return [
        piece
        for paragraph in _paragraphs(text)
        for sentence in _sentences(text, paragraph, language)
        for piece in _pieces(text, sentence)
    ]


# --------------------------------------------------------------------------------------------------


def _heard(text: str, stated: str) -> str:
    """What is stated, unless the text tells another; of a language that is not known here nothing is told."""
    if stated and stated not in _TELLING:
        return stated
    return language_of(text) or stated or "en"


def _paragraphs(text: str) -> Iterator[Span]:
    """What lies between blank lines, and every item of a list, without its bullet."""
    at = 0
    for gap in _PARAGRAPH.finditer(text):
        yield Span(_after_bullet(text, at), gap.start())
        at = gap.end()
    yield Span(_after_bullet(text, at), len(text))


def _after_bullet(text: str, at: int) -> int:
    bullet = _BULLET.match(text, at)
    return bullet.end() if bullet else at


def _sentences(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    held: Span | None = None
    for span in _cut(text, paragraph, language):
        if held and _joins(text[max(held.start, held.end - END) : held.end], span.of(text), language):
            held = Span(held.start, span.end)
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _cut(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    import sentencex

    body = paragraph.of(text)
    for found in sentencex.get_sentence_boundaries(language, _settled(body)):
        start, end = int(found["start_index"]), int(found["end_index"])
        for whole in _ended(body, Span(start, end)):
            span = _trim(text, Span(paragraph.start + whole.start, paragraph.start + whole.end))
            if span:
                yield span


def _ended(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence, cut after each word in it that was taken for an abbreviation."""
    at = sentence.start
    for word in _WORD.finditer(text, sentence.start, sentence.end):
        yield Span(at, word.end())
        at = word.end()
    yield Span(at, sentence.end)


def _settled(paragraph: str) -> str:
    """As many characters, with quotation marks told apart: “ opens, ” closes, | opens and is never closed.

    A speech that runs on over paragraphs opens each of them and closes only the last; flattened, its straight marks
    no longer alternate, and pairing them one after the other turns what is said inside out. A “ that closes, as in
    German, stays.
    """
    if not _MARK.search(paragraph):
        return paragraph
    characters = list(paragraph)
    opened: dict[str, int] = {}
    for mark in _MARK.finditer(paragraph):
        at, kind = mark.start(), mark[0].replace("”", "“")
        if mark[0] != "”" and _opens(paragraph, at):
            characters[at] = "|"
            opened[kind] = at
        elif mark[0] != "“":
            characters[at] = "”"
            begun = opened.pop(kind, None)
            if begun is not None:
                characters[begun] = "“"
    return "".join(characters)


def _opens(paragraph: str, at: int) -> bool:
    before, after = paragraph[:at][-1:], paragraph[at + 1 : at + 2]
    return (not before or before.isspace() or before in "([-–—/'‘“") and not (not after or after.isspace())


def _joins(before: str, after: str, language: str) -> bool:
    """Whether the cut between these two is none: "at 5 p.m." + "Tuesday", "Ms." + "Lee", "Mamma Mia!" + "has"."""
    if not any(c.isalnum() for c in after):
        return True
    if _NUMBER.fullmatch(before):
        return True
    if _TIME.search(before):
        return bool(_DAY.match(after))
    if _CALLED.search(before):
        return after[0].islower() or after.startswith("'s ")
    if _DEGREE.search(before):
        return after[0].islower()
    if language in _SHORT and _SHORT[language].search(before):
        return True
    return bool(_ABBREVIATION.search(before)) or (language == "de" and _counts(before, after))


def _counts(before: str, after: str) -> bool:
    """Whether a German number with a full stop counts what comes after it: "Am 3." + "Mai", "der 1." + "FC Köln"."""
    number = _ORDINAL.search(before)
    if not number or not after[0].isalpha():
        return False
    return bool(_NUMBERED.match(after)) or bool(_ITS.fullmatch(number[1] or "") and not _OPENER.match(after))


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    at = sentence.start
    while sentence.end - at > MAX_CHARACTERS:
        cut = _pause(text, at)
        piece = _trim(text, Span(at, cut))
        if piece:
            yield piece
        at = cut
    last = _trim(text, Span(at, sentence.end))
    if last:
        yield last


def _pause(text: str, at: int) -> int:
    """Where a sentence that begins at `at` is best cut: late, after the strongest pause there is."""
    for mark in ("\n", "; ", ", ", " "):
        found = text.rfind(mark, at + MAX_CHARACTERS // 2, at + MAX_CHARACTERS)
        if found > 0:
            return found + 1
    return at + MAX_CHARACTERS


def _trim(text: str, span: Span) -> Span | None:
    body = span.of(text)
    start = span.start + len(body) - len(body.lstrip())
    end = span.start + len(body.rstrip())
    return Span(start, end) if end > start else None
