"""Makes the sample PDF and DOCX again, byte for byte: `python samples/build.py [FOLDER]`."""

import io
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ARTICLES = Path(__file__).parent / "articles"
ZIP_TIME = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Text:
    """`body` is paragraphs between blank lines; one that starts with "# " is a heading, "| " a table."""

    title: str
    authors: tuple[str, ...]
    publisher: str
    published: datetime
    body: str

    @property
    def blocks(self) -> list[str]:
        """Paragraphs on one line each; tables keep their lines."""
        parts = (part.strip() for part in self.body.split("\n\n"))
        return [part if part.startswith("| ") else " ".join(part.split()) for part in parts if part]


def build(folder: Path) -> list[Path]:
    made = {"skelby-flood-inquiry.pdf": pdf(FLOOD), "school-phone-trial.docx": docx(PHONES)}
    for name, body in made.items():
        (folder / name).write_bytes(body)
    return [folder / name for name in made]


def pdf(text: Text) -> bytes:
    """Two small pages with title, author, subject and creation date in their information dictionary."""
    from fpdf import FPDF

    paper = FPDF(format=(148, 210))
    paper.set_title(text.title)
    paper.set_author("; ".join(text.authors))
    paper.set_subject(text.publisher)
    paper.set_producer("Footnote samples")
    paper.set_creation_date(text.published)
    paper.set_lang("en")
    paper.set_auto_page_break(True, margin=18)
    paper.set_margins(18, 18)
    paper.add_page()
    for style, size, words in _set_in_type(text):
        paper.set_font("Times", style, size)
        paper.multi_cell(0, size * 0.48, words, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(size * 0.22)
    return bytes(paper.output())


def docx(text: Text) -> bytes:
    """Headings, paragraphs and a table, with the core properties filled in."""
    from docx import Document

    document = Document()
    core = document.core_properties
    core.title, core.author, core.category = text.title, "; ".join(text.authors), text.publisher
    core.last_modified_by, core.comments, core.language = text.authors[0], "", "en"
    core.created = core.modified = text.published.replace(tzinfo=None)
    document.add_heading(text.title, level=0)
    for block in text.blocks:
        if block.startswith("| "):
            _add_table(document, [_cells(line) for line in block.splitlines()])
        elif block.startswith("# "):
            document.add_heading(block[2:], level=1)
        else:
            document.add_paragraph(block)
    buffer = io.BytesIO()
    document.save(buffer)
    return _timeless(buffer.getvalue())


# ------------------------------------------------------------------------------------------------------------


def _set_in_type(text: Text) -> list[tuple[str, int, str]]:
    """(style, points, words) from the headline down."""
    head = [("B", 17, text.title)]
    return head + [("B", 12, b[2:]) if b.startswith("# ") else ("", 11, b) for b in text.blocks]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _add_table(document: object, rows: list[list[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]))  # type: ignore[attr-defined]
    table.style = "Table Grid"
    for cells, words in zip(table.rows, rows, strict=True):
        for cell, word in zip(cells.cells, words, strict=True):
            cell.text = word


def _timeless(archive: bytes) -> bytes:
    """The same zip with every member's time set to one moment."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, ZIP_TIME)
            new.writestr(member, old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# ------------------------------------------------------------------------------------------------------------

FLOOD = Text(
    title="Skelby flood could have been halved, inquiry finds",
    authors=("Harriet Mossop",),
    publisher="Tarnshire Post",
    published=datetime(2026, 2, 5, 9, 0, tzinfo=UTC),
    body="""
The flood that drove 740 families from their homes in Skelby last June would have been half as deep if three
warnings had been passed on, the public inquiry into the disaster has found.

Its report, published on Wednesday after 27 days of hearings, says that no single person or body was to blame.
But it is sharp about the Wend Rivers Board, whose duty officer received an alarm from a gauge upstream at
11.20 p.m. on 13 June and took it for a fault, because the same gauge had cried wolf twice that week.

"The river told us what it was going to do, and it told us three times," said Dame Eleanor Frisk, the retired
judge who led the inquiry. "Four hours went by before anybody picked up a telephone."

By then the water was over the quay. It rose to 3.4 metres in Mill Street, where a couple in their eighties,
Arthur and Jean Lamb, were drowned on the ground floor of their house. They were the only people to die. The
inquiry thinks that an order to leave, given at midnight, would have saved them.

# The gate at the lock

On the question that has divided the town, the report takes neither side. Wendvale Growers, whose grain store
stood two metres deep in water, has always said that the flood gate at Skelby Lock was closed and burst. Its
insurers say that it was left open. The inquiry found that a lorry driver shut the gate at ten past four in
the morning, but that two of its six bolts had been missing since a repair in 2022, so that it held for barely
a quarter of an hour.

The board inspected the gate every spring and had passed it as sound in April. The inspector looked at it from
a boat, the report says, and the bolts are on the other side.

# What is to change

Dame Eleanor makes 31 recommendations. The gauges should be read by a person around the clock, and alarms
should go to the fire service as well as the board. New houses on the meadows below the town should be
forbidden. A wall along Mill Street, which residents have been asking for since a smaller flood in 1999,
should be built at a cost of £14.5m.

She also wants the water to have somewhere else to go. Two farms upstream, at Nether Wend, would be paid to
let their fields be flooded, about once in eight years. One of the farmers, Piers Lockwood, said that he was
willing if the price was right. "I have been flooded for nothing often enough," he said.

The board accepted every finding. Its chairman, Geoffrey Anstey, resigned an hour after the report came out,
with a statement of two sentences that ended with the word sorry.

In Skelby, 212 families are still living in caravans or with relatives. Donna Pryce, who has four children in
two caravans on the rugby field, said she had read the report aloud to them. "They wanted to know who did it,"
she said. "I told them it was a bolt, a boat and a man who went back to bed."

The government has until 5 May to reply.
""",
)

PHONES = Text(
    title="Phones out of sight: what six Tarnshire schools learned in a term",
    authors=("Noor Castellane",),
    publisher="Merrowick Gazette",
    published=datetime(2026, 4, 2, 8, 0, tzinfo=UTC),
    body="""
Pupils at three Tarnshire secondary schools who handed in their telephones every morning slept longer, were
late less often and quarrelled more in the corridors than those at three schools where nothing changed. Their
marks were the same.

Those are the first results of a trial that ran from 5 January to 27 March and took in 3,900 children aged 11
to 16. The county's education department, which paid for it, had hoped for an answer that would settle whether
to forbid phones everywhere from September. It has not got one.

"If you wanted to be told that you were right, you will find a number here that does it," said Leonora
Fitzhugh of Elvern Technical College, who designed the study. "I would ask you to read the other numbers too."

# Pouches and a van

At the schools with the ban, phones went into grey pouches with a magnetic lock. Each pouch cost £14 and about
one in nine was broken open, lost or, in one case, run over by the head teacher of Skelby High. Children who
live in caravans since the flood were let off at that school, because many have no other way to reach their
parents.

The pupils wore wrist monitors at night. Those without a phone by day slept 24 minutes longer, although they
had it back each evening, and the researchers cannot say why. One guess is that they had less to catch up on.

# The figures

| Measure | With the ban | Without |
| Hours of sleep a night | 8.2 | 7.8 |
| Late arrivals per 100 pupils a week | 5 | 9 |
| Fights reported in the term | 71 | 44 |
| Average mark in mathematics | 58 | 58 |

# Boredom at break

The rise in fights surprised everyone. Teachers put it down to break times, when children who would have sat
looking at a screen had nothing to do. Merrowick Academy bought 40 footballs and six table tennis tables in
February, and there the number fell back by half within three weeks.

Parents were asked as well. Before the trial 81 per cent were in favour of a ban; at its end it was 66. The
commonest complaint was about the journey home, since bus and tram times have been changed at short notice all
winter because of the Strand Bridge and the drivers' strike.

Imre Castell, who is 14, said he had learned to play chess and to lie about how many phones he owned.
"Everyone hands in an old one," he said. "The teachers know. It is a sort of game."

Ms Fitzhugh wants the trial to go on for a full year, at a cost of £210,000, so that it covers the summer
examinations. The education committee will decide on 23 April. Its chairwoman, Beatrix Oduya, said she would
support a longer trial but not a ban before it was over.
""",
)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
