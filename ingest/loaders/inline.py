"""A page's tree, readied for trafilatura, which takes some of the words within a sentence for the page's furniture.

Its rules go by names: `<span class="rating">`, `<time>` or `style="border-..."` is dropped wherever it stands, `<q>` is
a block of its own, and text after an empty element goes with it. What stands within a sentence is part of it.
"""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = (
    *("p", "li", "td", "th", "dd", "dt", "blockquote", "figcaption", "div", "section", "article", "main", "body"),
    *("ul", "ol", "dl", "table", "tr", "pre", "figure", "aside", "header", "footer", "nav", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
)
_WITHIN = ("span", "time")
_EMPTY = ("b", "em", "i", "q", "span", "strong")
_PLAIN, _NOTHING = "data", "wbr"
"""Tags of which trafilatura keeps what is in them and what comes after; to rename takes no time, to unwrap much."""
_HIDING = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)
_FURNITURE = re.compile(
    r"share|social|button|btn|icon|tooltip|popup|advert|\bads?\b|newsletter|cookie|caption|credit|hidden|\bhide"
    r"|sr-only|visually|screen-?reader|noprint",
    re.IGNORECASE,
)
"""Of a class or an id: what stands in a sentence and is no part of it."""
_HOVER = "rollover-people-block"
"""The class of a list that appears over a name, once it is pointed at."""
_SENTENCE_END = re.compile(r"[.!?:…。！？][\"'”’»)\]]*\s*$")
_NOTE = re.compile(r"\[?\d{1,3}(?:\s*[,–-]\s*\d{1,3})*\]?")
_NUMBER = re.compile(r"[-−–+]?\d+")
_NOTED = re.compile(r"[^\W\d_]{4}$|[.,;:!?…\"'”’»)\]]$")


def readied(tree: "HtmlElement") -> "HtmlElement":
    """A copy of `tree` in which every paragraph's text is plainly its own.

    Raised digits: a mark of a footnote goes (it links down the page, or stands bare behind a word or a stop); a power
    behind a digit becomes "10^9"; others ("m2", "[1]") stay as they are.
    """
    copy = deepcopy(tree)
    for hover in copy.xpath(f".//*[contains(@class, '{_HOVER}')]"):
        hover.drop_tree()
    for styled in copy.xpath(".//span[@style]"):
        if not _HIDING.search(styled.get("style")):
            del styled.attrib["style"]
    for raised in list(copy.iterdescendants("sup")):
        _set_apart(raised)
    for quoted in copy.iterdescendants("q"):
        _quote(quoted)
    for empty in copy.iterdescendants(*_EMPTY):
        if empty.text is None and not len(empty):
            empty.tag = _NOTHING
    for paragraph in _paragraphs(copy):
        _merge(paragraph)
    return copy


# --------------------------------------------------------------------------------------------------


def _set_apart(raised: "HtmlElement") -> None:
    text, before = raised.text_content().strip(), _before(raised)
    links = [*raised.iterancestors("a"), *raised.iter("a")]
    linked = any(link.get("href", "").startswith("#") for link in links)
    if _NOTE.fullmatch(text) and (linked or ("[" not in text and _NOTED.search(before))):
        link = raised.getparent()
        alone = link.tag == "a" and link.getparent() is not None and link.text_content().strip() == text
        (link if alone else raised).drop_tree()
    elif before[-1:].isdigit() and _NUMBER.match(text):
        raised.text = ("^" if _NUMBER.fullmatch(text) else " ") + (raised.text or "")


def _before(element: "HtmlElement") -> str:
    """The text right before an element, as far as it is its parent's or its neighbour's."""
    neighbour = element.getprevious()
    if neighbour is None:
        return element.getparent().text or ""
    return str(neighbour.tail or neighbour.text_content())


def _quote(quoted: "HtmlElement") -> None:
    """In quotation marks, as browsers show it."""
    if quoted.text_content().strip():
        quoted.text = "“" + (quoted.text or "")
        last = quoted[-1] if len(quoted) else None
        if last is None:
            quoted.text += "”"
        else:
            last.tail = (last.tail or "") + "”"
    quoted.tag = _PLAIN


def _paragraphs(tree: "HtmlElement") -> "Iterable[HtmlElement]":
    """The blocks that hold no others."""
    blocks = list(tree.iter(*_BLOCKS))
    around: set[HtmlElement] = set()
    for block in blocks:
        outer = block.getparent()
        while outer is not None and outer not in around:
            around.add(outer)
            outer = outer.getparent()
    return [block for block in blocks if block not in around]


def _merge(paragraph: "HtmlElement") -> None:
    """What stands between the words of a sentence becomes its text; a line that is no sentence keeps its parts."""
    parts = list(paragraph.iter(*_WITHIN))
    if not parts or not _SENTENCE_END.search(paragraph.text_content()):
        return
    for part in parts:
        if _is_said(part) and _is_amid(part, paragraph):
            part.attrib.clear()
            part.tag = _PLAIN


def _is_said(part: "HtmlElement") -> bool:
    named = f"{part.get('class', '')} {part.get('id', '')}"
    hidden = part.get("aria-hidden") == "true" or part.get("role") == "tooltip" or part.get("hidden") is not None
    return not hidden and not _HIDING.search(part.get("style", "")) and not _FURNITURE.search(named)


def _is_amid(part: "HtmlElement", paragraph: "HtmlElement") -> bool:
    """Whether the paragraph's own text touches the part, or an element that it alone fills."""
    while part is not paragraph:
        neighbour, outer = part.getprevious(), part.getparent()
        before = outer.text if neighbour is None else neighbour.tail
        if (before or "").strip() or (part.tail or "").strip():
            return True
        part = outer
    return False
